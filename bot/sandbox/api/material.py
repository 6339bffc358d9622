"""Temporary and permanent material (4.11)."""

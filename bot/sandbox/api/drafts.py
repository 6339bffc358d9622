"""Drafts and publishing (4.14)."""

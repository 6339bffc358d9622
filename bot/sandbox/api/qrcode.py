"""Parametric QR codes (4.9)."""

"""The blacklist (4.10)."""

"""Short keys (4.12)."""

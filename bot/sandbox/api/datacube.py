"""Statistics of what happened here (4.13)."""

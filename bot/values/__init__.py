"""Frozen values that cross layers: what came in, what goes out, who gets it, what became of it."""

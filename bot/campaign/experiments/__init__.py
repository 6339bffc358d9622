"""Experiments of runs: figures, the hourly look, a person's order, the report."""

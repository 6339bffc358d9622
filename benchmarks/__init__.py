"""Measurements against named peers in the same run; ratios, not absolutes. See README.md."""

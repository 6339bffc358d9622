"""Rates with their intervals, as figures show them. Pure."""

from __future__ import annotations

from math import sqrt

Z95 = 1.959964


def wilson(part: int, whole: int, z: float = Z95) -> tuple[float, float]:
    """The score interval of a rate (Wilson 1927). Everything is possible where nobody was asked."""
    if whole == 0:
        return 0.0, 1.0
    p, zz = part / whole, z * z
    middle = (p + zz / (2 * whole)) / (1 + zz / whole)
    half = z * sqrt(p * (1 - p) / whole + zz / (4 * whole * whole)) / (1 + zz / whole)
    return max(0.0, middle - half), min(1.0, middle + half)


def rated(part: int, whole: int) -> list[float]:
    """[rate, low, high]. A part beyond its whole (bought without a tap) counts as the whole."""
    part = min(part, whole)
    low, high = wilson(part, whole)
    return [part / whole if whole else 0.0, low, high]

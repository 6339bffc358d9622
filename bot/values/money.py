"""Money in words. Amounts are whole fen everywhere."""

from __future__ import annotations


def yuan(fen: int) -> str:
    """The figure alone, of nothing below 0: 1500 -> "15", 1550 -> "15.50"."""
    whole, rest = divmod(fen, 100)
    return f"{whole}.{rest:02d}" if rest else str(whole)

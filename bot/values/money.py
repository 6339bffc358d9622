"""Money in words, and out of them. Amounts are whole fen everywhere."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_WRITTEN = re.compile(r"¥?\s*(-?\d[\d,]*(?:\.\d*)?|-?\.\d+)\s*元?", re.ASCII)


def yuan(fen: int) -> str:
    """The figure alone, of nothing below 0: 1500 -> "15", 1550 -> "15.50"."""
    whole, rest = divmod(fen, 100)
    return f"{whole}.{rest:02d}" if rest else str(whole)


def amount(text: str) -> Decimal:
    """The figure in what people write: "¥1,280.50", "45.5元", full-width ones as well. Exact.
    Raises ValueError for what is no amount."""
    plain = (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip()
    found = _WRITTEN.fullmatch(plain)
    if found is None:
        raise ValueError("no amount of money")
    return Decimal(found[1].replace(",", ""))


def fen_of(text: str, fen_each: int = 100) -> int:
    """Whole fen; nothing is rounded. `fen_each`: of the unit that it is written in, 1 for fen.

    Raises ValueError for what is no amount, and for parts of a fen.
    """
    found = amount(text) * fen_each
    if found != found.to_integral_value():
        raise ValueError("a part of a fen")
    return int(found)

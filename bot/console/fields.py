"""What people type into forms, as numbers and money; a fault is said in the reader's language."""

from __future__ import annotations

from math import isfinite

from werkzeug.datastructures import MultiDict

from bot.console.shell import worded, words
from bot.errors import InvalidInput

MOST_FEN = 1_000_000_000_000


def number(given: MultiDict[str, str], name: str, called: str = "") -> float:
    """A field as a number. Raises InvalidInput with the field; `called`: key of its words."""
    try:
        found = float(given.get(name, ""))
    except ValueError:
        found = float("nan")
    if not isfinite(found):
        raise InvalidInput(words()("con.coupon.number", field=_called(name, called)), name)
    return found


def _called(name: str, called: str = "") -> str:
    """A field as its label names it; forms of coupons say the name alone."""
    return words()(called) if called else worded(f"con.coupon.{name}", name, words())


def whole(given: MultiDict[str, str], name: str, most: int) -> int:
    """A whole number from 0 to `most`. Raises InvalidInput with the field."""
    found = number(given, name)
    if not 0 <= found <= most or found != int(found):
        raise InvalidInput(words()("con.coupon.whole", field=_called(name), most=f"{most:,}"), name)
    return int(found)


def fen(given: MultiDict[str, str], name: str) -> int | None:
    """Yuan as fen; None where the field is empty. Raises InvalidInput with the field."""
    if not given.get(name, "").strip():
        return None
    found = number(given, name)
    if not 0 <= found <= MOST_FEN / 100:
        raise InvalidInput(words()("con.coupon.number", field=_called(name)), name)
    return round(100 * found)

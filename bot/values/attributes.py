"""What an account declares of its own attributes, and values brought into that form.

Values come as they were typed or reported; what is kept is one form a kind: text, number, the date
as 2026-11-21, true or false, or a word of the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any

from bot.errors import InvalidInput

KINDS = ("text", "number", "date", "bool", "enum")
_TRUTHS = {
    **dict.fromkeys(("true", "yes", "y", "1", "是", "有", "对"), True),
    **dict.fromkeys(("false", "no", "n", "0", "否", "无", "没有"), False),
}


@dataclass(frozen=True, slots=True)
class Declared:
    """An attribute. `choices`: of an enum; `title`: what sentences call it, "" its name."""

    name: str
    kind: str
    choices: tuple[str, ...] = ()
    title: str = ""


def fitted(declared: Declared, value: Any, field: str) -> Any:
    """The value in its kind's form; None (there is none any more) always fits.

    Raises InvalidInput for `field`.
    """
    if value is None:
        return None
    found = _READERS[declared.kind](declared, value)
    if found is None:
        raise InvalidInput(f"{declared.name} takes {wanted(declared)}", field)
    return found


def wanted(declared: Declared) -> str:
    """What the attribute takes, for people who gave something else."""
    return {
        "text": "a text",
        "number": "a number",
        "date": "a date such as 2026-11-21",
        "bool": "true or false",
        "enum": f"one of {', '.join(declared.choices)}",
    }[declared.kind]


def day(text: Any) -> str | None:
    """A day as 2026-11-21, also written 2026/11/21, 2026.11.21, 20261121 or 2026年11月21日."""
    if not isinstance(text, str):
        return None
    plain = text.strip().rstrip("日").translate({ord(mark): "-" for mark in "/.年月"})
    if len(plain) == 8 and plain.isascii() and plain.isdigit():
        plain = f"{plain[:4]}-{plain[4:6]}-{plain[6:]}"
    parts = plain.split("-")
    if len(parts) != 3 or not all(one.isascii() and one.isdigit() for one in parts):
        return None
    try:
        return date(*map(int, parts)).isoformat()
    except (ValueError, OverflowError):
        return None


def _text(declared: Declared, value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return value if isinstance(value, str) else f"{value:.15g}"


def _number(declared: Declared, value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        found = float(value) if isinstance(value, str) else value
    except ValueError:
        return None
    if not isinstance(found, int | float) or not isfinite(found):
        return None
    return int(found) if found == int(found) and abs(found) < 10**15 else found


def _bool(declared: Declared, value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return _TRUTHS.get(str(value).strip().lower()) if isinstance(value, str | int) else None


def _enum(declared: Declared, value: Any) -> str | None:
    return value if isinstance(value, str) and value in declared.choices else None


_READERS = {
    "text": _text,
    "number": _number,
    "date": lambda declared, value: day(value),
    "bool": _bool,
    "enum": _enum,
}

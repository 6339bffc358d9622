"""JSON bodies as they come in: what no part behind the door should ever have to expect."""

from __future__ import annotations

import json
from typing import Any, NoReturn

DEEPEST = 100  # lists and objects within each other: nobody's honest body comes near


def read(raw: bytes, constants: bool = False) -> Any:
    """The JSON value of UTF-8 bytes, with a byte order mark or without one.

    constants  NaN and Infinity pass, which JSON does not know but many programs write

    Raises ValueError: not UTF-8, not JSON, deeper than DEEPEST.
    """
    text = raw.decode("utf-8-sig")
    try:
        value = json.loads(text, parse_constant=None if constants else _no_number)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if text.count("[") + text.count("{") > DEEPEST and _deeper(value, DEEPEST):
        raise ValueError("nested too deeply")
    return value


def half_character(value: object) -> bool:
    """Does a text in it hold a lone surrogate, which no UTF-8 can carry?"""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _deeper(value: object, most: int) -> bool:
    """Level by level: a deep value must not need a deep stack."""
    level = [value]
    for _ in range(most + 1):
        level = [
            one
            for outer in level
            if isinstance(outer, dict | list)
            for one in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True

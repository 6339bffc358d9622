"""The fields of a control call: each is refused in one sentence that begins with its name.

KeyError names a missing field, ValueError a wrong one. null is as good as missing where a field may
be left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.sandbox import bodies
from bot.sandbox.clock import CENTURY

Fields = dict[str, Any]
_WHOLE = re.compile(r"-?[0-9]{1,20}")
_NAMED = re.compile(r"\w+( \d+)?: ")


class NoObject(Exception):
    """The body is no JSON object."""


class HalfCharacter(ValueError):
    """A lone surrogate: no answer could ever show it again."""


def read(raw: bytes) -> Fields:
    """The body. Raises NoObject, HalfCharacter."""
    try:
        body = bodies.read(raw, constants=True)
    except ValueError:
        raise NoObject from None
    if not isinstance(body, dict):
        raise NoObject
    for name, value in body.items():
        if bodies.half_character({name: value}):
            raise HalfCharacter(f"{ascii(name)[1:-1]}: holds half a character, a lone surrogate")
    return body


def text(body: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """A text; a whole number is taken as its digits."""
    value = _value(body, name, default)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"{name}: wants a text")
    return str(value)


def whole(body: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """A whole number, also written as text."""
    value = _value(body, name, default)
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 1 << 64:
        raise ValueError(f"{name}: wants a whole number")
    return value


def seconds(body: Mapping[str, Any], name: str, default: float | None = None) -> float:
    """A span of time, a century at most."""
    value = _value(body, name, default)
    most = CENTURY.total_seconds()
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not fits or not 0 <= value <= most:  # NaN is neither
        raise ValueError(f"{name}: wants a number of seconds from 0 to {most:.0f}, a century")
    return float(value)


def flag(body: Mapping[str, Any], name: str, default: bool = True) -> bool:
    value = _value(body, name, default)
    if not isinstance(value, bool):
        raise ValueError(f"{name}: wants true or false")
    return value


def texts(body: Mapping[str, Any], name: str) -> list[str]:
    value = body[name]
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{name}: wants a list of texts")
    return value


def sentence(error: Exception, names: list[str]) -> str:
    """What is told of a refusal: our own words, never those of the language underneath.

    names  the fields that came; what has no words of ours is laid to them
    """
    said = str(error)
    ours = isinstance(error, ValueError) and type(error) is not ValueError
    if not isinstance(error, UnicodeError) and (ours or _NAMED.match(said)):
        return said
    return f"{', '.join(names) or 'the body'}: makes no sense here"


def _value(body: Mapping[str, Any], name: str, default: object) -> Any:
    value = body[name] if default is None else body.get(name)
    return default if value is None and default is not None else value

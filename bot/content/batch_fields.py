"""Fields of a coupon batch's document: a text, a whole number, a list; and the refusals."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from bot.errors import InvalidInput

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_T = TypeVar("_T")


def refusal(field: str, why: str) -> InvalidInput:
    return InvalidInput(f"{field}: {why}", field)


def slug(document: Mapping[str, Any]) -> str:
    found = document.get("slug")
    if not isinstance(found, str) or not SLUG.fullmatch(found):
        raise refusal("slug", "wants 1 to 63 of a-z, 0-9 and -, the first no -")
    return found


def text(field: str, value: Any, longest: int = 64) -> str:
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= longest:
        raise refusal(field, f"wants a text of 1 to {longest} characters")
    return value.strip()


def whole(
    document: Mapping[str, Any], field: str, default: int | None, least: int, most: int
) -> int:
    """`default` None: the field has to be there."""
    value = document.get(field)
    value = default if value is None else value
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise refusal(field, f"wants a whole number from {least} to {most}")
    return value


def maybe(document: Mapping[str, Any], field: str, least: int, most: int) -> int | None:
    """A whole number, or None where the field is not there."""
    return None if document.get(field) is None else whole(document, field, None, least, most)


def listed(
    document: Mapping[str, Any], field: str, read: Callable[[str, Any], _T], most: int = 200
) -> tuple[_T, ...]:
    """Each once, in the order given; nothing where the field is not there."""
    value = document.get(field)
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or len(value) > most:
        raise refusal(field, f"wants a list of at most {most}")
    return tuple(dict.fromkeys(read(f"{field}[{n}]", one) for n, one in enumerate(value)))

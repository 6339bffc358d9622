"""What a journey names beside itself, named otherwise: another coupon batch instead of the one that
is not there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What is named -> the fields of a document, its rules included, that name one.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "batch": ("offer", "coupon"),
    "segment": ("segment", "list"),
    "journey": ("start",),
    "content": ("content",),
    "date": ("attribute",),
}


def renamed(document: Any, what: str, old: str, new: str) -> Any:
    """A copy that names `new` wherever the document names `old`."""
    if isinstance(document, list):
        return [renamed(one, what, old, new) for one in document]
    if not isinstance(document, Mapping):
        return document
    fields = FIELDS[what]
    return {
        name: _swapped(value, old, new) if name in fields else renamed(value, what, old, new)
        for name, value in document.items()
    }


def naming(document: Mapping[str, Any], what: str, name: str) -> list[str]:
    """Ids of the steps that name it, in the order of the document."""
    steps = (one for one in document.get("steps") or () if isinstance(one, Mapping))
    return [str(one.get("id", "")) for one in steps if renamed(one, what, name, f"{name} ") != one]


def _swapped(value: Any, old: str, new: str) -> Any:
    if isinstance(value, list):
        return list(dict.fromkeys(new if one == old else one for one in value))
    return new if value == old else value

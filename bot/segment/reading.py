"""Reading the parts of a rule's document: texts, numbers and lists, each refused by its path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from bot.errors import InvalidInput
from bot.values.facts import FAMILIES

Scalar = str | int | float | bool
Where = tuple[tuple[str, Scalar], ...]
Document = Mapping[str, Any]

MOST_DAYS = 3650
MOST_TIMES = 1000
_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_KEY = re.compile(r"\w{1,32}")
_UNSAFE = re.compile("[\x00\ud800-\udfff]")


def path(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def is_slug(text: Any) -> bool:
    return isinstance(text, str) and _SLUG.fullmatch(text) is not None


def slug(document: Document, key: str, at: str) -> str:
    """A slug. Raises InvalidInput."""
    value = document[key]
    if not is_slug(value):
        raise InvalidInput("a slug: a-z, 0-9, _ and -", path(at, key))
    return str(value)


def text(value: Any, most: int, at: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= most or _UNSAFE.search(value):
        raise InvalidInput(f"a text of 1 to {most} characters", at)
    return value


def scalar(value: Any, at: str) -> Scalar:
    if isinstance(value, str):
        return text(value, 190, at)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and isfinite(value) and abs(value) <= 1e15:
        return value
    raise InvalidInput("a text, a number within ±10^15, true or false", at)


def word(document: Document, key: str, words: tuple[str, ...], at: str) -> str:
    """One of these words. Raises InvalidInput."""
    value = document.get(key)
    if value not in words or not isinstance(value, str):
        raise InvalidInput(f"one of {', '.join(words)}", path(at, key))
    return value


def known(document: Document, allowed: tuple[str, ...], at: str) -> None:
    """Raises InvalidInput for a key that does not belong."""
    for key in document:
        if key not in allowed:
            raise InvalidInput(f"{key!r} does not belong here", path(at, str(key)))


def kind(document: Document, at: str) -> str:
    """An event kind or family. Comings and goings of segments are none that a rule may read:
    a rule that hears its own echo would never come to rest."""
    value, here = document.get("event"), path(at, "event")
    if isinstance(value, str) and value.startswith("segment."):
        raise InvalidInput("a rule reads members by {segment: slug}, not by events", here)
    if value in FAMILIES or (
        isinstance(value, str) and len(value) <= 32 and _KIND.fullmatch(value)
    ):
        return str(value)
    known_ = ", ".join(FAMILIES)
    raise InvalidInput(f"an event kind such as order, or one of {known_}", here)


def days(document: Document, at: str) -> float | None:
    value = document.get("within_days")
    if value is not None and (type(value) not in (int, float) or not 0 < value <= MOST_DAYS):
        raise InvalidInput(f"days, more than 0, at most {MOST_DAYS}", path(at, "within_days"))
    return value


def times(document: Document, at: str) -> tuple[int, int | None]:
    """(at least, at most) so often; once at least where nothing is said. None: without end."""
    if "never" in document:
        if document["never"] is not True or document.keys() & {"at_least", "at_most", "exactly"}:
            raise InvalidInput("never: true, and nothing else about how often", path(at, "never"))
        return 0, 0
    low, high = bounds(document, at, 1, 0, MOST_TIMES)
    return (1 if high is None else 0) if low is None else low, high


def bounds(
    document: Document, at: str, least: int, most_least: int, most: int
) -> tuple[int | None, int | None]:
    """at_least, at_most, or exactly, as whole numbers; None where not said. Raises InvalidInput.

    least        the smallest `at_least`; most_least: the smallest `at_most` and `exactly`
    """
    if "exactly" in document:
        if document.keys() & {"at_least", "at_most"}:
            raise InvalidInput("exactly, or at_least and at_most", path(at, "exactly"))
        one = _whole(document, "exactly", most_least, most, at)
        return one, one
    low = _whole(document, "at_least", least, most, at)
    high = _whole(document, "at_most", most_least, most, at)
    if low is not None and high is not None and low > high:
        raise InvalidInput("at_most is below at_least", path(at, "at_most"))
    return low, high


def _whole(document: Document, key: str, least: int, most: int, at: str) -> int | None:
    if key not in document:
        return None
    value = document[key]
    if type(value) is not int or not least <= value <= most:
        raise InvalidInput(f"a whole number from {least} to {most}", path(at, key))
    return value


def where(document: Document, at: str) -> Where:
    facts, here = document.get("where", {}), path(at, "where")
    if not isinstance(facts, Mapping) or len(facts) > 10:
        raise InvalidInput("an object of at most 10 facts, such as {shop: A1}", here)
    for key in facts:
        fact(key, path(here, str(key)))
    return tuple((key, scalar(value, path(here, key))) for key, value in facts.items())


def fact(name: Any, at: str) -> str:
    if not isinstance(name, str) or not _KEY.fullmatch(name):
        raise InvalidInput("a fact's name is of letters, digits and _", at)
    return name

"""A coupon batch as a document: what YAML, JSON and the console have in common.

slug: spring-8
title: 满30减8
face_value_fen: 800
threshold_fen: 3000       # 0: no minimum
per_person: 1
valid_from: 2026-12-01    # a day in the account's zone, or an instant with its offset
valid_until: 2026-12-31   # the last day, to its end
valid_days: 7             # from issue; the earlier of both ends counts
topics: [咖啡]
codes: 1000               # made at once; 0: they are imported
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import SHANGHAI
from bot.errors import InvalidInput

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_DAY = 86400
MOST_FEN = 100_000_00  # 100,000 yuan: more is a slip of the keyboard
MOST_CODES = 10_000_000
LONGEST_DAYS = 3660
FIELDS = (
    "slug",
    "title",
    "face_value_fen",
    "threshold_fen",
    "per_person",
    "valid_from",
    "valid_until",
    "valid_days",
    "valid_seconds",
    "topics",
    "codes",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDocument:
    """A checked document. Instants are aware UTC, `codes` is how many to make at once."""

    slug: str
    title: str
    face_value_fen: int
    threshold_fen: int = 0
    per_person: int = 1
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    valid_seconds: int | None = None
    topics: tuple[str, ...] = ()
    codes: int = 0


def read_batch(document: Any, zone: ZoneInfo = SHANGHAI) -> BatchDocument:
    """Raises InvalidInput that names the first field that breaks a rule, and the rule."""
    if not isinstance(document, Mapping):
        raise InvalidInput("a coupon batch is a mapping of fields")
    for name in document:
        if name not in FIELDS:
            raise _refusal(str(name), f"there is no such field; there are {', '.join(FIELDS)}")
    face = _whole(document, "face_value_fen", None, 1, MOST_FEN)
    threshold = _whole(document, "threshold_fen", 0, 0, MOST_FEN)
    if threshold and threshold < face:
        raise _refusal("threshold_fen", "is less than the coupon is worth: it would pay out money")
    opens, ends = _instant(document, "valid_from", zone), _instant(document, "valid_until", zone)
    if opens and ends and opens >= ends:
        raise _refusal("valid_until", "is not after valid_from")
    return BatchDocument(
        slug=_slug(document),
        title=_text(document, "title", document.get("title")),
        face_value_fen=face,
        threshold_fen=threshold,
        per_person=_whole(document, "per_person", 1, 1, 1000),
        valid_from=opens,
        valid_until=ends,
        valid_seconds=_seconds(document),
        topics=_topics(document),
        codes=_whole(document, "codes", 0, 0, MOST_CODES),
    )


def write_batch(batch: BatchDocument) -> dict[str, Any]:
    """The JSON-ready document that `read_batch` turns into the same batch."""
    document: dict[str, Any] = {
        "slug": batch.slug,
        "title": batch.title,
        "face_value_fen": batch.face_value_fen,
        "threshold_fen": batch.threshold_fen,
        "per_person": batch.per_person,
        "valid_from": batch.valid_from.isoformat() if batch.valid_from else None,
        "valid_until": batch.valid_until.isoformat() if batch.valid_until else None,
        "valid_seconds": batch.valid_seconds,
        "topics": list(batch.topics),
        "codes": batch.codes,
    }
    return {name: value for name, value in document.items() if value is not None}


def _refusal(field: str, why: str) -> InvalidInput:
    return InvalidInput(f"{field}: {why}", field)


def _slug(document: Mapping[str, Any]) -> str:
    slug = document.get("slug")
    if not isinstance(slug, str) or not _SLUG.fullmatch(slug):
        raise _refusal("slug", "wants 1 to 63 of a-z, 0-9 and -, the first no -")
    return slug


def _text(document: Mapping[str, Any], field: str, value: Any, longest: int = 64) -> str:
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= longest:
        raise _refusal(field, f"wants a text of 1 to {longest} characters")
    return value.strip()


def _whole(
    document: Mapping[str, Any], field: str, default: int | None, least: int, most: int
) -> int:
    value = document.get(field)
    value = default if value is None else value
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _refusal(field, f"wants a whole number from {least} to {most}")
    return value


def _seconds(document: Mapping[str, Any]) -> int | None:
    days, seconds = document.get("valid_days"), document.get("valid_seconds")
    if days is None and seconds is None:
        return None
    if seconds is None:
        return _DAY * _whole(document, "valid_days", None, 1, LONGEST_DAYS)
    if days is not None:
        raise _refusal("valid_seconds", "stands beside valid_days: give one of the two")
    return _whole(document, "valid_seconds", None, 1, LONGEST_DAYS * _DAY)


def _topics(document: Mapping[str, Any]) -> tuple[str, ...]:
    value = document.get("topics")
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise _refusal("topics", "wants a list of texts")
    topics = (_text(document, f"topics[{i}]", topic, 32) for i, topic in enumerate(value))
    return tuple(dict.fromkeys(topics))


def _instant(document: Mapping[str, Any], field: str, zone: ZoneInfo) -> datetime | None:
    """A day means its first moment, in `valid_until` its end, in the account's zone."""
    value = document.get(field)
    if value is None:
        return None
    if isinstance(value, str):
        value = _parsed(value, field)
    if isinstance(value, date) and not 2000 <= value.year < 2200:
        raise _refusal(field, "lies outside the years 2000 to 2199")
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    if isinstance(value, date):
        day = value + timedelta(days=1) if field == "valid_until" else value
        return datetime.combine(day, time(), zone).astimezone(UTC)
    raise _refusal(field, "wants a day like 2026-12-31, or 2026-12-31T18:00+08:00")


def _parsed(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        raise _refusal(field, "wants a day like 2026-12-31, or 2026-12-31T18:00+08:00") from None

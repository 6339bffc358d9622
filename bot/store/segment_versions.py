"""Every definition that a segment had, and what else in the house names the segment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import from_ms, to_ms
from bot.errors import NotFound
from bot.store.db import fetch, insert_new, run

_OVER = ("closed", "cancelled")


@dataclass(frozen=True, slots=True)
class Version:
    """A definition as somebody wrote it."""

    number: int
    name: str
    rule: Any
    at: datetime
    author: str


def keep(segment_id: int, name: str, rule: Any, author: str, now: datetime) -> int:
    """Keep a definition unless the latest kept one is equal; its number. Part of the edit."""
    latest = versions(segment_id, 1)
    if latest and (latest[0].name, latest[0].rule) == (name, rule):
        return latest[0].number
    number = latest[0].number + 1 if latest else 1
    insert_new(
        "segment_version",
        ("segment_id", "number", "name", "rule", "at", "author"),
        (segment_id, number, name, _json(rule), to_ms(now), author[:64]),
    )
    return number


def versions(segment_id: int, limit: int = 100) -> list[Version]:
    """The newest first."""
    rows = fetch(
        "SELECT number, name, rule, at, author FROM segment_version WHERE segment_id = ?"
        " ORDER BY number DESC LIMIT ?",
        (segment_id, limit),
    )
    return [Version(row[0], row[1], json.loads(row[2]), from_ms(row[3]), row[4]) for row in rows]


def version(segment_id: int, number: int) -> Version:
    """Raises NotFound."""
    for one in versions(segment_id, 1_000_000):
        if one.number == number:
            return one
    raise NotFound(f"there is no version {number}")


def forget(segment_id: int) -> None:
    """What hangs on a segment that is removed; part of its removal."""
    for table in ("segment_version", "segment_pin", "segment_listed", "segment_watch"):
        run(f"DELETE FROM {table} WHERE segment_id = ?", (segment_id,))


# --- where used --------------------------------------------------------------------------------


def campaigns_of(account_id: int, slug: str) -> list[str]:
    """Campaigns that are not over and name this segment: as their audience, a part of it, or as
    who is left out."""
    rows = fetch(
        "SELECT slug, definition FROM campaign WHERE account_id = ? AND state NOT IN (?, ?)"
        " ORDER BY slug",
        (account_id, *_OVER),
    )
    return [row[0] for row in rows if _is_for(json.loads(row[1]), slug)]


def _is_for(definition: dict[str, Any], slug: str) -> bool:
    """By the short form of the audience or the long one."""
    parts = [definition.get("segment"), *(definition.get("audience") or {}).values()]
    return any(slug == one or (isinstance(one, list) and slug in one) for one in parts)


def campaign_known(account_id: int, slug: str) -> bool:
    return bool(
        fetch("SELECT 1 FROM campaign WHERE account_id = ? AND slug = ?", (account_id, slug))
    )


def batch_known(account_id: int, slug: str) -> bool:
    return bool(
        fetch("SELECT 1 FROM coupon_batch WHERE account_id = ? AND slug = ?", (account_id, slug))
    )


def documents_of(account_id: int, slug: str) -> list[tuple[str, str, str]]:
    """(kind, slug, stage) of documents of what the bot says that name this segment: answers with
    `only`, rules with `segment`."""
    rows = fetch(
        "SELECT kind, slug, stage, document FROM talk_document WHERE account_id = ?"
        " AND stage IN ('live', 'draft') ORDER BY kind, slug, stage",
        (account_id,),
    )
    return [(row[0], row[1], row[2]) for row in rows if _names(json.loads(row[3]), slug)]


def _names(document: Any, slug: str) -> bool:
    return any(
        value == slug or (isinstance(value, list) and slug in value)
        for key, value in _fields(document)
        if key in ("only", "segment", "segments")
    )


def _fields(document: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield key, value
            yield from _fields(value)
    elif isinstance(document, list):
        for one in document:
            yield from _fields(one)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

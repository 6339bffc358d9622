"""Followers a page at a time, the latest first: all, those of a segment, or those with a tag.

Pages are found by the last id that was shown, never by counting rows off, so that the thousandth
page costs what the first one does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import from_ms, to_ms
from bot.store.db import fetch
from bot.store.spans import qmarks

_COLUMNS = (
    "f.id, f.subscribed, f.stage, f.source_scene, f.subscribed_at, f.last_inbound_at,"
    " f.window_until, f.blacklisted, f.opted_out_at, f.unsubscribed_at"
)
FIRST = 1 << 62  # before every id


@dataclass(frozen=True, slots=True)
class Line:
    """A follower as lists show one; nothing personal is in it. `never`: known, but never came."""

    id: int
    subscribed: bool
    stage: str
    source: str
    subscribed_at: datetime | None
    last_seen_at: datetime | None
    window_until: datetime | None
    blacklisted: bool
    opted_out: bool
    never: bool


def of(account_id: int, ids: Sequence[int]) -> list[int]:
    """Those of these ids that are followers of the account."""
    if not ids:
        return []
    sql = f"SELECT id FROM follower WHERE account_id = ? AND id IN ({qmarks(ids)}) ORDER BY id"
    return [row[0] for row in fetch(sql, (account_id, *ids))]


def everybody(
    account_id: int, before: int, limit: int, subscribed: bool | None = None
) -> list[Line]:
    """Those with an id less than `before`; None: whether they follow now or not.

    Both kinds are read along the index that keeps them apart, and laid together.
    """
    kinds = (True, False) if subscribed is None else (subscribed,)
    found = [line for kind in kinds for line in _of_kind(account_id, kind, before, limit)]
    return sorted(found, key=lambda line: -line.id)[:limit]


def _of_kind(account_id: int, subscribed: bool, before: int, limit: int) -> list[Line]:
    return _lines(
        f"SELECT {_COLUMNS} FROM follower f WHERE f.account_id = ? AND f.subscribed = ?"
        " AND f.id < ? AND f.erased_at IS NULL ORDER BY f.id DESC LIMIT ?",
        (account_id, subscribed, before, limit),
    )


def blacklisted(account_id: int, before: int, limit: int) -> list[Line]:
    """Those on the platform's blacklist, as far as we know."""
    return _lines(
        f"SELECT {_COLUMNS} FROM follower f WHERE f.account_id = ? AND f.blacklisted = TRUE"
        " AND f.id < ? AND f.erased_at IS NULL ORDER BY f.id DESC LIMIT ?",
        (account_id, before, limit),
    )


def opted_out(account_id: int, before: int, limit: int) -> list[Line]:
    """Those who refuse marketing."""
    return _lines(
        f"SELECT {_COLUMNS} FROM follower f WHERE f.account_id = ? AND f.opted_out_at IS NOT NULL"
        " AND f.id < ? AND f.erased_at IS NULL ORDER BY f.id DESC LIMIT ?",
        (account_id, before, limit),
    )


def of_segment(segment_id: int, before: int, limit: int) -> list[Line]:
    """The segment's members as of its last refresh."""
    return _lines(
        f"SELECT {_COLUMNS} FROM segment_member m JOIN follower f ON f.id = m.follower_id"
        " WHERE m.segment_id = ? AND m.follower_id < ? ORDER BY m.follower_id DESC LIMIT ?",
        (segment_id, before, limit),
    )


def with_tag(account_id: int, tag: str, now: datetime, before: int, limit: int) -> list[Line]:
    """Those who have the tag now."""
    return _lines(
        f"SELECT {_COLUMNS} FROM follower_tag t JOIN follower f ON f.id = t.follower_id"
        " WHERE t.tag = ? AND t.follower_id < ? AND (t.until_at IS NULL OR t.until_at > ?)"
        " AND f.account_id = ? ORDER BY t.follower_id DESC LIMIT ?",
        (tag, before, to_ms(now), account_id, limit),
    )


def one(account_id: int, follower_id: int) -> list[Line]:
    """The one of this number, or nobody."""
    return _lines(
        f"SELECT {_COLUMNS} FROM follower f WHERE f.id = ? AND f.account_id = ?"
        " AND f.erased_at IS NULL",
        (follower_id, account_id),
    )


def tags_of(follower_ids: Sequence[int], now: datetime) -> dict[int, list[str]]:
    """follower -> tags that they have now, the weightiest first."""
    if not follower_ids:
        return {}
    rows = fetch(
        f"SELECT follower_id, tag FROM follower_tag WHERE follower_id IN ({qmarks(follower_ids)})"
        " AND (until_at IS NULL OR until_at > ?) ORDER BY weight DESC, tag",
        (*follower_ids, to_ms(now)),
    )
    found: dict[int, list[str]] = {}
    for follower_id, tag in rows:
        found.setdefault(follower_id, []).append(tag)
    return found


def _lines(sql: str, params: Sequence[Any]) -> list[Line]:
    return [_line(row) for row in fetch(sql, params)]


def _line(row: tuple[Any, ...]) -> Line:
    id_, subscribed, stage, source, since, seen, window, blacklisted, opted_out, left = row
    return Line(
        id_,
        bool(subscribed),
        stage,
        source,
        _at(since),
        _at(seen),
        _at(window),
        bool(blacklisted),
        opted_out is not None,
        not subscribed and since is None and left is None,
    )


def _at(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)

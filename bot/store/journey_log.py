"""The event log as journeys read it: each event once, in the order of its id.

Where several connections write (PostgreSQL, MySQL), an id may be committed after a greater one. An
id that was passed over is remembered and looked for again, for as long as a transaction may last;
most are of events that a unique key refused, and never come.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bot.clock import to_ms
from bot.store.db import fetch, insert_new, is_sqlite, locking, run
from bot.store.spans import qmarks, spans

NAME = "events"
GAP_LASTS = timedelta(minutes=2)  # an import's transaction is over long before
MOST_GAPS = 500
_WIDEST = 10_000  # ids in one gap that are still looked for
_COLUMNS = "id, account_id, follower_id, kind, at, received_at"


class Happened(NamedTuple):
    """An event of the log. `at_ms` never lies after its receipt."""

    id: int
    account_id: int
    follower_id: int | None
    kind: str
    at_ms: int
    received_ms: int


class Cursor(NamedTuple):
    """How far the log has been read. gaps: (from id, to id, noticed at ms), both ends included."""

    event_id: int
    gaps: list[tuple[int, int, int]]


def begin() -> None:
    """From the end of the log on: nobody has listened before."""
    last = int(fetch("SELECT MAX(id) FROM event")[0][0] or 0)
    insert_new("journey_cursor", ("name", "event_id", "gaps"), (NAME, 0, "[]"), "name")
    save(Cursor(last, []))


def hold() -> Cursor | None:
    """The cursor, ours until the transaction ends; None while another process has it."""
    end = locking(skip_locked=True)
    rows = fetch(f"SELECT event_id, gaps FROM journey_cursor WHERE name = ?{end}", (NAME,))
    if not rows:
        return None
    return Cursor(int(rows[0][0]), [(low, high, at) for low, high, at in json.loads(rows[0][1])])


def save(cursor: Cursor) -> None:
    run(
        "UPDATE journey_cursor SET event_id = ?, gaps = ? WHERE name = ?",
        (cursor.event_id, json.dumps(cursor.gaps), NAME),
    )


def page(cursor: Cursor, received_before: datetime, limit: int) -> list[Happened]:
    """The next events, late ones first; none that was received at or after an instant, nor any
    behind such a one: what their handling changes is not to be seen yet."""
    found = late(cursor.gaps)
    rows = fetch(
        f"SELECT {_COLUMNS} FROM event WHERE id > ? ORDER BY id LIMIT ?", (cursor.event_id, limit)
    )
    for row in rows:
        if row[5] >= to_ms(received_before):
            break
        found.append(_happened(row))
    return found


def late(gaps: Sequence[tuple[int, int, int]]) -> list[Happened]:
    """Events whose ids had been passed over."""
    found: list[Happened] = []
    for low, high, _ in gaps:
        rows = fetch(f"SELECT {_COLUMNS} FROM event WHERE id BETWEEN ? AND ?", (low, high))
        found += [_happened(row) for row in rows]
    return found


def _happened(row: Sequence[Any]) -> Happened:
    id_, account_id, follower_id, kind, at, received = row
    return Happened(id_, account_id, follower_id, kind, min(at, received), received)


def facts_of(event_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What these events say, by id; {} where it is no mapping."""
    found = {}
    for ids in spans(event_ids):
        rows = fetch(f"SELECT id, facts FROM event WHERE id IN ({qmarks(ids)})", ids)
        for id_, text in rows:
            said = json.loads(text) if text else {}
            found[id_] = said if isinstance(said, dict) else {}
    return found


def after(cursor: Cursor, seen: Sequence[int], now: datetime) -> Cursor:
    """The cursor behind these ids; what they leave out is a gap, and old gaps are given up."""
    ids = sorted(seen)
    oldest = to_ms(now - GAP_LASTS)
    gaps = [
        part
        for low, high, at in cursor.gaps
        if at > oldest
        for part in _without(low, high, at, [i for i in ids if low <= i <= high])
    ]
    new = [i for i in ids if i > cursor.event_id]
    if new and not is_sqlite():  # one writer: ids are committed in their order
        gaps += _without(cursor.event_id + 1, new[-1], to_ms(now), new)
    narrow = [gap for gap in gaps if gap[1] - gap[0] < _WIDEST]
    return Cursor(new[-1] if new else cursor.event_id, narrow[-MOST_GAPS:])


def _without(low: int, high: int, at: int, ids: Sequence[int]) -> list[tuple[int, int, int]]:
    """The spans of low..high between these ids, ascending."""
    found, start = [], low
    for one in [*ids, high + 1]:
        if start < one:
            found.append((start, one - 1, at))
        start = one + 1
    return found

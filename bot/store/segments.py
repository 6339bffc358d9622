"""Segments: definitions, members, comings and goings, and who is to be looked at again.

`size` is kept by adding what enters and leaves in the transaction that writes it: whoever removes
member rows otherwise must use `forget`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import from_ms, to_ms
from bot.errors import NotFound
from bot.store.db import fetch, insert_new, is_mysql, run, run_many, transaction
from bot.store.spans import qmarks, spans

_COLUMNS = (
    "id, account_id, slug, name, rule, version, size, built_version, refreshed_at, refresh_ms,"
    " error, defined_at, triggers,"
    " (SELECT MAX(v.number) FROM segment_version v WHERE v.segment_id = segment.id)"
)


@dataclass(frozen=True, slots=True)
class SegmentState:
    """A segment. Its members fit the definition `built_version`; 0: none yet, or given up.

    `version` counts what the rule was; `number` is the latest kept definition's, every edit
    counted, as `restore` takes it; 0: none is kept.
    """

    id: int
    account_id: int
    slug: str
    name: str
    rule: Any = field(repr=False)
    version: int
    size: int
    built_version: int
    refreshed_at: datetime | None
    refresh_ms: int | None
    error: str
    defined_at: datetime | None
    triggers: bool = False
    number: int = 0

    def to_json(self) -> dict[str, Any]:
        """What lists show."""
        return {
            "slug": self.slug,
            "name": self.name,
            "size": self.size,
            "refreshed_at": self.refreshed_at.isoformat() if self.refreshed_at else None,
            "error": self.error,
        }

    @property
    def built(self) -> bool:
        return self.built_version == self.version


class Member(NamedTuple):
    follower_id: int
    since: datetime


class Move(NamedTuple):
    """A follower who enters or leaves, and why."""

    follower_id: int
    reason: dict[str, Any]


class Change(NamedTuple):
    """One line of a segment's history."""

    follower_id: int
    at: datetime
    entered: bool
    reason: dict[str, Any]


def _state(row: Sequence[Any]) -> SegmentState:
    refreshed_at, defined_at = (None if ms is None else from_ms(ms) for ms in (row[8], row[11]))
    return SegmentState(
        id=row[0],
        account_id=row[1],
        slug=row[2],
        name=row[3],
        rule=json.loads(row[4]),
        version=row[5],
        size=row[6],
        built_version=row[7],
        refreshed_at=refreshed_at,
        refresh_ms=row[9],
        error=row[10],
        defined_at=defined_at,
        triggers=bool(row[12]),
        number=row[13] or 0,
    )


# --- definitions -------------------------------------------------------------------------------


def of_account(account_id: int) -> list[SegmentState]:
    """The account's segments by slug."""
    rows = fetch(f"SELECT {_COLUMNS} FROM segment WHERE account_id = ? ORDER BY slug", [account_id])
    return [_state(row) for row in rows]


def by_slug(account_id: int, slug: str) -> SegmentState:
    """Raises NotFound."""
    rows = fetch(
        f"SELECT {_COLUMNS} FROM segment WHERE account_id = ? AND slug = ?", (account_id, slug)
    )
    if not rows:
        raise NotFound(f"there is no segment {slug!r}")
    return _state(rows[0])


def put(account_id: int, slug: str, name: str, rule: Any, now: datetime) -> SegmentState:
    """Make or change a definition; a changed rule is a new version, to be built by the refresh."""
    text = json.dumps(rule, ensure_ascii=False)
    with transaction():
        insert_new(
            "segment",
            (
                "account_id",
                "slug",
                "name",
                "rule",
                "version",
                "size",
                "built_version",
                "error",
                "defined_at",
                "triggers",
            ),
            (account_id, slug, name, text, 1, 0, 0, "", to_ms(now), False),
        )
        # MySQL assigns left to right: the version looks at the old rule, so it comes first.
        run(
            "UPDATE segment SET version = CASE WHEN rule = ? THEN version ELSE version + 1 END,"
            " error = CASE WHEN rule = ? THEN error ELSE '' END,"
            " defined_at = CASE WHEN rule = ? THEN defined_at ELSE ? END, name = ?, rule = ?"
            " WHERE account_id = ? AND slug = ?",
            (text, text, text, to_ms(now), name, text, account_id, slug),
        )
        return by_slug(account_id, slug)


def remove(segment_id: int) -> None:
    """Remove a segment with its members and history."""
    with transaction():
        for table in ("segment_member", "segment_change"):
            run(f"DELETE FROM {table} WHERE segment_id = ?", (segment_id,))
        run("DELETE FROM segment WHERE id = ?", (segment_id,))


def built(segment_id: int, version: int, now: datetime, took_ms: int) -> None:
    """The members fit this version, as of now. Counts them afresh."""
    run(
        "UPDATE segment SET built_version = ?, refreshed_at = ?, refresh_ms = ?, error = '', size ="
        " (SELECT COUNT(*) FROM segment_member m WHERE m.segment_id = segment.id) WHERE id = ?",
        (version, to_ms(now), took_ms, segment_id),
    )


def looked_at(segment_ids: Sequence[int], now: datetime, took_ms: int) -> None:
    """Every leaver by time alone up to now has been found."""
    run_many(
        "UPDATE segment SET refreshed_at = ?, refresh_ms = ? WHERE id = ? AND built_version > 0",
        [(to_ms(now), took_ms, segment_id) for segment_id in segment_ids],
    )


def failed(segment_id: int, error: str, now: datetime, version: int) -> None:
    """The members may be wrong from now on; it is built anew when it is tried again. A definition
    that was changed meanwhile is another's: it is tried at once."""
    run(
        "UPDATE segment SET built_version = 0, refreshed_at = ?, error = ?"
        " WHERE id = ? AND version = ?",
        (to_ms(now), error[:500], segment_id, version),
    )


def set_triggers(segment_id: int, triggers: bool) -> None:
    """Whether comings and goings are written into the event log from now on."""
    run("UPDATE segment SET triggers = ? WHERE id = ?", (triggers, segment_id))


# --- members -----------------------------------------------------------------------------------


def members(segment_id: int, after: int = 0, limit: int = 100) -> list[Member]:
    """Members ascending by follower id, after one."""
    rows = fetch(
        "SELECT follower_id, since FROM segment_member WHERE segment_id = ? AND follower_id > ?"
        " ORDER BY follower_id LIMIT ?",
        (segment_id, after, limit),
    )
    return [Member(row[0], from_ms(row[1])) for row in rows]


def member_ids(segment_id: int, after: int, limit: int) -> list[int]:
    """Follower ids ascending, after one: the pages of an audience."""
    rows = fetch(
        "SELECT follower_id FROM segment_member WHERE segment_id = ? AND follower_id > ?"
        " ORDER BY follower_id LIMIT ?",
        (segment_id, after, limit),
    )
    return [row[0] for row in rows]


def bounds(segment_id: int) -> tuple[int, int] | None:
    """The least and greatest follower id in the segment; None when it is empty."""
    low, high = fetch(
        "SELECT MIN(follower_id), MAX(follower_id) FROM segment_member WHERE segment_id = ?",
        (segment_id,),
    )[0]
    return None if low is None else (low, high)


def member_since(segment_id: int, follower_id: int) -> datetime | None:
    rows = fetch(
        "SELECT since FROM segment_member WHERE segment_id = ? AND follower_id = ?",
        (segment_id, follower_id),
    )
    return from_ms(rows[0][0]) if rows else None


def memberships(account_id: int, follower_ids: Sequence[int]) -> dict[int, set[str]]:
    """Slugs of the account's segments by follower id, for a batch; everybody asked for is there."""
    found: dict[int, set[str]] = {follower_id: set() for follower_id in follower_ids}
    for ids in spans(follower_ids):
        for follower_id, slug in fetch(
            "SELECT m.follower_id, s.slug FROM segment_member m"
            " JOIN segment s ON s.id = m.segment_id"
            f" WHERE m.follower_id IN ({qmarks(ids)}) AND s.account_id = ?",
            (*ids, account_id),
        ):
            found[follower_id].add(slug)
    return found


def move(
    segment_id: int, entering: Sequence[Move], leaving: Sequence[Move], now: datetime
) -> tuple[int, int]:
    """Let followers in and out, with their history, in a transaction; how many really moved."""
    at = to_ms(now)
    came = _insert_members(segment_id, entering, at)
    went = run_many(
        "DELETE FROM segment_member WHERE segment_id = ? AND follower_id = ?",
        [(segment_id, one.follower_id) for one in leaving],
    )
    run_many(
        "INSERT INTO segment_change (segment_id, follower_id, at, entered, reason)"
        " VALUES (?,?,?,?,?)",
        [
            (segment_id, one.follower_id, at, entered, json.dumps(one.reason, ensure_ascii=False))
            for entered, moves in ((True, entering), (False, leaving))
            for one in moves
        ],
    )
    if came != went:
        run("UPDATE segment SET size = size + ? WHERE id = ?", (came - went, segment_id))
    return came, went


def _insert_members(segment_id: int, entering: Sequence[Move], at: int) -> int:
    ignore, end = ("IGNORE ", "") if is_mysql() else ("", " ON CONFLICT DO NOTHING")
    return run_many(
        f"INSERT {ignore}INTO segment_member (segment_id, follower_id, since) VALUES (?,?,?){end}",
        [(segment_id, one.follower_id, at) for one in entering],
    )


def changes(segment_id: int, limit: int = 100, follower_id: int | None = None) -> list[Change]:
    """The newest comings and goings, of all or of one follower, newest first."""
    one = "" if follower_id is None else " AND follower_id = ?"
    rows = fetch(
        "SELECT follower_id, at, entered, reason FROM segment_change WHERE segment_id = ?"
        f"{one} ORDER BY at DESC, id DESC LIMIT ?",
        (segment_id, *([] if follower_id is None else [follower_id]), limit),
    )
    return [Change(row[0], from_ms(row[1]), bool(row[2]), json.loads(row[3])) for row in rows]


def forget(follower_ids: Sequence[int]) -> None:
    """Take followers out of every segment and out of the history: for erasure."""
    with transaction():
        for ids in spans(sorted(follower_ids)):
            marks = qmarks(ids)
            counted = fetch(
                "SELECT segment_id, COUNT(*) FROM segment_member"
                f" WHERE follower_id IN ({marks}) GROUP BY segment_id ORDER BY segment_id",
                ids,
            )
            for table in ("segment_member", "segment_change", "segment_dirty"):
                run(f"DELETE FROM {table} WHERE follower_id IN ({marks})", ids)
            run_many(
                "UPDATE segment SET size = size - ? WHERE id = ?",
                [(count, segment_id) for segment_id, count in counted],
            )


# --- whom to look at again ---------------------------------------------------------------------


def mark_dirty(follower_ids: Sequence[int]) -> None:
    """Have every rule look at these followers again: something that rules read has changed.

    Part of the transaction that makes the change, where there is one.
    """
    again = (
        " ON DUPLICATE KEY UPDATE version = version + 1"
        if is_mysql()
        else " ON CONFLICT (follower_id) DO UPDATE SET version = segment_dirty.version + 1"
    )
    with transaction():
        run_many(
            f"INSERT INTO segment_dirty (follower_id, version) VALUES (?, 1){again}",
            [(follower_id,) for follower_id in sorted(set(follower_ids))],
        )


def dirty(account_id: int, limit: int) -> list[tuple[int, int]]:
    """(follower id, version) of followers to look at again, ascending."""
    rows = fetch(
        "SELECT d.follower_id, d.version FROM segment_dirty d WHERE EXISTS"
        " (SELECT 1 FROM follower f WHERE f.id = d.follower_id AND f.account_id = ?)"
        " ORDER BY d.follower_id LIMIT ?",
        (account_id, limit),
    )
    return [(row[0], row[1]) for row in rows]


def settle_dirty(looked: Sequence[tuple[int, int]]) -> None:
    """These were looked at, in a transaction. Who changed since has a later version and stays."""
    run_many("DELETE FROM segment_dirty WHERE follower_id = ? AND version = ?", looked)

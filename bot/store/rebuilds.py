"""Rebuilds: who folds which followers again, how far it is, and how many came out different.

One rebuild is under way at a time. Its followers are given out in ranges, each to one process for
as long as that renews its lease; a range whose process has died is given out again from where its
last batch was written. All counts are written with the profiles they count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.clock import from_ms, to_ms
from bot.errors import Conflict
from bot.store.db import fetch, insert_new, locking, now_ms, run, transaction

LEASE_MS = 30_000
GOES_ON = timedelta(days=1)  # what was broken off longer ago begins anew
_COLUMNS = "id, active, whole, total, done, changed, started_at"


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A rebuild as it stands; `done` and `changed` count followers."""

    id: int
    running: bool
    whole: bool
    total: int
    done: int
    changed: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Range:
    """Followers after `after` up to `until` that `owner` has."""

    id: int
    run_id: int
    after: int
    until: int
    owner: str


def begin(now: datetime, restart: bool = False) -> tuple[Rebuild, bool]:
    """The rebuild that is under way, or a new one, and whether it is new.

    restart  what is under way is given up, wherever it is
    """
    with transaction():
        if restart:
            _give_up(now, now)
        _give_up(now, now - GOES_ON)
        new = insert_new(
            "rebuild_run",
            ("active", "given", "upper", "total", "done", "changed", "whole", "started_at"),
            ("now", 0, *_people(), 0, 0, False, to_ms(now)),
        )
        found = fetch("SELECT id FROM rebuild_run WHERE active = 'now'")
    return get(found[0][0]), new is not None


def _people() -> tuple[int, int]:
    """The highest id of a follower, and how many are to be looked at."""
    return fetch("SELECT COALESCE(MAX(id), 0), COUNT(*) FROM follower WHERE erased_at IS NULL")[0]


def _give_up(now: datetime, begun_until: datetime) -> None:
    for (run_id,) in fetch(
        "SELECT id FROM rebuild_run WHERE active = 'now' AND started_at <= ?", (to_ms(begun_until),)
    ):
        run("DELETE FROM rebuild_range WHERE run_id = ?", (run_id,))
        run("UPDATE rebuild_run SET active = NULL, ended_at = ? WHERE id = ?", (to_ms(now), run_id))


def get(run_id: int) -> Rebuild:
    """A rebuild with what is done of the ranges that are given out."""
    row = fetch(f"SELECT {_COLUMNS} FROM rebuild_run WHERE id = ?", (run_id,))[0]
    done, changed = fetch(
        "SELECT COALESCE(SUM(done), 0), COALESCE(SUM(changed), 0) FROM rebuild_range"
        " WHERE run_id = ?",
        (run_id,),
    )[0]
    return Rebuild(
        id=row[0],
        running=row[1] is not None,
        whole=bool(row[2]),
        total=row[3],
        done=row[4] + int(done),
        changed=row[5] + int(changed),
        started_at=from_ms(row[6]),
    )


def claim(run_id: int, owner: str, size: int) -> Range | None:
    """The next range for `owner`, of at most `size` followers; None: all are given out.

    First one whose process has not been heard of for LEASE_MS.
    """
    with transaction():
        until = now_ms() + LEASE_MS
        left = fetch(
            "SELECT id, run_id, after_id, until_id FROM rebuild_range"
            " WHERE run_id = ? AND lease_until <= ? ORDER BY after_id LIMIT 1"
            f"{locking(skip_locked=True)}",
            (run_id, until - LEASE_MS),
        )
        if left:
            run(
                "UPDATE rebuild_range SET owner = ?, lease_until = ? WHERE id = ?",
                (owner, until, left[0][0]),
            )
            return Range(left[0][0], run_id, left[0][2], left[0][3], owner)
        return _next(run_id, owner, size, until)


def _next(run_id: int, owner: str, size: int, lease_until: int) -> Range | None:
    found = fetch(
        f"SELECT given, upper FROM rebuild_run WHERE id = ? AND active = 'now'{locking()}",
        (run_id,),
    )
    if not found or found[0][0] >= found[0][1]:
        return None
    after, upper = found[0]
    last = fetch(
        "SELECT MAX(id) FROM (SELECT id FROM follower WHERE id > ? AND id <= ?"
        " ORDER BY id LIMIT ?) few",
        (after, upper, size),
    )[0][0]
    run("UPDATE rebuild_run SET given = ? WHERE id = ?", (last or upper, run_id))
    if last is None:
        return None
    values: Sequence[Any] = (run_id, after, last, owner, lease_until, 0, 0)
    new = insert_new(
        "rebuild_range",
        ("run_id", "after_id", "until_id", "owner", "lease_until", "done", "changed"),
        values,
    )
    return Range(new, run_id, after, last, owner)


def advance(of: Range, to: int, done: int, changed: int) -> None:
    """Note, where the profiles are written, that the range is done up to the follower `to`.

    Raises Conflict: another process has the range, nothing of this one's is to be written.
    """
    _ours(
        run(
            "UPDATE rebuild_range SET after_id = ?, done = done + ?, changed = changed + ?,"
            " lease_until = ? WHERE id = ? AND owner = ?",
            (to, done, changed, now_ms() + LEASE_MS, of.id, of.owner),
        )
    )


def renew(of: Range) -> None:
    """Still at work. Raises Conflict as `advance`."""
    sql = "UPDATE rebuild_range SET lease_until = ? WHERE id = ? AND owner = ?"
    _ours(run(sql, (now_ms() + LEASE_MS, of.id, of.owner)))


def close(of: Range) -> None:
    """The range is done: its counts become the rebuild's. Raises Conflict as `advance`."""
    with transaction():
        found = fetch(
            f"SELECT done, changed FROM rebuild_range WHERE id = ? AND owner = ?{locking()}",
            (of.id, of.owner),
        )
        _ours(len(found))
        run("DELETE FROM rebuild_range WHERE id = ?", (of.id,))
        run(
            "UPDATE rebuild_run SET done = done + ?, changed = changed + ? WHERE id = ?",
            (*found[0], of.run_id),
        )


def _ours(rows: int) -> None:
    if not rows:
        raise Conflict("another process goes on with this part of the rebuild")


def finish(run_id: int, now: datetime) -> bool:
    """The rebuild is whole. False: ranges are still given out, or it has ended."""
    with transaction():
        return (
            run(
                "UPDATE rebuild_run SET active = NULL, whole = TRUE, ended_at = ?"
                " WHERE id = ? AND active = 'now'"
                " AND given >= upper AND NOT EXISTS"
                " (SELECT 1 FROM rebuild_range WHERE run_id = rebuild_run.id)",
                (to_ms(now), run_id),
            )
            == 1
        )

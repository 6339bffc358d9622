"""Rounds through the platform's lists: one at a time of a kind, moved on by compare and set.

A round that was broken off anywhere is found again by `begin` and goes on at its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.clock import from_ms, instant, to_ms
from bot.errors import Conflict
from bot.store.db import fetch, insert_new, locking, run, transaction
from bot.store.fields import Holder

PLACE = "sync_run.place"
_COLUMNS = (
    "id, account_id, kind, state, place, step, done, total, changed, started_at, touched_at,"
    " ended_at, error"
)


@dataclass(frozen=True, slots=True)
class SyncRun:
    """A round. `place` "" is its beginning; `step` says how often it was moved on."""

    id: int
    account_id: int
    kind: str
    state: str
    place: str = field(repr=False)
    step: int
    done: int
    total: int
    changed: int
    started_at: datetime
    touched_at: datetime
    ended_at: datetime | None
    error: str

    def to_json(self) -> dict[str, Any]:
        """What is shown of it; not its place, which names a person."""
        return {
            "kind": self.kind,
            "state": self.state,
            "done": self.done,
            "total": self.total,
            "changed": self.changed,
            "started_at": self.started_at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
            "error": self.error,
        }


def _run(row: Sequence[Any]) -> SyncRun:
    place = Holder.vault.open(bytes(row[4]), PLACE).decode() if row[4] else ""
    return SyncRun(
        id=row[0],
        account_id=row[1],
        kind=row[2],
        state=row[3],
        place=place,
        step=row[5],
        done=row[6],
        total=row[7],
        changed=row[8],
        started_at=from_ms(row[9]),
        touched_at=from_ms(row[10]),
        ended_at=instant(row[11]),
        error=row[12],
    )


def begin(account_id: int, kind: str, now: datetime) -> SyncRun:
    """The round of this kind that is under way, or a new one."""
    with transaction():
        fetch(f"SELECT id FROM account WHERE id = ?{locking()}", (account_id,))
        found = last(account_id, kind)
        if found is not None and found.state == "running":
            return found
        ms = to_ms(now)
        insert_new(
            "sync_run",
            ("account_id", "kind", "state", "step", "done", "total", "changed", "started_at",
             "touched_at", "error"),
            (account_id, kind, "running", 0, 0, 0, 0, ms, ms, ""),
        )  # fmt: skip
        made = last(account_id, kind)
    assert made is not None
    return made


def last(account_id: int, kind: str) -> SyncRun | None:
    """The newest round of this kind."""
    rows = fetch(
        f"SELECT {_COLUMNS} FROM sync_run WHERE account_id = ? AND kind = ?"
        " ORDER BY id DESC LIMIT 1",
        (account_id, kind),
    )
    return _run(rows[0]) if rows else None


def latest(account_id: int, limit: int = 20) -> list[SyncRun]:
    """The newest rounds of all kinds."""
    rows = fetch(
        f"SELECT {_COLUMNS} FROM sync_run WHERE account_id = ? ORDER BY id DESC LIMIT ?",
        (account_id, limit),
    )
    return [_run(row) for row in rows]


def advance(
    of: SyncRun, place: str, now: datetime, *, done: int = 0, changed: int = 0, total: int = 0
) -> SyncRun:
    """Move on to `place`; `done` and `changed` are added. Raises Conflict: somebody else did."""
    won = run(
        "UPDATE sync_run SET place = ?, step = step + 1, done = done + ?, changed = changed + ?,"
        " total = ?, touched_at = ? WHERE id = ? AND step = ? AND state = 'running'",
        (
            Holder.vault.seal(place.encode(), PLACE),
            done,
            changed,
            total or of.total,
            to_ms(now),
            of.id,
            of.step,
        ),
    )
    return _reread(of, won)


def finish(of: SyncRun, now: datetime, *, changed: int = 0, error: str = "") -> SyncRun:
    """The round is whole. Raises Conflict: somebody else went on with it."""
    won = run(
        "UPDATE sync_run SET state = 'done', place = NULL, step = step + 1, changed = changed + ?,"
        " ended_at = ?, touched_at = ?, error = ? WHERE id = ? AND step = ? AND state = 'running'",
        (changed, to_ms(now), to_ms(now), error, of.id, of.step),
    )
    return _reread(of, won)


def _reread(of: SyncRun, won: int) -> SyncRun:
    if not won:
        raise Conflict(f"another process goes on with this round of {of.kind}")
    return _run(fetch(f"SELECT {_COLUMNS} FROM sync_run WHERE id = ?", (of.id,))[0])


def prune(before: datetime) -> int:
    """Forget rounds that ended before; not the newest of a kind."""
    return run(
        "DELETE FROM sync_run WHERE state = 'done' AND ended_at < ? AND id NOT IN"
        " (SELECT newest FROM (SELECT MAX(id) AS newest FROM sync_run GROUP BY account_id, kind)"
        " kept)",
        (to_ms(before),),
    )

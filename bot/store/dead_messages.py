"""Messages whose handling failed too often: what went wrong, and another try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.clock import from_ms, to_ms
from bot.store.db import fetch, run

_DEAD = "FROM inbox JOIN event ON event.id = inbox.event_id WHERE inbox.state = 'dead'"


@dataclass(frozen=True, slots=True)
class Dead:
    """One message. `error` names what went wrong, never what was said."""

    event_id: int
    follower_id: int | None
    kind: str
    at: datetime
    attempts: int
    handler: str
    error: str


def count(account_id: int) -> int:
    rows = fetch(f"SELECT COUNT(*) {_DEAD} AND event.account_id = ?", (account_id,))
    return int(rows[0][0])


def latest(account_id: int, limit: int) -> list[Dead]:
    """The newest first."""
    rows = fetch(
        "SELECT event.id, event.follower_id, event.kind, event.at, inbox.attempts, inbox.handler,"
        f" inbox.error {_DEAD} AND event.account_id = ? ORDER BY inbox.event_id DESC LIMIT ?",
        (account_id, limit),
    )
    return [
        Dead(event_id, follower_id, kind, from_ms(at), attempts, handler, error)
        for event_id, follower_id, kind, at, attempts, handler, error in rows
    ]


def revive(account_id: int, now: datetime, event_id: int = 0) -> int:
    """Have one, or all of them (0), handled again from the first try; how many.

    The repair job takes them up at once. What they answer goes out late, inside the follower's
    window, or not at all.
    """
    return _move(
        account_id, event_id, "state = 'failed', attempts = 0, lease_until = ?", to_ms(now)
    )


def give_up(account_id: int, event_id: int = 0) -> int:
    """Leave one, or all of them (0), unanswered for good; how many."""
    return _move(account_id, event_id, "state = 'done', answer = ?", "lost")


def _move(account_id: int, event_id: int, changes: str, value: int | str) -> int:
    return run(
        f"UPDATE inbox SET {changes} WHERE state = 'dead' AND (event_id = ? OR ? = 0)"
        " AND event_id IN (SELECT id FROM event WHERE account_id = ?)",
        (value, event_id, event_id, account_id),
    )

"""Webhooks that journeys want called: an outbox, so that none is lost and each answer is kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.store.db import fetch, is_mysql, locking, run, run_many
from bot.store.spans import qmarks, spans

WAITING, DONE, FAILED = "waiting", "done", "failed"
_ROWS = 100


@dataclass(frozen=True, slots=True)
class Call:
    """`key` names it for ever: who is called twice for one key has heard it before."""

    id: int
    account_id: int
    step: str
    url: str
    body: dict[str, Any]
    attempts: int

    @property
    def key(self) -> str:
        return f"journey-call-{self.id}"


def put(rows: Sequence[tuple[int, int, str, str, dict[str, Any]]], now: datetime) -> int:
    """Rows of (run id, follower id, step, url, body), due at once; how many are new."""
    verb, end = ("INSERT IGNORE", "") if is_mysql() else ("INSERT", " ON CONFLICT DO NOTHING")
    added = 0
    for part in spans(rows, _ROWS):
        marks = ",".join(["(?, ?, ?, ?, ?, 'waiting', 0, ?, '', ?)"] * len(part))
        values = [
            value
            for run_id, follower_id, step, url, body in part
            for value in (
                run_id, follower_id, step, url, json.dumps(body, ensure_ascii=False),
                to_ms(now), to_ms(now),
            )
        ]  # fmt: skip
        added += run(
            f"{verb} INTO journey_call (run_id, follower_id, step, url, body, state, attempts,"
            f" next_at, error, at) VALUES {marks}{end}",
            values,
        )
    return added


def take(now: datetime, until: datetime, limit: int) -> list[Call]:
    """Due calls, ours until `until`: who dies with them leaves them to others from then on. In a
    transaction."""
    rows = fetch(
        "SELECT id, run_id, step, url, body, attempts FROM journey_call WHERE next_at <= ?"
        f" ORDER BY next_at LIMIT ?{locking(skip_locked=True)}",
        (to_ms(now), limit),
    )
    run_many(
        "UPDATE journey_call SET next_at = ?, attempts = attempts + 1 WHERE id = ?",
        [(to_ms(until), row[0]) for row in rows],
    )
    accounts = _accounts([row[1] for row in rows])
    return [
        Call(id_, accounts[run_id], step, url, json.loads(body), attempts + 1)
        for id_, run_id, step, url, body, attempts in rows
    ]


def _accounts(run_ids: Sequence[int]) -> dict[int, int]:
    if not run_ids:
        return {}
    rows = fetch(
        "SELECT r.id, j.account_id FROM journey_run r JOIN journey j ON j.id = r.journey_id"
        f" WHERE r.id IN ({qmarks(run_ids)})",
        run_ids,
    )
    return {row[0]: row[1] for row in rows}


def settle(
    call: Call, state: str, now: datetime, *, status: int | None, error: str, again: datetime | None
) -> bool:
    """Note an answer. False: the call is another's by now, or has been settled."""
    return (
        run(
            "UPDATE journey_call SET state = ?, status = ?, error = ?, next_at = ?"
            " WHERE id = ? AND attempts = ? AND state = 'waiting'",
            (
                state, status, error[:64], None if again is None else to_ms(again), call.id,
                call.attempts,
            ),
        )
        == 1
    )  # fmt: skip


def counts(journey_id: int) -> dict[str, int]:
    """By state."""
    rows = fetch(
        "SELECT c.state, COUNT(*) FROM journey_call c JOIN journey_run r ON r.id = c.run_id"
        " WHERE r.journey_id = ? GROUP BY c.state",
        (journey_id,),
    )
    return {state: int(many) for state, many in rows}


def forget_settled(before: datetime) -> int:
    """Answered and given-up calls older than that."""
    return run("DELETE FROM journey_call WHERE next_at IS NULL AND at < ?", (to_ms(before),))

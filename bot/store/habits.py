"""The account's habit: at which hours and on which weekdays its followers act, kept like quantiles.

Taken once a night from those who acted last, a bounded number, each with the same weight at most:
a few who write all day do not make everybody's habit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.store.db import fetch, insert_new, run, transaction

HOURS, WEEKDAYS = "hours", "weekdays"  # measures of profile_quantile
MOST_PEOPLE = 5_000
_PAGE = 500


def latest_states(account_id: int) -> Iterator[dict[str, Any]]:
    """The folded states of who acted last; without those who switched personalisation off."""
    rows = fetch(
        # Not a join: SQLite might sort all the account's followers for the last few.
        "SELECT p.follower_id FROM profile p WHERE p.last_seen_at IS NOT NULL AND EXISTS"
        " (SELECT 1 FROM follower f WHERE f.id = p.follower_id AND f.account_id = ?"
        " AND f.erased_at IS NULL AND f.personalised = TRUE)"
        " ORDER BY p.last_seen_at DESC LIMIT ?",
        (account_id, MOST_PEOPLE),
    )
    ids = sorted(row[0] for row in rows)
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        marks = ",".join("?" * len(page))
        for row in fetch(f"SELECT state FROM profile WHERE follower_id IN ({marks})", page):
            yield json.loads(row[0])


def put(
    account_id: int, hours: Sequence[int], weekdays: Sequence[int], people: int, now: datetime
) -> None:
    """Keep the habit of so many people, in place of the last one."""
    with transaction():
        for measure, counts in ((HOURS, hours), (WEEKDAYS, weekdays)):
            text, ms = json.dumps(list(counts)), to_ms(now)
            if not run(
                "UPDATE profile_quantile SET people = ?, edges = ?, at = ?"
                " WHERE account_id = ? AND measure = ?",
                (people, text, ms, account_id, measure),
            ):
                columns = ("account_id", "measure", "people", "edges", "at")
                insert_new("profile_quantile", columns, (account_id, measure, people, text, ms))


def habit(account_id: int) -> tuple[list[int], list[int], int] | None:
    """(24 counts by hour, 7 by weekday, people); None before the first night."""
    rows = fetch(
        "SELECT measure, edges, people FROM profile_quantile WHERE account_id = ?"
        " AND measure IN (?, ?)",
        (account_id, HOURS, WEEKDAYS),
    )
    held = {row[0]: (json.loads(row[1]), row[2]) for row in rows}
    if len(held) < 2:
        return None
    return held[HOURS][0], held[WEEKDAYS][0], held[HOURS][1]


def marketing_sent(follower_id: int, since: datetime) -> list[int]:
    """ms of the marketing sends since then that arrived or may have, the newest first."""
    rows = fetch(
        "SELECT claimed_at FROM send WHERE follower_id = ? AND purpose = 'marketing'"
        " AND claimed_at > ? AND state IN ('sent', 'claimed', 'unknown')"
        " ORDER BY claimed_at DESC LIMIT 200",
        (follower_id, to_ms(since)),
    )
    return [row[0] for row in rows]

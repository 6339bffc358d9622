"""Those sent to beside those held out: what each arm bought, and who had enough of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.clock import to_ms
from bot.store.db import fetch
from bot.values.audience import Skip

LEAVING = ("unsubscribe", "opt_out", "complaint")
# reasons tells of the control group who would have got nothing anyway: bot.store.send_plan
_ARM = (
    "s.campaign_id = ? AND s.step = 'offer' AND (s.state = 'sent'"
    " OR (s.state = 'held_out' AND s.skip = '{}' AND s.reasons = '{{}}'))"
)
_INSIDE = "e.at >= s.planned_at AND e.at <= s.planned_at + ?"


class Arm(NamedTuple):
    """A run's followers as the comparison takes them. `generation` None: of all runs.

    control   beside those sent to stand the account's control group, not this run's own hold-out
    """

    campaign_id: int
    generation: int | None
    window: timedelta
    control: bool = False

    @property
    def where(self) -> str:
        arm = _ARM.format(Skip.GLOBAL_CONTROL.value if self.control else "")
        return arm + (" AND s.generation = ?" if self.generation is not None else "")

    @property
    def params(self) -> tuple[int, ...]:
        named = () if self.generation is None else (self.generation,)
        return (self.campaign_id, *named)

    @property
    def span(self) -> int:
        return self.window // timedelta(milliseconds=1)


def sizes(arm: Arm) -> dict[str, int]:
    """state -> people; where several runs are counted, each once."""
    people = "*" if arm.generation is not None else "DISTINCT s.follower_id"
    sql = f"SELECT s.state, COUNT({people}) FROM send s WHERE {arm.where} GROUP BY s.state"
    return {state: int(many) for state, many in fetch(sql, arm.params)}


def left(arm: Arm, since: datetime, until: datetime) -> dict[tuple[str, str], int]:
    """(state, kind of LEAVING) -> people who did that inside the window after the planning.

    since, until   the first planning, and the end of the last one's window
    """
    rows = fetch(
        "SELECT s.state, e.kind, COUNT(DISTINCT e.follower_id) FROM event e"
        " JOIN send s ON s.follower_id = e.follower_id"
        f" WHERE e.kind IN (?, ?, ?) AND e.at >= ? AND e.at <= ? AND {_INSIDE}"
        f" AND {arm.where} GROUP BY s.state, e.kind",
        (*LEAVING, to_ms(since), to_ms(until), arm.span, *arm.params),
    )
    return {(state, kind): int(many) for state, kind, many in rows}


def spent(arm: Arm, since: datetime, until: datetime) -> Iterator[tuple[str, int, int, int]]:
    """(state, follower, instant in ms, fen) of each order inside the window."""
    rows = fetch(
        "SELECT s.state, e.follower_id, e.at, e.received_at, e.facts FROM event e"
        " JOIN send s ON s.follower_id = e.follower_id"
        f" WHERE e.kind = 'order' AND e.at >= ? AND e.at <= ? AND {_INSIDE} AND {arm.where}",
        (to_ms(since), to_ms(until), arm.span, *arm.params),
    )
    for state, follower_id, at, received, facts in rows:
        told = json.loads(facts)
        fen = told.get("amount_fen") if isinstance(told, dict) else None
        yield state, follower_id, min(at, received), fen if type(fen) is int else 0


def did(
    arm: Arm, kind: str, wanted: Mapping[str, object], since: datetime, until: datetime
) -> dict[str, int]:
    """state -> people with an event of this kind, and these facts, inside the arm's window."""
    rows = fetch(
        "SELECT s.state, e.follower_id, e.facts FROM event e"
        " JOIN send s ON s.follower_id = e.follower_id"
        f" WHERE e.kind = ? AND e.at >= ? AND e.at <= ? AND {_INSIDE} AND {arm.where}",
        (kind, to_ms(since), to_ms(until), arm.span, *arm.params),
    )
    found: dict[str, set[int]] = {}
    for state, follower_id, facts in rows:
        told = json.loads(facts) if wanted else {}
        if isinstance(told, dict) and all(told.get(k) == v for k, v in wanted.items()):
            found.setdefault(state, set()).add(follower_id)
    return {state: len(people) for state, people in found.items()}


def base_rate(account_id: int, since: datetime, until: datetime) -> tuple[int, int]:
    """(unsubscribed in [since, until), followers now and those who left since): how many leave
    anyway."""
    gone = fetch(
        "SELECT COUNT(DISTINCT follower_id) FROM event WHERE kind = 'unsubscribe' AND at >= ?"
        " AND at < ? AND account_id = ?",
        (to_ms(since), to_ms(until), account_id),
    )[0][0]
    there = fetch(
        "SELECT COUNT(*) FROM follower WHERE account_id = ? AND subscribed = TRUE", (account_id,)
    )[0][0]
    return int(gone), int(there) + int(gone)

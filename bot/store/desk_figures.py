"""What one operator did at the desk today: read from the day's answers, which are few."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from bot.clock import to_ms
from bot.store.chats import SAID
from bot.store.db import fetch
from bot.store.spans import qmarks, spans

MOST = 5_000  # answers of a day of all operators that are looked through, the latest


@dataclass(frozen=True, slots=True)
class Day:
    """chats: with an answer of his; first_seconds: the median from when a person was asked for to
    his first answer, None where no chat began with him."""

    answers: int
    chats: int
    first_seconds: float | None


def today(account_id: int, actor: str, since: datetime) -> Day:
    """Since the account's midnight, `since`."""
    rows = fetch(
        "SELECT follower_id, at, facts, account_id FROM event WHERE kind = ? AND at >= ?"
        " ORDER BY at DESC LIMIT ?",
        (SAID, to_ms(since), MOST),
    )
    mine = [
        (int(who), int(at))
        for who, at, facts, account in reversed(rows)
        if account == account_id and who is not None and json.loads(facts).get("by") == actor
    ]
    people = sorted({who for who, _ in mine})
    waits = _waits(mine, people, actor, since)
    return Day(len(mine), len(people), median(waits) if waits else None)


def _waits(
    mine: Sequence[tuple[int, int]], people: Sequence[int], actor: str, since: datetime
) -> list[float]:
    """Seconds from each request that he took today to his first answer after it."""
    found = []
    for part in spans(people):
        for who, asked_at, accepted_at in fetch(
            "SELECT follower_id, asked_at, accepted_at FROM handoff"
            f" WHERE follower_id IN ({qmarks(part)}) AND agent = ? AND accepted_at >= ?",
            (*part, actor, to_ms(since)),
        ):
            first = next((at for one, at in mine if one == who and at >= accepted_at), None)
            if first is not None:
                found.append((first - asked_at) / 1000)
    return found

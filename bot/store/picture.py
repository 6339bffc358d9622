"""What a follower's picture needs beside the profile: his last acts, and where all others stand.

Quantiles are kept, reckoned once a night: telling one follower's place among a million costs three
rows, not a million.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from bot.clock import from_ms, to_ms
from bot.store.db import fetch, insert_new, run, transaction

RECENCY, FREQUENCY, MONETARY = "recency", "frequency", "monetary"
MEASURES = {
    RECENCY: "COALESCE(p.last_seen_at, 0)",
    FREQUENCY: "CASE WHEN p.orders > p.redeemed THEN p.orders ELSE p.redeemed END",
    MONETARY: "p.spent_fen",
}
PARTS = 100


class Act(NamedTuple):
    """Something that happened, at ms."""

    kind: str
    at: int


class Quantiles(NamedTuple):
    """`edges` ascending: the least value of each hundredth of `people`, fewer where those are."""

    people: int
    edges: tuple[float, ...]
    at: datetime


def acts(follower_id: int, most: int) -> list[Act]:
    """The newest events of a follower, the oldest first."""
    rows = fetch(
        "SELECT kind, at FROM event WHERE follower_id = ? ORDER BY at DESC LIMIT ?",
        (follower_id, most),
    )
    return [Act(row[0], row[1]) for row in reversed(rows)]


def segment_names(follower_id: int) -> list[str]:
    """The segments that the follower is in, by the names marketers gave them."""
    rows = fetch(
        "SELECT s.name FROM segment_member m JOIN segment s ON s.id = m.segment_id"
        " WHERE m.follower_id = ? ORDER BY s.name",
        (follower_id,),
    )
    return [row[0] for row in rows]


def reckon(account_id: int, now: datetime) -> int:
    """Reckon the quantiles of an account anew; of how many people."""
    people = 0
    for measure, value in MEASURES.items():
        rows = fetch(
            "SELECT part, MIN(v), COUNT(*) FROM (SELECT v, NTILE(?) OVER (ORDER BY v) AS part"
            f" FROM (SELECT {value} AS v FROM profile p JOIN follower f ON f.id = p.follower_id"
            " WHERE f.account_id = ? AND f.erased_at IS NULL) held) parts"
            " GROUP BY part ORDER BY part",
            (PARTS, account_id),
        )
        people = sum(int(row[2]) for row in rows)
        _put(account_id, measure, people, [int(row[1]) for row in rows], now)
    return people


def _put(account_id: int, measure: str, people: int, edges: Sequence[int], now: datetime) -> None:
    text, ms = json.dumps(list(edges)), to_ms(now)
    with transaction():
        changed = run(
            "UPDATE profile_quantile SET people = ?, edges = ?, at = ?"
            " WHERE account_id = ? AND measure = ?",
            (people, text, ms, account_id, measure),
        )
        if not changed:
            columns = ("account_id", "measure", "people", "edges", "at")
            insert_new("profile_quantile", columns, (account_id, measure, people, text, ms))


def quantiles(account_id: int) -> dict[str, Quantiles]:
    """By measure; {} before the first night."""
    rows = fetch(
        "SELECT measure, people, edges, at FROM profile_quantile WHERE account_id = ?",
        (account_id,),
    )
    return {row[0]: Quantiles(row[1], tuple(json.loads(row[2])), from_ms(row[3])) for row in rows}

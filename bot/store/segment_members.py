"""Members of segments in sets: read for many segments at once, and written many in a statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.store.db import fetch, is_mysql, is_sqlite, run
from bot.store.spans import spans

_ROWS = 5000


def rows(select: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a compiled statement."""
    return fetch(select, params)


def between(segment_id: int, low: int, high: int) -> list[tuple[int]]:
    """(follower id,) of members with low < id <= high, ascending."""
    return fetch(
        "SELECT follower_id FROM segment_member WHERE segment_id = ? AND follower_id > ?"
        " AND follower_id <= ? ORDER BY follower_id",
        (segment_id, low, high),
    )


def of(follower_ids: Iterable[int]) -> list[tuple[int, int]]:
    """(segment id, follower id): every membership of these followers, in this order."""
    ids = _listed(follower_ids)
    return fetch(
        f"SELECT segment_id, follower_id FROM segment_member WHERE follower_id IN ({ids})"
        " ORDER BY segment_id, follower_id"
    )


def pinned_segments(account_id: int) -> set[int]:
    """Ids of the account's segments in which anybody is pinned."""
    found = fetch(
        "SELECT s.id FROM segment s WHERE s.account_id = ? AND EXISTS"
        " (SELECT 1 FROM segment_pin n WHERE n.segment_id = s.id)",
        (account_id,),
    )
    return {row[0] for row in found}


def enter(segment_id: int, follower_ids: Sequence[int], now: datetime) -> int:
    """Let followers in, in a transaction, without history; how many were not in yet."""
    return sum(_enter(segment_id, list(page), to_ms(now)) for page in spans(follower_ids, _ROWS))


def _enter(segment_id: int, ids: list[int], at: int) -> int:
    """One statement; the numbers travel as one value where the engine takes lists."""
    head = "INTO segment_member (segment_id, follower_id, since)"
    if is_mysql():
        rows = ",".join(f"({int(segment_id)},{int(one)},{at})" for one in ids)
        return run(f"INSERT IGNORE {head} VALUES {rows}")
    if is_sqlite():
        select = "SELECT ?, j.value, ? FROM json_each(?) j WHERE TRUE"
        return run(f"INSERT {head} {select} ON CONFLICT DO NOTHING", (segment_id, at, str(ids)))
    select = "SELECT ?::int, j, ?::bigint FROM unnest(?::bigint[]) j"
    return run(f"INSERT {head} {select} ON CONFLICT DO NOTHING", (segment_id, at, ids))


def leave(segment_id: int, follower_ids: Sequence[int]) -> int:
    """Let followers out, in a transaction, without history; how many were in."""
    return sum(
        run(
            f"DELETE FROM segment_member WHERE segment_id = ? AND follower_id IN ({_listed(page)})",
            (segment_id,),
        )
        for page in spans(follower_ids, _ROWS)
    )


def _listed(ids: Iterable[int]) -> str:
    """Numbers of ours, written into the statement: no engine takes so many marks."""
    return ",".join(str(int(one)) for one in ids) or "NULL"

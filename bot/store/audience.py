"""The followers of an account as a whole: in spans, counted, and by a compiled rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.store.db import fetch, is_postgres, is_sqlite, run

_READ_BY_RULES = (
    "follower", "profile", "follower_attribute", "follower_tag", "follower_interest", "event",
    "segment_member", "prediction",
)  # fmt: skip


def renew_statistics() -> None:
    """PostgreSQL plans by statistics, and those of a table just filled say that it is empty.

    Renews those of tables of which a fifth has changed since; a sample, so its cost is bounded.
    """
    if not is_postgres():
        return
    marks = ",".join("?" * len(_READ_BY_RULES))
    stale = fetch(
        f"SELECT relname FROM pg_stat_user_tables WHERE relname IN ({marks})"
        " AND n_mod_since_analyze > 1000 + n_live_tup / 5",
        _READ_BY_RULES,
    )
    for (table,) in stale:
        run(f"ANALYZE {table}")


def span_end(account_id: int, after: int, count: int) -> int | None:
    """The id of the last of the next `count` followers after `after`; None: there are no more."""
    rows = fetch(
        f"SELECT MAX(id) FROM (SELECT id FROM follower WHERE {_ours()} = ? AND id > ?"
        " ORDER BY id LIMIT ?) t",
        (account_id, after, count),
    )
    return None if rows[0][0] is None else int(rows[0][0])


def _ours() -> str:
    """SQLite has no statistics and would take the account's index and sort; ids shall lead."""
    return "+account_id" if is_sqlite() else "account_id"


def ends(account_id: int) -> tuple[int, int]:
    """(least id, greatest id) of the account's followers, found from both ends; zeros for none."""
    found = [
        fetch(
            f"SELECT id FROM follower WHERE {_ours()} = ? ORDER BY id {way} LIMIT 1", [account_id]
        )
        for way in ("ASC", "DESC")
    ]
    low, high = (rows[0][0] if rows else 0 for rows in found)
    return low, high


def ids_of(select: str, params: Sequence[Any]) -> list[int]:
    """The first column of a compiled rule."""
    return [row[0] for row in fetch(select, params)]


def count_of(select: str, params: Sequence[Any]) -> int:
    """How many a compiled rule holds."""
    return int(fetch(f"SELECT COUNT(*) FROM ({select}) t", params)[0][0])

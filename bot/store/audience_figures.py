"""How much there is of what rules read: counts that stop at a limit, by indexes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.store.db import fetch


def _count(rows: str, params: Sequence[Any], most: int) -> int:
    found = fetch(f"SELECT COUNT(*) FROM (SELECT 1 AS one {rows} LIMIT ?) t", (*params, most))
    return int(found[0][0])


def followers(account_id: int, most: int) -> int:
    return _count("FROM follower WHERE account_id = ?", (account_id,), most)


def events(kinds: Sequence[str], since: datetime | None, most: int) -> int:
    """Events of these kinds, of every account, at or after `since`."""
    rows = f"FROM event WHERE kind IN ({','.join('?' * len(kinds))})"
    if since is None:
        return _count(rows, kinds, most)
    return _count(f"{rows} AND at >= ?", (*kinds, to_ms(since)), most)


def tags(tag: str, most: int) -> int:
    return _count("FROM follower_tag WHERE tag = ?", (tag,), most)


def tags_ending(tag: str, after: datetime, until: datetime, most: int) -> int:
    """Followers whose tag ends in this span."""
    where = "FROM follower_tag WHERE tag = ? AND until_at > ? AND until_at <= ?"
    return _count(where, (tag, to_ms(after), to_ms(until)), most)


def seen(since: datetime, most: int) -> int:
    """Followers whose last own act lies at or after `since`."""
    return _count("FROM profile WHERE last_seen_at >= ?", (to_ms(since),), most)


def of_segment(table: str, account_id: int, slug: str, most: int) -> int:
    """Rows of segment_member or segment_listed."""
    of = "(SELECT s.id FROM segment s WHERE s.account_id = ? AND s.slug = ?)"
    return _count(f"FROM {table} WHERE segment_id = {of}", (account_id, slug), most)

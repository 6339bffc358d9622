"""The tags that an account's followers have: a page of names, and how many have each.

Names are found by steps along the index of tags, and a count stops at a limit, so that a page costs
the same among a million followers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from bot.clock import to_ms
from bot.store.db import fetch

BUDGET = 50_000  # rows of the index that one page may count, over all its tags
LEAST = 500
_LIVE = "(t.until_at IS NULL OR t.until_at > ?)"


class Held(NamedTuple):
    """A tag and how many have it; `whole` False: at least so many."""

    tag: str
    people: int
    whole: bool


class Carrier(NamedTuple):
    """Somebody who has a tag now, and until when (ms), if not for good."""

    follower_id: int
    until: int | None


def page(account_id: int, after: str, limit: int, now: datetime) -> tuple[list[Held], str]:
    """Tags behind `after`, by name, and the name to go on behind, "" where there are no more."""
    found: list[Held] = []
    # Names of other accounts are passed over: they must not show, not even as a place to go on.
    while len(found) <= limit and (names := _names(after, limit + 1)):
        found += [one for one in counts(account_id, names, now) if one.people]
        after = names[-1]
    return found[:limit], found[limit - 1].tag if len(found) > limit else ""


def _names(after: str, limit: int) -> list[str]:
    found: list[str] = []
    while len(found) < limit:
        rows = fetch("SELECT MIN(tag) FROM follower_tag WHERE tag > ?", (after,))
        if rows[0][0] is None:
            break
        after = str(rows[0][0])
        found.append(after)
    return found


def counts(account_id: int, tags: Sequence[str], now: datetime) -> list[Held]:
    """How many of the account have each of these tags, in their order."""
    most = max(LEAST, BUDGET // max(1, len(tags)))
    return [_count(account_id, tag, most, now) for tag in tags]


def _count(account_id: int, tag: str, most: int, now: datetime) -> Held:
    rows = fetch(
        "SELECT COUNT(*), SUM(CASE WHEN f.account_id = ? THEN 1 ELSE 0 END) FROM"
        f" (SELECT t.follower_id FROM follower_tag t WHERE t.tag = ? AND {_LIVE} LIMIT ?) held"
        " JOIN follower f ON f.id = held.follower_id",
        (account_id, tag, to_ms(now), most),
    )
    seen, mine = int(rows[0][0]), int(rows[0][1] or 0)
    if not mine and seen >= most:  # so many of another account come before the first of this one
        mine = len(carriers(account_id, tag, 0, 1, now))
    return Held(tag, mine, seen < most)


def carriers(account_id: int, tag: str, after: int, limit: int, now: datetime) -> list[Carrier]:
    """Who of the account has the tag now, ascending behind `after`."""
    rows = fetch(
        "SELECT t.follower_id, t.until_at FROM follower_tag t JOIN follower f"
        f" ON f.id = t.follower_id WHERE t.tag = ? AND t.follower_id > ? AND {_LIVE}"
        " AND f.account_id = ? AND f.erased_at IS NULL ORDER BY t.follower_id LIMIT ?",
        (tag, after, to_ms(now), account_id, limit),
    )
    return [Carrier(row[0], row[1]) for row in rows]


def having(tag: str, ids: Sequence[int], now: datetime) -> set[int]:
    """Which of these followers, some hundreds, have the tag now."""
    if not ids:
        return set()
    rows = fetch(
        f"SELECT t.follower_id FROM follower_tag t WHERE t.tag = ? AND {_LIVE}"
        f" AND t.follower_id IN ({','.join('?' * len(ids))})",
        (tag, to_ms(now), *ids),
    )
    return {row[0] for row in rows}

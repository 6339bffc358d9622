"""Whom campaigns aim at, as sets in SQL: their sizes, what two have in common, who is at a cap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bot.clock import to_ms
from bot.store.db import fetch
from bot.store.spans import qmarks


class People(NamedTuple):
    """A set of followers: a SELECT of `follower_id`, each once, and its values."""

    sql: str
    params: tuple[Any, ...]


def aimed(account_id: int, audience: Mapping[str, Any]) -> People:
    """Those whom a definition's audience means now: {any or all, also, lists, except}, of slugs.
    A segment that is gone has nobody."""
    named = {name: _ids(account_id, audience.get(name) or ()) for name in
             ("any", "all", "also", "lists", "except")}  # fmt: skip
    parts: list[People] = []
    if named["any"] or named["also"]:
        parts.append(_members("segment_member", [*named["any"], *named["also"]]))
    if named["all"] and len(named["all"]) == len(set(audience["all"])):
        every = (
            "SELECT follower_id FROM segment_member"
            f" WHERE segment_id IN ({qmarks(named['all'])})"
            " GROUP BY follower_id HAVING COUNT(*) = ?"
        )
        parts.append(People(every, (*named["all"], len(named["all"]))))
    if named["lists"]:
        parts.append(_members("segment_listed", named["lists"]))
    found = _united(parts)
    if not named["except"]:
        return found
    without = _members("segment_member", named["except"])
    return People(
        f"SELECT t.follower_id FROM ({found.sql}) t WHERE t.follower_id NOT IN ({without.sql})",
        (*found.params, *without.params),
    )


def _united(parts: Sequence[People]) -> People:
    if not parts:
        return People("SELECT follower_id FROM segment_member WHERE segment_id = ?", (0,))
    return People(
        " UNION ".join(part.sql for part in parts),
        tuple(value for part in parts for value in part.params),
    )


def _members(table: str, ids: Sequence[int]) -> People:
    verb = "SELECT DISTINCT" if len(ids) > 1 else "SELECT"
    return People(
        f"{verb} follower_id FROM {table} WHERE segment_id IN ({qmarks(ids)})", tuple(ids)
    )


def _ids(account_id: int, slugs: Sequence[str]) -> list[int]:
    if not slugs:
        return []
    rows = fetch(
        f"SELECT id FROM segment WHERE account_id = ? AND slug IN ({qmarks(slugs)})",
        (account_id, *slugs),
    )
    return [row[0] for row in rows]


def planned(campaign_id: int, generation: int, waiting: bool = False) -> People:
    """Those of a run's ledger who are to get it, or (`waiting`) who have not got it yet."""
    states = "IN ('intended', 'claimed')" if waiting else "IN ('intended', 'claimed', 'sent')"
    return People(
        "SELECT follower_id FROM send WHERE campaign_id = ? AND generation = ?"
        f" AND step = 'offer' AND state {states}",
        (campaign_id, generation),
    )


def recent(account_id: int, since: datetime) -> People:
    """A row for every marketing message since then that arrived or may have; not each once."""
    return People(
        "SELECT s.follower_id FROM send s JOIN campaign g ON g.id = s.campaign_id"
        " WHERE g.account_id = ? AND g.kind <> 'test' AND s.purpose = 'marketing'"
        " AND s.claimed_at > ? AND s.state IN ('sent', 'claimed', 'unknown')",
        (account_id, to_ms(since)),
    )


def size(people: People) -> int:
    sql = f"SELECT COUNT(*) FROM ({people.sql}) t"
    return int(fetch(sql, people.params)[0][0])


def common(one: People, other: People) -> int:
    """How many are in both."""
    return int(
        fetch(
            f"SELECT COUNT(*) FROM ({one.sql}) t WHERE t.follower_id IN ({other.sql})",
            (*one.params, *other.params),
        )[0][0]
    )


class Cap(NamedTuple):
    """At most so many marketing messages in `span`; `before`: what reaches them in that time."""

    most: int
    span: timedelta
    before: tuple[People, ...]


def capped(one: People, other: People, caps: Sequence[Cap]) -> int:
    """How many in both are at one of these caps by then, whoever had the messages before."""
    if not caps:
        return 0
    over, params = [], []
    for cap in caps:
        each = " UNION ALL ".join(
            f"SELECT q.follower_id FROM ({people.sql}) q" for people in cap.before
        )
        over.append(f"SELECT r.follower_id FROM ({each}) r GROUP BY r.follower_id"
                    " HAVING COUNT(*) >= ?")  # fmt: skip
        params += [*(value for people in cap.before for value in people.params), cap.most]
    return int(
        fetch(
            f"SELECT COUNT(*) FROM ({one.sql}) t"
            f" WHERE t.follower_id IN ({other.sql})"
            f" AND t.follower_id IN ({' UNION '.join(over)})",
            (*one.params, *other.params, *params),
        )[0][0]
    )

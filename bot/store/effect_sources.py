"""Where followers came from, how many stayed, and what they did since: by the first scene's name.

`came` is the first time somebody subscribed as far as the log tells, else the platform's word.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

from bot.clock import to_ms
from bot.store.db import fetch
from bot.values.interest import DAY_MS

_CAME = (
    "SELECT f.id, f.source_scene AS source, f.unsubscribed_at, COALESCE("
    "(SELECT MIN(e.at) FROM event e WHERE e.follower_id = f.id AND e.kind = 'subscribe'),"
    " f.subscribed_at, f.created_at) AS came FROM follower f"
    " WHERE f.account_id = ? AND f.erased_at IS NULL"
    " AND (f.subscribed_at IS NOT NULL OR f.unsubscribed_at IS NOT NULL)"
)


class Stayed(NamedTuple):
    """Of one source. due7, due30: who came so long ago; kept7, kept30: of those, who did not leave
    within these days; left: who is gone now."""

    came: int
    left: int
    due7: int
    kept7: int
    due30: int
    kept30: int


class Did(NamedTuple):
    """What those who came did since, to this day."""

    messages: int
    orders: int
    revenue_fen: int
    buyers: int


def stayed(account_id: int, since: datetime, until: datetime, now: datetime) -> dict[str, Stayed]:
    """Source -> those who first came in [since, until)."""
    ms = to_ms(now)
    parts, params = [], []
    for days in (7, 30):
        span = days * DAY_MS
        left = (
            "COALESCE(t.unsubscribed_at, 0) BETWEEN t.came + 1 AND t.came + ?"
            " OR EXISTS (SELECT 1 FROM event u WHERE u.follower_id = t.id"
            " AND u.kind = 'unsubscribe' AND u.at > t.came AND u.at <= t.came + ?)"
        )
        parts.append(
            "SUM(CASE WHEN t.came + ? <= ? THEN 1 ELSE 0 END),"
            f" SUM(CASE WHEN t.came + ? <= ? AND NOT ({left}) THEN 1 ELSE 0 END)"
        )
        params += [span, ms, span, ms, span, span]
    rows = fetch(
        "SELECT t.source, COUNT(*), SUM(CASE WHEN g.subscribed = FALSE THEN 1 ELSE 0 END),"
        f" {', '.join(parts)} FROM ({_CAME}) t JOIN follower g ON g.id = t.id"
        " WHERE t.came >= ? AND t.came < ? GROUP BY t.source",
        (*params, account_id, to_ms(since), to_ms(until)),
    )
    return {row[0]: Stayed(*map(int, row[1:])) for row in rows}


def did(account_id: int, since: datetime, until: datetime) -> dict[str, Did]:
    """Source -> what the profiles of those who came in [since, until) sum up to."""
    rows = fetch(
        "SELECT t.source, SUM(p.messages), SUM(p.orders), SUM(p.spent_fen),"
        " SUM(CASE WHEN p.orders > 0 THEN 1 ELSE 0 END)"
        f" FROM ({_CAME}) t JOIN profile p ON p.follower_id = t.id"
        " WHERE t.came >= ? AND t.came < ? GROUP BY t.source",
        (account_id, to_ms(since), to_ms(until)),
    )
    return {row[0]: Did(*map(int, row[1:])) for row in rows}


def coupons(account_id: int, since: datetime, until: datetime) -> dict[str, tuple[int, int]]:
    """Source -> (coupons opened, redeemed) by those who came in [since, until)."""
    rows = fetch(
        "SELECT t.source, SUM(CASE WHEN c.claimed_at IS NOT NULL THEN 1 ELSE 0 END),"
        " SUM(CASE WHEN c.redeemed_at IS NOT NULL THEN 1 ELSE 0 END)"
        f" FROM ({_CAME}) t JOIN coupon_code c ON c.follower_id = t.id"
        " WHERE t.came >= ? AND t.came < ? GROUP BY t.source",
        (account_id, to_ms(since), to_ms(until)),
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in rows}


def scans(account_id: int, since: datetime, until: datetime) -> dict[str, tuple[int, int]]:
    """Scene -> (scans by who followed already, by who came with it) in [since, until)."""
    found: dict[str, tuple[int, int]] = {}
    rows = fetch(
        "SELECT kind, facts, COUNT(*) FROM event WHERE kind IN ('scan', 'subscribe')"
        " AND at >= ? AND at < ? AND account_id = ? GROUP BY kind, facts",
        (to_ms(since), to_ms(until), account_id),
    )
    for kind, facts, many in rows:
        told = json.loads(facts)
        scene = told.get("scene") if isinstance(told, dict) else None
        if isinstance(scene, str) and scene:
            old, new = found.get(scene, (0, 0))
            more = int(many)
            found[scene] = (old + more, new) if kind == "scan" else (old, new + more)
    return found

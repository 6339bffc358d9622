"""Who began to follow on a day, and who of them is still there, or came by, some days later."""

from __future__ import annotations

from datetime import datetime

from bot.clock import to_ms
from bot.store.db import fetch
from bot.store.spans import qmarks
from bot.values.facts import FAMILIES

# What somebody does of his own accord.
ACTS = (*FAMILIES["message.*"], *FAMILIES["menu.*"], "scan", "click", "coupon.claimed",
        "coupon.redeemed", "order")  # fmt: skip
_COHORT = (
    "SELECT e.follower_id AS id, MIN(e.at) AS came FROM event e WHERE e.kind = 'subscribe'"
    " AND e.at >= ? AND e.at < ? AND e.account_id = ? AND e.follower_id IS NOT NULL"
    " GROUP BY e.follower_id"
)


def came(account_id: int, since: datetime, until: datetime) -> int:
    """People who subscribed in [since, until), each once."""
    rows = fetch(f"SELECT COUNT(*) FROM ({_COHORT}) t", _span(account_id, since, until))
    return int(rows[0][0])


def stayed(account_id: int, since: datetime, until: datetime, end: datetime) -> int:
    """Those of them who have not left before `end`; who left and came back has left."""
    rows = fetch(
        f"SELECT COUNT(*) FROM ({_COHORT}) t JOIN follower f ON f.id = t.id"
        " WHERE NOT (f.unsubscribed_at IS NOT NULL AND f.unsubscribed_at > t.came"
        " AND f.unsubscribed_at < ?) AND NOT EXISTS (SELECT 1 FROM event u"
        " WHERE u.follower_id = t.id AND u.kind = 'unsubscribe' AND u.at > t.came AND u.at < ?)",
        (*_span(account_id, since, until), to_ms(end), to_ms(end)),
    )
    return int(rows[0][0])


def active(
    account_id: int, since: datetime, until: datetime, begins: datetime, ends: datetime
) -> int:
    """Those of them who did something in [begins, ends)."""
    rows = fetch(
        f"SELECT COUNT(*) FROM ({_COHORT}) t WHERE EXISTS (SELECT 1 FROM event a"
        f" WHERE a.follower_id = t.id AND a.kind IN ({qmarks(ACTS)}) AND a.at >= ? AND a.at < ?)",
        (*_span(account_id, since, until), *ACTS, to_ms(begins), to_ms(ends)),
    )
    return int(rows[0][0])


def _span(account_id: int, since: datetime, until: datetime) -> tuple[int, int, int]:
    return to_ms(since), to_ms(until), account_id

"""Where followers came from and what each did since, a follower a row; and scans of QR codes.

`came` is the first time somebody subscribed as far as the log tells, else the platform's word.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from bot.clock import to_ms
from bot.store.db import fetch
from bot.store.spans import qmarks

STRIDE = 10_000  # followers read at once
SCANS = ("scan", "subscribe")  # kinds of events that tell a QR code
_CAME = (
    "SELECT f.id, f.source_scene AS source, f.subscribed, f.unsubscribed_at, COALESCE("
    "(SELECT MIN(e.at) FROM event e WHERE e.follower_id = f.id AND e.kind = 'subscribe'),"
    " f.subscribed_at, f.created_at) AS came FROM follower f"
    " WHERE f.account_id = ? AND f.id > ? AND f.id <= ? AND f.erased_at IS NULL"
    " AND (f.subscribed_at IS NOT NULL OR f.unsubscribed_at IS NOT NULL)"
)


class Person(NamedTuple):
    """Somebody who came, and what he came to, to this day. Instants are ms.

    first_left   when he left for the first time after he came; gone: he is not there now
    claimed, redeemed   coupons
    """

    source: str
    came: int
    first_left: int | None
    gone: bool
    messages: int
    orders: int
    revenue_fen: int
    claimed: int
    redeemed: int


def people(account_id: int, since: datetime, until: datetime) -> Iterator[Person]:
    """Those who first came in [since, until), some thousands read at once."""
    last = int(fetch("SELECT COALESCE(MAX(id), 0) FROM follower WHERE account_id = ?",
                     (account_id,))[0][0])  # fmt: skip
    first = int(fetch("SELECT COALESCE(MIN(id), 1) FROM follower WHERE account_id = ?",
                      (account_id,))[0][0]) - 1  # fmt: skip
    for after in range(first, last, STRIDE):
        yield from _people(account_id, after, after + STRIDE, to_ms(since), to_ms(until))


def _people(account_id: int, after: int, upto: int, since: int, until: int) -> Iterator[Person]:
    rows = fetch(
        "SELECT t.id, t.source, t.came, t.subscribed, t.unsubscribed_at,"
        " (SELECT MIN(u.at) FROM event u WHERE u.follower_id = t.id AND u.kind = 'unsubscribe'"
        " AND u.at > t.came), p.messages, p.orders, p.spent_fen"
        f" FROM ({_CAME}) t LEFT JOIN profile p ON p.follower_id = t.id"
        " WHERE t.came >= ? AND t.came < ?",
        (account_id, after, upto, since, until),
    )
    coupons = _coupons(after, upto) if rows else {}
    for id_, source, came, subscribed, told, seen, messages, orders, fen in rows:
        left = [at for at in (told, seen) if at is not None and at > came]
        yield Person(
            source, came, min(left, default=None), not subscribed, int(messages or 0),
            int(orders or 0), int(fen or 0), *coupons.get(id_, (0, 0)),
        )  # fmt: skip


def _coupons(after: int, upto: int) -> dict[int, tuple[int, int]]:
    """Follower -> (coupons opened, redeemed)."""
    rows = fetch(
        "SELECT follower_id, COUNT(claimed_at), COUNT(redeemed_at) FROM coupon_code"
        " WHERE follower_id > ? AND follower_id <= ? GROUP BY follower_id",
        (after, upto),
    )
    return {who: (int(claimed), int(redeemed)) for who, claimed, redeemed in rows}


def scans(account_id: int, since: datetime, until: datetime) -> dict[str, tuple[int, int]]:
    """Scene -> (scans by who followed already, by who came with it) in [since, until)."""
    found: dict[str, tuple[int, int]] = {}
    rows = fetch(
        f"SELECT kind, facts, COUNT(*) FROM event WHERE kind IN ({qmarks(SCANS)})"
        " AND at >= ? AND at < ? AND account_id = ? GROUP BY kind, facts",
        (*SCANS, to_ms(since), to_ms(until), account_id),
    )
    for kind, facts, many in rows:
        told = json.loads(facts)
        scene = told.get("scene") if isinstance(told, dict) else None
        if isinstance(scene, str) and scene:
            old, new = found.get(scene, (0, 0))
            more = int(many)
            found[scene] = (old + more, new) if kind == "scan" else (old, new + more)
    return found

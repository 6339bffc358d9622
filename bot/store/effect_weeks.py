"""What happened in an account between two instants: counts for its digest."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from bot.clock import to_ms
from bot.store.chats import SETTLED
from bot.store.db import fetch
from bot.store.spans import qmarks
from bot.values.facts import FAMILIES

_TOOK = "sent"  # what became of an answer of the desk that the platform took


def events(
    account_id: int, kinds: Iterable[str], since: datetime, until: datetime
) -> dict[str, int]:
    """kind -> how many in [since, until), of those that happened."""
    named = list(kinds)
    rows = fetch(
        f"SELECT kind, COUNT(*) FROM event WHERE kind IN ({qmarks(named)}) AND at >= ? AND at < ?"
        " AND account_id = ? GROUP BY kind",
        (*named, to_ms(since), to_ms(until), account_id),
    )
    return {kind: int(many) for kind, many in rows}


def anything(account_id: int, since: datetime, until: datetime) -> bool:
    """Whether the log has anything of this time that callbacks, links or orders brought."""
    kinds = ("subscribe", "click", "order", *FAMILIES["message.*"])
    return bool(events(account_id, kinds, since, until))


def messages(account_id: int, since: datetime, until: datetime) -> tuple[int, int]:
    """(messages that came in, from how many people)."""
    kinds = FAMILIES["message.*"]
    rows = fetch(
        "SELECT COUNT(*), COUNT(DISTINCT follower_id) FROM event"
        f" WHERE kind IN ({qmarks(kinds)}) AND at >= ? AND at < ? AND account_id = ?",
        (*kinds, to_ms(since), to_ms(until), account_id),
    )
    return int(rows[0][0]), int(rows[0][1])


def answered(account_id: int, since: datetime, until: datetime) -> int:
    """Answers of people at the desk that the platform took in [since, until)."""
    rows = fetch(
        "SELECT facts FROM event WHERE kind = ? AND at >= ? AND at < ? AND account_id = ?",
        (SETTLED, to_ms(since), to_ms(until), account_id),
    )
    return sum(json.loads(facts).get("came") == _TOOK for (facts,) in rows)


def coupons(account_id: int, since: datetime, until: datetime) -> dict[str, int]:
    """issued, claimed, redeemed -> codes to which that happened."""
    counted = {}
    for act in ("issued", "claimed", "redeemed"):
        rows = fetch(
            "SELECT COUNT(*) FROM coupon_code c JOIN coupon_batch b ON b.id = c.batch_id"
            f" WHERE c.{act}_at >= ? AND c.{act}_at < ? AND b.account_id = ?",
            (to_ms(since), to_ms(until), account_id),
        )
        counted[act] = int(rows[0][0])
    return counted


def following(account_id: int) -> int:
    rows = fetch(
        "SELECT COUNT(*) FROM follower WHERE account_id = ? AND subscribed = TRUE", (account_id,)
    )
    return int(rows[0][0])


def skipped(account_id: int, since: datetime, until: datetime) -> list[tuple[str, int]]:
    """(reason, how many) of marketing that was not sent to somebody, the most common first."""
    rows = fetch(
        "SELECT s.skip, COUNT(*) FROM send s JOIN campaign g ON g.id = s.campaign_id"
        " WHERE g.account_id = ? AND g.kind <> 'test' AND s.state = 'skipped'"
        " AND s.settled_at >= ? AND s.settled_at < ? GROUP BY s.skip ORDER BY 2 DESC, 1",
        (account_id, to_ms(since), to_ms(until)),
    )
    return [(reason, int(many)) for reason, many in rows]

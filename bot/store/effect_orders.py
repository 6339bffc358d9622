"""Orders, what was paid back of them, and the sends that could have led to them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bot.clock import to_ms
from bot.store.db import fetch
from bot.store.effect_funnel import purpose_of
from bot.store.sends import only
from bot.store.spans import SPAN, qmarks, spans
from bot.values.interest import DAY_MS

DEFAULT_WINDOW_DAYS = 7.0


_ARRIVED = (
    "SELECT s.id, s.follower_id, s.campaign_id, s.generation, s.sent_at FROM send s"
    " JOIN campaign g ON g.id = s.campaign_id WHERE g.kind <> 'test'"
    " AND " + only("s.state = 'sent'")
)


class Order(NamedTuple):
    """Something bought. `follower_id` None: erased since, or not known yet.

    coupon_send   the send whose coupon was redeemed for it
    """

    id: int
    follower_id: int | None
    at_ms: int
    fen: int
    coupon_send: int | None


class Reached(NamedTuple):
    """A message that arrived, and what was done about it. Instants are ms, ascending."""

    send_id: int
    follower_id: int
    campaign_id: int
    generation: int
    sent_ms: int
    acts: tuple[int, ...]


def orders(account_id: int, since: datetime, until: datetime) -> Iterator[list[Order]]:
    """Orders made in [since, until), in spans; of an erased buyer only what stayed credited."""
    yield from _orders(account_id, since, until, "order", "LEFT JOIN")
    yield from _orders(account_id, since, until, "erased", "JOIN")


def _orders(
    account_id: int, since: datetime, until: datetime, kind: str, join: str
) -> Iterator[list[Order]]:
    at, id_ = to_ms(since), 0
    while True:
        rows = fetch(
            "SELECT e.id, e.follower_id, e.at, e.received_at, e.facts, v.send_id, v.amount_fen"
            f" FROM event e {join} conversion v ON v.event_id = e.id"
            " WHERE e.kind = ? AND e.at >= ? AND e.at < ? AND (e.at > ? OR e.id > ?)"
            " AND e.account_id = ? ORDER BY e.at, e.id LIMIT ?",
            (kind, at, to_ms(until), at, id_, account_id, SPAN),
        )
        if rows:
            at, id_ = rows[-1][2], rows[-1][0]
            yield [_order(row) for row in rows]
        if len(rows) < SPAN:
            return


def _order(row: Sequence[Any]) -> Order:
    fen = _fen(row[4])
    told = row[6] if fen is None and row[6] is not None else fen or 0
    return Order(row[0], row[1], min(row[2], row[3]), int(told), row[5])


def refunds(account_id: int, follower_ids: Sequence[int]) -> dict[tuple[int, int], int]:
    """(follower, instant of the order in ms) -> fen paid back of the orders of that instant."""
    back: dict[tuple[int, int], int] = {}
    for span in spans(sorted(set(follower_ids))):
        for who, facts in fetch(
            "SELECT follower_id, facts FROM event WHERE kind = 'refund' AND account_id = ?"
            f" AND follower_id IN ({qmarks(span)})",
            (account_id, *span),
        ):
            told = json.loads(facts)
            at = told.get("order_at") if isinstance(told, dict) else None
            if type(at) is int:
                back[who, at] = back.get((who, at), 0) + (_fen(facts) or 0)
    return back


def reached(
    follower_ids: Sequence[int], first_ms: int, last_ms: int, widest: timedelta
) -> list[Reached]:
    """Sends that arrived at these followers within `widest` before any of these orders."""
    found: list[Reached] = []
    for span in spans(sorted(set(follower_ids))):
        rows = fetch(
            f"{_ARRIVED} AND s.follower_id IN ({qmarks(span)}) AND s.sent_at >= ?"
            " AND s.sent_at <= ?",
            (*span, first_ms - widest // timedelta(milliseconds=1), last_ms),
        )
        acts = _acts([row[0] for row in rows])
        found += [Reached._make((*row, tuple(sorted(acts.get(row[0], ()))))) for row in rows]
    return found


def carriers(send_ids: Sequence[int]) -> list[Reached]:
    """Sends whose coupon was redeemed, whoever they went to: no further acts are looked up."""
    return [
        Reached._make((*row, ()))
        for span in spans(sorted(set(send_ids)))
        for row in fetch(f"{_ARRIVED} AND s.id IN ({qmarks(span)})", span)
    ]


def _acts(send_ids: Sequence[int]) -> dict[int, list[int]]:
    """When a person tapped the message's link, or opened its coupon."""
    acts: dict[int, list[int]] = {}
    for span in spans(send_ids):
        for send_id, at in fetch(
            "SELECT send_id, at FROM click"
            f" WHERE send_id IN ({qmarks(span)}) AND automatic = FALSE"
            " UNION ALL SELECT s.id, c.claimed_at FROM send s"
            " JOIN coupon_code c ON c.id = s.coupon_code"
            f" WHERE s.id IN ({qmarks(span)}) AND c.claimed_at IS NOT NULL"
            f" AND c.purpose = {purpose_of()}",
            (*span, *span),
        ):
            acts.setdefault(send_id, []).append(at)
    return acts


class Windows:
    """How long after a send an order counts as its campaign's, as each run's definition says."""

    def __init__(self, account_id: int) -> None:
        rows = fetch(
            "SELECT g.campaign_id, g.number, g.definition, c.kind, c.slug FROM generation g"
            " JOIN campaign c ON c.id = g.campaign_id WHERE c.account_id = ?",
            (account_id,),
        )
        self._ms = {(row[0], row[1]): _window(row[2]) for row in rows}
        self.standing = {row[0] for row in rows if row[3] == "journey"}
        self.slugs: dict[int, str] = {row[0]: row[4] for row in rows}

    def run_of(self, campaign_id: int, generation: int) -> int:
        """The run to which a ledger row belongs: a journey's entries are all one."""
        return 1 if campaign_id in self.standing else generation

    def ms(self, campaign_id: int, generation: int) -> int:
        key = (campaign_id, self.run_of(campaign_id, generation))
        return self._ms.get(key, round(DEFAULT_WINDOW_DAYS * DAY_MS))

    @property
    def widest(self) -> timedelta:
        return timedelta(milliseconds=max(self._ms.values(), default=0))


def _window(definition: str) -> int:
    days = json.loads(definition).get("attribution_days", DEFAULT_WINDOW_DAYS)
    return round(float(days) * DAY_MS)


def _fen(facts: str) -> int | None:
    told = json.loads(facts)
    fen = told.get("amount_fen") if isinstance(told, dict) else None
    return fen if type(fen) is int and fen >= 0 else None

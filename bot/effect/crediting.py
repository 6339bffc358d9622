"""Orders of a span credited to the messages that led to them, computed from the log each time.

Nothing is stored: a refund that comes later takes back from the day and the message that the order
was credited to, and another model needs no recount.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import from_ms
from bot.effect.attribution import HALF_LIFE_DAYS, Model, Touch, shares, weights
from bot.store import effect_orders
from bot.store.effect_orders import Order, Reached, Windows


class Seen(StrEnum):
    """What makes a message a touch: that its reader acted on it, or that it came."""

    ACTED = "acted"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class How:
    """The rule of crediting."""

    model: Model = Model.LAST
    seen: Seen = Seen.ACTED
    half_life_days: float = HALF_LIFE_DAYS


@dataclass(frozen=True, slots=True)
class Credited:
    """An order and to whom it is owed. fen: paid, less what was paid back; at the order's time.

    parts   send id -> fen, their sum `fen`; empty: it came by itself
    """

    at_ms: int
    fen: int
    refunded_fen: int
    parts: dict[int, int]
    campaigns: dict[int, tuple[int, int]]  # send id -> (campaign, run)


def credited(
    account_id: int, since: datetime, until: datetime, how: How = How()
) -> Iterator[Credited]:
    """Every order made in [since, until)."""
    windows = Windows(account_id)
    for span in effect_orders.orders(account_id, since, until):
        yield from _credited(account_id, span, windows, how)


def _credited(
    account_id: int, span: Sequence[Order], windows: Windows, how: How
) -> Iterator[Credited]:
    buyers = [order.follower_id for order in span if order.follower_id is not None]
    instants = [order.at_ms for order in span]
    back = effect_orders.refunds(account_id, buyers)
    sends = _by_buyer(
        span, effect_orders.reached(buyers, min(instants), max(instants), windows.widest)
    )
    for order in span:
        near = [
            one
            for one in sends[order.id]
            if 0 <= order.at_ms - one.sent_ms <= windows.ms(one.campaign_id, one.generation)
        ]
        taken = _taken(order, back)
        owed = weights(_touches(order, near, how.seen), order.at_ms, how.model, how.half_life_days)
        parts = shares(order.fen - taken, owed)
        runs = {
            one.send_id: (one.campaign_id, windows.run_of(one.campaign_id, one.generation))
            for one in near
            if one.send_id in parts
        }
        yield Credited(order.at_ms, order.fen - taken, taken, parts, runs)


def _by_buyer(span: Sequence[Order], sends: Sequence[Reached]) -> dict[int, list[Reached]]:
    """Order id -> what reached its buyer; of an erased buyer what carried the coupon."""
    of: dict[int, list[Reached]] = {}
    for one in sends:
        of.setdefault(one.follower_id, []).append(one)
    nameless = {order.coupon_send for order in span if order.follower_id is None} - {None}
    carried = {one.send_id: one for one in effect_orders.carriers([n for n in nameless if n])}
    return {
        order.id: of.get(order.follower_id, [])
        if order.follower_id is not None
        else [carried[order.coupon_send]] if order.coupon_send in carried else []
        for order in span
    }  # fmt: skip


def _taken(order: Order, back: dict[tuple[int, int], int]) -> int:
    """What was paid back of this order; orders of one instant share it, the earlier one first."""
    key = (order.follower_id or 0, order.at_ms)
    taken = min(order.fen, back.get(key, 0))
    if taken:
        back[key] -= taken
    return taken


def _touches(order: Order, near: Sequence[Reached], seen: Seen) -> list[Touch]:
    found = []
    for one in near:
        acts = [at for at in one.acts if at <= order.at_ms]
        coupon = one.send_id == order.coupon_send
        if coupon:
            acts.append(order.at_ms)
        if seen is Seen.SENT:
            acts.insert(0, one.sent_ms)
        if acts:
            found.append(Touch(one.send_id, acts[0], acts[-1], coupon))
    return found


@dataclass(slots=True)
class Line:
    """What one campaign, run or day is owed. orders: that it has a part of."""

    orders: int = 0
    revenue_fen: int = 0
    buyers: set[int] = field(default_factory=set)  # sends

    def add(self, other: Line) -> None:
        self.orders += other.orders
        self.revenue_fen += other.revenue_fen
        self.buyers |= other.buyers

    def to_json(self) -> dict[str, Any]:
        return {
            "orders": self.orders, "buyers": len(self.buyers), "revenue_fen": self.revenue_fen,
        }  # fmt: skip


@dataclass(slots=True)
class Attribution:
    """Revenue by campaign, run and day; `none` came by itself. All of it adds up to `total`."""

    lines: dict[tuple[str, int, date], Line]
    none: dict[date, Line]
    orders: int
    total_fen: int
    refunded_fen: int


def attribute(
    account_id: int, zone: ZoneInfo, since: datetime, until: datetime, how: How
) -> Attribution:
    """The orders of [since, until) by whom they are owed to, on the day they were made."""
    slugs = Windows(account_id).slugs
    found = Attribution({}, {}, 0, 0, 0)
    for one in credited(account_id, since, until, how):
        day = from_ms(one.at_ms).astimezone(zone).date()
        found.orders += 1
        found.total_fen += one.fen
        found.refunded_fen += one.refunded_fen
        if not one.parts:
            line = found.none.setdefault(day, Line())
            line.orders += 1
            line.revenue_fen += one.fen
        for key in {one.campaigns[send_id] for send_id in one.parts}:
            line = found.lines.setdefault((slugs[key[0]], key[1], day), Line())
            line.orders += 1
        for send_id, fen in one.parts.items():
            campaign_id, run = one.campaigns[send_id]
            line = found.lines[slugs[campaign_id], run, day]
            line.revenue_fen += fen
            line.buyers.add(send_id)
    return found

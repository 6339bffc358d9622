"""How much of each batch is left, how long that lasts, and the alarm before it is gone."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.clock import EPOCH
from bot.store import accounts, coupon_figures, coupon_notices, coupons
from bot.store.coupon_figures import Used
from bot.store.coupon_notices import LOW_STOCK
from bot.store.coupons import BatchState
from bot.values.coupons import CodeState

logger = logging.getLogger(__name__)
BURN_DAYS = 7


@dataclass(frozen=True, slots=True)
class Stock:
    """A batch's stock. Money is fen.

    per_day     codes given a day, of the last BURN_DAYS
    days_left   until it is gone at that rate; None: nothing goes
    open_cost   what the codes in followers' hands may still cost
    """

    of: BatchState
    states: dict[str, int]
    per_day: float
    used: Used
    low: bool

    @property
    def available(self) -> int:
        return self.states[CodeState.AVAILABLE]

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def days_left(self) -> float | None:
        return self.available / self.per_day if self.per_day else None

    @property
    def open_cost(self) -> int:
        held = self.states[CodeState.RESERVED] + self.states[CodeState.ISSUED]
        return held * self.of.terms.cost

    def to_json(self) -> dict[str, Any]:
        left = self.days_left
        return {
            "batch": self.of.slug,
            "title": self.of.title,
            **self.states,
            "low": self.low,
            "per_day": round(self.per_day, 2),
            "days_left": None if left is None else round(left, 1),
            "cost_fen": self.used.cost_fen,
            "open_cost_fen": self.open_cost,
            "budget_fen": self.of.budget_fen,
            "withdrawn": self.of.withdrawn_at is not None,
        }


def overview(account_id: int, now: datetime, *, costs: bool = True) -> list[Stock]:
    """The stock of every batch, the oldest first; four statements in all.

    costs   also what their redemptions have cost so far
    """
    states = coupon_figures.stocks(account_id)
    given = coupon_figures.given_since(account_id, now - timedelta(days=BURN_DAYS))
    spent = coupon_figures.used(account_id, EPOCH, now + timedelta(days=1)) if costs else {}
    return [
        Stock(
            batch,
            states[batch.id],
            given.get(batch.id, 0) / BURN_DAYS,
            spent.get(batch.id, Used()),
            _is_low(batch, states[batch.id], now),
        )
        for batch in coupons.batches(account_id)
    ]


def _is_low(batch: BatchState, states: dict[str, int], now: datetime) -> bool:
    """Below its share or number; not of a batch that is over, withdrawn or empty from the start."""
    over = batch.withdrawn_at or (batch.valid_until is not None and batch.valid_until <= now)
    total, available = sum(states.values()), states[CodeState.AVAILABLE]
    if over or not total:
        return False
    return available * 1000 < total * batch.low_permille or available < batch.low_count


def watch(now: datetime) -> int:
    """Tell of each batch that has become low, once until it is not; how many crossed the line."""
    return sum(_watch(account_id, now) for account_id in accounts.ids())


def _watch(account_id: int, now: datetime) -> int:
    crossed = 0
    told = {n.subject: n for n in coupon_notices.open_notices(account_id) if n.kind == LOW_STOCK}
    for stock in overview(account_id, now, costs=False):
        notice = told.get(stock.of.slug)
        if stock.low and notice is None:
            crossed += _tell(account_id, stock, now)
        elif notice is not None and not stock.low:
            crossed += coupon_notices.end(notice, now)
    return crossed


def _tell(account_id: int, stock: Stock, now: datetime) -> bool:
    shown = stock.to_json()
    facts = {name: shown[name] for name in ("title", "available", "per_day", "days_left")}
    facts["total"] = stock.total
    severity = "high" if stock.available == 0 else "medium"
    new = coupon_notices.tell(account_id, LOW_STOCK, stock.of.slug, severity, facts, now)
    if new:
        logger.warning(
            "coupon stock low batch=%s available=%d of=%d days_left=%s",
            stock.of.slug, stock.available, stock.total, shown["days_left"],
        )  # fmt: skip
    return new

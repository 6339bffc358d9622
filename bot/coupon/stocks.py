"""How much of each batch is left, how long that lasts, and the alarm before it is gone."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import astuple, dataclass
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


@dataclass(frozen=True, slots=True)
class Counts:
    """What stocks are told from, by the number of the batch.

    states   codes by state
    given    codes given in the last BURN_DAYS
    used     redemptions so far; {} where nobody asked what they cost
    """

    states: dict[int, dict[str, int]]
    given: dict[int, int]
    used: dict[int, Used]

    def to_json(self) -> dict[str, Any]:
        return {
            "states": [[id_, held] for id_, held in self.states.items()],
            "given": list(self.given.items()),
            "used": [[id_, *astuple(one)] for id_, one in self.used.items()],
        }

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> Counts:
        return cls(
            dict(told["states"]),
            dict(told["given"]),
            {id_: Used(*one) for id_, *one in told["used"]},
        )


def counted(account_id: int, now: datetime, *, costs: bool = True) -> Counts:
    """Of every batch; costs: also what their redemptions have cost so far."""
    return Counts(
        coupon_figures.stocks(account_id),
        coupon_figures.given_since(account_id, now - timedelta(days=BURN_DAYS)),
        coupon_figures.used(account_id, EPOCH, now + timedelta(days=1)) if costs else {},
    )


def overview(account_id: int, now: datetime, counts: Counts | None = None) -> list[Stock]:
    """The stock of every batch, the oldest first; by what was counted before, where that is given.
    A batch that was made since then is counted now."""
    held, batches = counts or counted(account_id, now), coupons.batches(account_id)
    new = coupon_figures.stocks_of([one.id for one in batches if one.id not in held.states])
    return [_stock(batch, held, {**held.states, **new}[batch.id], now) for batch in batches]


def uncounted(account_id: int, now: datetime) -> list[Stock]:
    """Every batch before anybody has counted: nothing in any state, and none of them low."""
    none = {state.value: 0 for state in CodeState}
    batches = coupons.batches(account_id)
    return [_stock(one, Counts({}, {}, {}), none, now) for one in batches]


def _stock(batch: BatchState, held: Counts, states: dict[str, int], now: datetime) -> Stock:
    per_day = held.given.get(batch.id, 0) / BURN_DAYS
    used = held.used.get(batch.id, Used())
    return Stock(batch, states, per_day, used, _is_low(batch, states, now))


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
    for stock in overview(account_id, now, counted(account_id, now, costs=False)):
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

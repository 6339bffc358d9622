"""How often somebody buys: the days of the last orders, and when the next is to be expected.

buys {day: orders of that Shanghai day less those given back whole}, the latest MOST_DAYS
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import median
from typing import Any

from bot.profile.parts import State, count, latest_days
from bot.values.interest import day_of

MOST_DAYS = 24
LEAST_DAYS = 3  # two gaps: fewer say nothing of a habit
LAPSED = 3  # so many gaps without an order: the habit is over
_DAY_ZERO = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Cycle:
    """A habit of buying. Days are Shanghai day numbers, spans are days.

    every         the median gap between days with an order; give_or_take: mean distance from it
    overdue_days  beyond `expected + give_or_take`; 0: not overdue
    state         waiting, due, overdue or lapsed (LAPSED gaps without any)
    sure          0..1: near 1 for many gaps that are alike
    """

    days: int
    every: float
    give_or_take: float
    last: int
    expected: int
    overdue_days: int
    state: str
    sure: float

    def to_json(self) -> dict[str, Any]:
        return {
            "purchase_days": self.days,
            "every_days": self.every,
            "give_or_take_days": self.give_or_take,
            "last": date_of(self.last),
            "expected": date_of(self.expected),
            "overdue_days": self.overdue_days,
            "state": self.state,
            "sure": self.sure,
        }


def date_of(day: int) -> str:
    """A Shanghai day number as 2026-11-21."""
    return date.fromordinal(_DAY_ZERO + day).isoformat()


def note_order(state: State, at: int) -> None:
    count(state.setdefault("buys", {}), str(day_of(at)))


def note_refund(state: State, facts: State) -> None:
    """An order given back whole was no purchase; `order_at` is the instant of the order in ms."""
    ordered = facts.get("order_at")
    if facts.get("whole") is True and type(ordered) is int and 0 <= ordered < 2**53:
        count(state.setdefault("buys", {}), str(day_of(ordered)), -1)


def prune(state: State) -> None:
    if buys := state.get("buys"):
        state["buys"] = latest_days(buys, MOST_DAYS)


def cycle(state: State, now_ms: int) -> Cycle | None:
    """The habit, None below LEAST_DAYS days with an order that was kept."""
    days = sorted(int(day) for day, orders in state.get("buys", {}).items() if orders > 0)
    if len(days) < LEAST_DAYS:
        return None
    gaps = [later - earlier for earlier, later in pairwise(days)]
    every = float(median(gaps))
    spread = sum(abs(gap - every) for gap in gaps) / len(gaps)
    today, expected = day_of(now_ms), days[-1] + round(every)
    overdue = max(0, today - expected - round(spread))
    sure = len(gaps) / (len(gaps) + 2) / (1 + spread / every)
    state_ = _state(today, days[-1], expected, every, spread, overdue)
    return Cycle(
        len(days), every, round(spread, 1), days[-1], expected, overdue, state_, round(sure, 2)
    )


def _state(today: int, last: int, expected: int, every: float, spread: float, overdue: int) -> str:
    if today - last > LAPSED * every + spread:
        return "lapsed"
    if overdue:
        return "overdue"
    return "due" if today >= expected - round(spread) else "waiting"

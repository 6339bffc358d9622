"""What a run changed, against those held out: buyers, money, and who had enough of us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from bot.experiment.arms import Amounts
from bot.experiment.arms import Arm as Counted
from bot.experiment.effect import Gain, Increment, Span, gain, increment
from bot.store import effect_orders, effect_responses
from bot.store.effect_responses import LEAVING, Arm

SENT, HELD_OUT = "sent", "held_out"


@dataclass(frozen=True, slots=True)
class Change:
    """buyers: orders inside the window after the planning, by the same measure in both arms; left:
    people by kind of bot.store.effect_responses.LEAVING."""

    buyers: Increment
    money: Gain
    left: dict[str, Increment]

    def to_json(self) -> dict[str, Any]:
        """Intervals as [estimate, low, high]; null where there is no end."""
        return {
            "people": [self.buyers.sent.people, self.buyers.held_out.people],
            "bought": [self.buyers.sent.successes, self.buyers.held_out.successes],
            "revenue_fen": [round(self.money.sent.total), round(self.money.held_out.total)],
            "enough": self.buyers.enough,
            "difference": spanned(self.buyers.absolute),
            "relative": spanned(self.buyers.relative),
            "extra_buyers": spanned(self.buyers.extra),
            "extra_revenue_fen": spanned(self.money.extra),
            "revenue_enough": self.money.enough,
            "left": {
                kind: {
                    "people": [one.sent.successes, one.held_out.successes],
                    "difference": spanned(one.absolute),
                    "enough": one.enough,
                }
                for kind, one in self.left.items()
            },
        }


def spanned(span: Span) -> list[float | None]:
    return [value if isfinite(value) else None for value in (span.estimate, span.low, span.high)]


def change(
    account_id: int, arm: Arm, since: datetime, until: datetime, *, peeking: bool = False
) -> Change:
    """since, until: from the first planning to the end of the last one's window.

    peeking   the window is not over: the wider intervals that hold whenever one looks
    """
    sizes = effect_responses.sizes(arm)
    spent = _spent(account_id, arm, since, until)
    left = effect_responses.left(arm, since, until)
    return Change(
        _more(sizes, {state: len(people) for state, people in spent.items()}, peeking),
        gain(*(_amounts(state, sizes, spent) for state in (SENT, HELD_OUT)), peeking=peeking),
        {
            kind: _more(sizes, {state: left.get((state, kind), 0) for state in sizes}, peeking)
            for kind in LEAVING
        },
    )


def _more(sizes: Mapping[str, int], did: Mapping[str, int], peeking: bool) -> Increment:
    arms = [Counted(state, sizes.get(state, 0), did.get(state, 0)) for state in (SENT, HELD_OUT)]
    return increment(*arms, peeking=peeking)


def _spent(
    account_id: int, arm: Arm, since: datetime, until: datetime
) -> dict[str, dict[int, int]]:
    """state -> follower -> fen that he paid inside the window and did not get back."""
    found: dict[str, dict[int, int]] = {SENT: {}, HELD_OUT: {}}
    orders = list(effect_responses.spent(arm, since, until))
    back = effect_orders.refunds(account_id, [who for _, who, _, _ in orders])
    for state, who, at, fen in orders:
        taken = min(fen, back.get((who, at), 0))
        if taken:
            back[who, at] -= taken
        found[state][who] = found[state].get(who, 0) + fen - taken
    return found


def _amounts(
    state: str, sizes: Mapping[str, int], spent: Mapping[str, Mapping[int, int]]
) -> Amounts:
    values = spent[state].values()
    return Amounts(state, sizes.get(state, 0), sum(values), sum(fen * fen for fen in values))

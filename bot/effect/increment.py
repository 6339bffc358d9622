"""What a run changed, against those held out: its goal, buyers, money, and who had enough of us.

Every screen that tells of an effect takes it from here, so there is one figure, with one interval:
until the window is over the one that holds whenever somebody looks, after it the ordinary one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from bot.effect.outcomes import window_of
from bot.experiment.arms import Amounts
from bot.experiment.arms import Arm as Counted
from bot.experiment.effect import Gain, Increment, Span, gain, increment
from bot.store import effect_orders, effect_responses
from bot.store.campaigns import CampaignState, GenerationState
from bot.store.effect_responses import LEAVING, Arm

SENT, HELD_OUT = "sent", "held_out"


@dataclass(frozen=True, slots=True)
class Aimed:
    """The act that a run is for: an event of this kind with these facts, so soon after the plan."""

    event: str
    where: Mapping[str, Any] = field(default_factory=dict)
    within: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Change:
    """buyers: orders inside the window after the planning, by the same measure in both arms; left:
    people by kind of bot.store.effect_responses.LEAVING.

    goal   what was aimed at and who did it; None: the run names no goal, so buying is it
    final  False: the window is not over, and intervals are the wider ones that hold at any look
    """

    buyers: Increment
    money: Gain
    left: dict[str, Increment]
    goal: tuple[str, Increment] | None = None
    final: bool = True

    @property
    def main(self) -> Increment:
        """By the goal, where the run has one."""
        return self.goal[1] if self.goal is not None else self.buyers

    def to_json(self) -> dict[str, Any]:
        """Intervals as [estimate, low, high]; null where there is no end."""
        return {
            "goal": None if self.goal is None else _goal(*self.goal),
            "interval": "final" if self.final else "at_any_look",
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


def _goal(event: str, found: Increment) -> dict[str, Any]:
    return {
        "event": event,
        "people": [found.sent.people, found.held_out.people],
        "did": [found.sent.successes, found.held_out.successes],
        "enough": found.enough,
        "difference": spanned(found.absolute),
        "relative": spanned(found.relative),
        "extra": spanned(found.extra),
    }


def spanned(span: Span) -> list[float | None]:
    return [value if isfinite(value) else None for value in (span.estimate, span.low, span.high)]


def of_run(
    campaign: CampaignState, run: GenerationState, now: datetime, *, control: bool = False
) -> Change:
    """The effect of a run as of now; of a standing campaign over all its entries.

    control   against the account's control group: the effect of all marketing of the quarter
    """
    window = window_of(run.definition)
    last = (run.sent_at or now) + window
    arm = Arm(campaign.id, None if campaign.standing else run.number, window, control)
    peeking = run.closed_at is None or last > now
    return change(
        campaign.account_id, arm, run.started_at, last, peeking=peeking,
        aimed=aimed_at(run.definition),
    )  # fmt: skip


def aimed_at(definition: Mapping[str, Any]) -> Aimed | None:
    """The goal of a run's definition."""
    goal = definition.get("goal")
    if not goal:
        return None
    days = goal.get("within_days")
    within = window_of(dict(definition)) if days is None else timedelta(days=float(days))
    return Aimed(goal["event"], goal.get("where") or {}, within)


def change(
    account_id: int,
    arm: Arm,
    since: datetime,
    until: datetime,
    *,
    peeking: bool = False,
    aimed: Aimed | None = None,
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
        None if aimed is None else (aimed.event, _reached(arm, aimed, since, until, peeking)),
        final=not peeking,
    )


def _reached(arm: Arm, aimed: Aimed, since: datetime, until: datetime, peeking: bool) -> Increment:
    near = arm._replace(window=aimed.within)
    latest = max(until, until - arm.window + aimed.within)
    did = effect_responses.did(near, aimed.event, aimed.where, since, latest)
    return _more(effect_responses.sizes(near), did, peeking)


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

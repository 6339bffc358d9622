"""One real follower walked through a journey in made-up time, by what is known of him today.
Nothing is sent and nothing kept; the walk itself is `bot.journey.simulating`'s."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from bot.journey.definition import Branch, Flow
from bot.journey.knowing import USUAL_HOUR, hours_of
from bot.journey.simulating import MadeUp
from bot.segment.evaluate import needs
from bot.segment.rules import Rule
from bot.store import follower_facts


def as_is(
    flow: Flow,
    account_id: int,
    follower_id: int,
    now: datetime,
    outcomes: Mapping[str, Collection[str]],
) -> MadeUp:
    """The follower as rules see him now, for a walk. outcomes: what is to become of sends.

    Raises IndexError for a follower that is not there."""
    facts = follower_facts.load([follower_id], needs(_rules(flow), now))[0]
    hour = hours_of(account_id, [follower_id]).get(follower_id, USUAL_HOUR)
    return MadeUp(facts, outcomes, hour, now)


def fits(flow: Flow, who: MadeUp) -> bool:
    """He is among those for whom the journey is."""
    return flow.audience is None or who.holds(flow.audience)


def _rules(flow: Flow) -> list[Rule]:
    whats = (step.what for step in flow.steps.values())
    found = [rule for what in whats if isinstance(what, Branch) for rule, _, _ in what.ways]
    return [*found, *([flow.audience] if flow.audience is not None else [])]

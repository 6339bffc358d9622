"""What `features.explain` needs beside the folded state: three statements, however many people."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.profile.features import Around
from bot.profile.rhythm import HOURS, NO_HOUSE, WEEKDAYS, House, acts_by_hour
from bot.store import habits
from bot.values.audience import FollowerState

SENT_DAYS = 30
_MOST_ACTS = 100  # of one follower, in the account's habit


def around(person: FollowerState, now: datetime) -> Around:
    """Whether they follow, the account's habit, and the marketing that reached them."""
    sent = habits.marketing_sent(person.id, now - timedelta(days=SENT_DAYS))
    return Around(person.subscribed, house(person.account_id), sent)


def house(account_id: int) -> House:
    """The habit as it was reckoned last."""
    held = habits.habit(account_id)
    return NO_HOUSE if held is None else House(*held)


def reckon(account_id: int, now: datetime) -> int:
    """Reckon the account's habit anew; of how many people."""
    hours, days, people = [0] * HOURS, [0] * WEEKDAYS, 0
    for state in habits.latest_states(account_id):
        if "hours" in state:
            people += 1
            hours = _added(hours, acts_by_hour(state))
            days = _added(days, state["days"])
    habits.put(account_id, hours, days, people, now)
    return people


def _added(counts: list[int], more: list[int]) -> list[int]:
    """With somebody's acts, scaled down to _MOST_ACTS where they are more."""
    acts = sum(more)
    if acts > _MOST_ACTS:
        more = [count * _MOST_ACTS // acts for count in more]
    return [one + other for one, other in zip(counts, more, strict=True)]

"""Each follower's own hour: when a run with `best_hour` is due for whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.campaign.permission.order import OFFER, Order
from bot.campaign.permission.policy import Policy, next_opening
from bot.clock import SHANGHAI
from bot.experiment.assign import draw
from bot.profile.around import house
from bot.profile.rhythm import NO_HOUSE, House, best_hours
from bot.store import rhythms

HOUR = timedelta(hours=1)


def own_times(
    order: Order, follower_ids: Sequence[int], earliest: datetime, now: datetime
) -> list[tuple[int, datetime]]:
    """(follower id, time) of those for whom it is later than `earliest`.

    The follower's best hour that is not quiet; without acts of their own the account's. Inside the
    hour they are spread evenly, so that it does not begin with a burst. Whose hour would come after
    the run's end gets it at the earliest, as everybody does whose hours are not known.
    """
    policy, habit = order.policy(OFFER), house(order.account_id)
    states = rhythms.states(follower_ids)
    key = (f"hour:{order.campaign_id}:{order.generation}",)
    found = []
    for who in follower_ids:
        hours = _hours(states.get(who, {}), habit)
        at = own_time(hours, draw(key, who), policy, earliest)
        if at > earliest and (policy.deadline is None or at < policy.deadline):
            found.append((who, at))
    return found


def _hours(state: dict[str, object], habit: House = NO_HOUSE) -> list[int]:
    """Shanghai hours, the best first."""
    best = best_hours(state, habit)
    return [] if best is None else [one["hour"] for one in best["hours"]]


def own_time(hours: Iterable[int], share: float, policy: Policy, earliest: datetime) -> datetime:
    """The next time of the best hour at which messages may go out; `share` of it has passed then.

    Without such an hour: `earliest`.
    """
    for hour in hours:
        at = _next(hour, share, earliest)
        if next_opening(policy, at) is None:
            return at
    return earliest


def _next(hour: int, share: float, earliest: datetime) -> datetime:
    local = earliest.astimezone(SHANGHAI)
    at = local.replace(hour=hour, minute=0, second=0, microsecond=0) + share * HOUR
    if at + (1 - share) * HOUR <= local:  # the hour is over for today
        at += timedelta(days=1)
    return max(at, local).astimezone(earliest.tzinfo)

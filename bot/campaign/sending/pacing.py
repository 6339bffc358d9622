"""How fast a run may go: pure arithmetic, and a pacer that asks the shared buckets.

Three things slow a run down, each only where it must. The day's quota: an audience larger than an
hour's share of what is left is spread over the hours that are left. The marketer's own limit a
minute. And the ramp: the first minutes carry 1 %, then 5 %, then 20 % of the audience, so that the
brake sees what is wrong while few have got it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from bot.campaign.document.parts import Pace
from bot.campaign.permission.order import OFFER, Order
from bot.campaign.permission.policy import Policy, next_day, quiet_spans
from bot.channels.registry import BY_CALL, CHANNELS
from bot.store import campaigns, quotas, send_pace, send_progress
from bot.values.audience import Channel

RAMP = (0.01, 0.05, 0.20)  # shares of the audience, each for a third of the ramp
LEAST = 20  # so many go in every part of the ramp, however small its share
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """A bucket that the run draws from, and what flows into it."""

    name: str
    per_second: float


@dataclass(frozen=True, slots=True)
class Ramp:
    """What the run may have sent at all by now is `share` of `audience`."""

    audience: int
    began: datetime
    minutes: int

    def most(self, now: datetime) -> int:
        past = (now - self.began) / timedelta(minutes=self.minutes)
        if past >= 1:
            return self.audience
        share = RAMP[max(0, int(past * len(RAMP)))]
        return min(self.audience, max(LEAST, ceil(self.audience * share)))


# --- arithmetic --------------------------------------------------------------------------------


def time_left(policy: Policy, now: datetime) -> timedelta:
    """Until today's sending ends: the quota starts anew, it gets quiet, or the run is over."""
    ends = [next_day(now, policy.zone)]
    ends += [_next_at(quiet_from, policy.zone, now) for quiet_from, _ in quiet_spans(policy)]
    if policy.deadline is not None:
        ends.append(policy.deadline)
    return max(min(ends) - now, timedelta(minutes=1))


def _next_at(clock: time, zone: ZoneInfo, now: datetime) -> datetime:
    """The next time that the zone's clocks show it."""
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), clock, zone)
    tomorrow = datetime.combine(local.date() + timedelta(days=1), clock, zone)
    return (today if today > local else tomorrow).astimezone(now.tzinfo)


def quota_rate(waiting: int, calls_left: int, span: timedelta) -> float | None:
    """Messages a second that spread `calls_left` over `span`; None: no need, `waiting` is within an
    hour's share (or nothing is left, which the claim finds out and puts off)."""
    if calls_left <= 0 or waiting <= calls_left / max(1.0, span / HOUR):
        return None
    return calls_left / span.total_seconds()


def pace_of(order: Order) -> Pace:
    return getattr(order.definition, "pace", None) or Pace()


# --- asking the store --------------------------------------------------------------------------


def calls_left(order: Order, channels: Sequence[Channel], now: datetime) -> list[int]:
    """Messages that today's quota leaves room for, by channel."""
    day = quotas.day_of(now, order.zone)
    ways = [CHANNELS[channel] for channel in channels]
    return [quotas.left(order.account_id, way.api, day, way.daily_limit) * way.most for way in ways]


def limits(order: Order, waiting: int, now: datetime) -> list[Limit]:
    """The buckets of a run of which `waiting` rows are to go, with those of its account's others.

    A run of several channels is slowed by the quota only where all of them would have to be.
    """
    found = []
    policy = order.policy(OFFER)
    span = time_left(policy, now)
    left = calls_left(order, [c for c in policy.channels if c in BY_CALL], now)
    rates = [quota_rate(waiting, calls, span) for calls in left]
    slow = [rate for rate in rates if rate is not None]
    if slow and len(slow) == len(rates):
        found.append(Limit(f"quota:{order.account_id}", sum(slow)))
    per_minute = pace_of(order).per_minute
    if per_minute:
        found.append(Limit(f"campaign:{order.campaign_id}", per_minute / 60))
    return found


def ramp_of(order: Order) -> Ramp | None:
    minutes = pace_of(order).ramp_minutes
    if not minutes:
        return None
    run = campaigns.generation(order.campaign_id, order.generation)
    return Ramp(run.audience, run.planned_at or run.started_at, minutes)


class Pacer:
    """Says how many rows of a run may be claimed now. One for a turn.

    waiting     rows that are to go, as `limits` has it
    under_way   how many this sender has claimed and not settled
    """

    def __init__(
        self, order: Order, waiting: int, under_way: Callable[[], int], now: datetime
    ) -> None:
        self._order = order
        self._under_way = under_way
        self.limits = limits(order, waiting, now)
        self._ramp = ramp_of(order)

    def grant(self, want: int, now: datetime) -> int:
        """At most `want`; what is granted is used up."""
        granted = min(want, self._below_ramp(now))
        for i, limit in enumerate(self.limits):
            asked, granted = granted, send_pace.take(limit.name, granted, limit.per_second, now)
            for earlier in self.limits[:i]:
                send_pace.give_back(earlier.name, asked - granted, earlier.per_second)
        return granted

    def give_back(self, unused: int) -> None:
        """Rows that were granted and turned out not to be sent: skipped, put off, not there."""
        for limit in self.limits:
            send_pace.give_back(limit.name, unused, limit.per_second)

    def _below_ramp(self, now: datetime) -> int:
        if self._ramp is None or (most := self._ramp.most(now)) >= self._ramp.audience:
            return 1 << 30
        done = send_progress.total(self._order.campaign_id, self._order.generation)
        return max(0, most - done.moved + done.skipped - self._under_way())

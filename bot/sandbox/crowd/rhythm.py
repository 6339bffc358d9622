"""When people have their phone in hand: by hour and weekday, in several types."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate

from bot.clock import SHANGHAI

WEEK = 168  # hours


class Rhythm:
    """Two days of 24 weights; the average hour of the week has activity 1."""

    def __init__(self, name: str, share: float, workday: str, weekend: str) -> None:
        """The days are 24 digits each, from midnight on."""
        week = [_weight(digit) for digit in workday * 5 + weekend * 2]
        mean = sum(week) / WEEK
        self.name, self.share = name, share
        self.hours: Sequence[float] = [hour / mean for hour in week]
        self._until = [0.0, *accumulate(self.hours)]

    def after(self, start: float, activity: float) -> float:
        """The moment when so much activity has passed since `start`; hours since a Monday, 0:00.

        A wait of exponential length in activity gives acts that come as often as the hours say.
        """
        weeks, hour = divmod(start, WEEK)
        whole = int(hour)
        passed = self._until[whole] + (hour - whole) * self.hours[whole] + activity
        more, rest = divmod(passed, self._until[WEEK])
        at = min(bisect_right(self._until, rest) - 1, WEEK - 1)
        return (weeks + more) * WEEK + at + (rest - self._until[at]) / self.hours[at]


def _weight(digit: str) -> float:
    return max(0.05, float(digit))  # nobody sleeps every single night


#            midnight    6     noon   18
RHYTHMS = (
    Rhythm("early", 0.2, "000024676543543334432100", "000013566554433334432100"),
    Rhythm("commuter", 0.4, "100001588432663235886431", "100000124565554445676532"),
    Rhythm("night", 0.25, "854310001223443333456789", "986431000123444444566789"),
    Rhythm("weekend", 0.15, "100000122111221111233211", "310000248999888888998753"),
)
BY_NAME = {rhythm.name: rhythm for rhythm in RHYTHMS}


def hours_into_week(at: datetime) -> float:
    """Hours since Monday, 0:00, in Shanghai."""
    local = at.astimezone(SHANGHAI)
    monday = (local - timedelta(days=local.weekday())).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return (local - monday) / timedelta(hours=1)

"""The platform's time: the wall clock, moved ahead on demand so that 48 h can be tested."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.clock import SHANGHAI, Clock, utc_now


class MovableClock:
    """Callable like any clock. The callback's signature keeps wall time: freshness is real."""

    def __init__(self, wall: Clock = utc_now) -> None:
        self.wall = wall
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return self.wall() + self.ahead

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("time does not go back")
        self.ahead += timedelta(seconds=seconds)


def day_of(at: datetime) -> str:
    """The platform's day: quotas reset at 0:00 GMT+8."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d")


def month_of(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m")

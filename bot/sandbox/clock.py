"""The platform's time: the wall clock, moved ahead on demand, or a clock that only we move.

Either can be shared with the program under test by a clock file (bot.clockfile).
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from bot.clock import SHANGHAI, Clock, to_ms, utc_now
from bot.clockfile import ClockFile

CENTURY = timedelta(days=36_525)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)  # nothing that ends later than now leaves the calendar


def reached(now: datetime, seconds: float) -> datetime:
    """So many seconds on. Raises ValueError where time cannot go: back, too far, nowhere."""
    if not math.isfinite(seconds) or not 0 <= seconds <= CENTURY.total_seconds():
        raise ValueError("seconds: time goes on by a century at most, and never back")
    at = now + timedelta(seconds=seconds)
    if at > LATEST:
        raise ValueError(f"seconds: the calendar ends in {LATEST.year}")
    return at


class MovableClock:
    """Callable like any clock: the wall clock, and how far it was moved ahead."""

    def __init__(self, wall: Clock = utc_now, shared: ClockFile | None = None) -> None:
        self.wall = wall
        self.ahead = timedelta()
        self._shared = shared

    def __call__(self) -> datetime:
        return self.wall() + self.ahead

    def signing(self) -> datetime:
        """The time of signatures: the program's own, which knows of our moves only by the file."""
        return self() if self._shared else self.wall()

    def advance(self, seconds: float) -> None:
        """Raises ValueError, and then nothing has moved."""
        reached(self(), seconds)
        self.ahead += timedelta(seconds=seconds)
        if self._shared:
            self._shared.move(self.ahead // timedelta(milliseconds=1))


class SteppedClock:
    """Stands still until it is set: the clock of a run through virtual time."""

    def __init__(self, start: datetime, shared: ClockFile | None = None) -> None:
        self._now = start
        self._shared = shared
        self.set(start)

    def __call__(self) -> datetime:
        return self._now

    def signing(self) -> datetime:
        return self._now if self._shared else utc_now()

    def set(self, at: datetime) -> None:
        """Raises ValueError for a time before the present one, or past the calendar's end."""
        if not self._now <= at <= LATEST:
            raise ValueError(f"time goes on, until {LATEST.year}")
        self._now = at
        if self._shared:
            self._shared.move(to_ms(at))


PlatformClock = MovableClock | SteppedClock


def day_of(at: datetime) -> str:
    """The platform's day: quotas reset at 0:00 GMT+8."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d")


def month_of(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m")

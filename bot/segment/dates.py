"""Attributes that hold a day (2026-11-21), against the day of the clock in Shanghai.

    {attribute: joined, op: within_last, value: 30}       one of the last 30 days, or today
    {attribute: renewal, op: within_next, value: 7}       today, or one of the next 7 days
    {attribute: birthday, op: yearly_within, value: 7}    its month and day come up so, each year

All three are comparisons of texts, so that every database and Python decide alike. They turn at
midnight only. In years without a 29 February its birthdays count as the 28th.
"""

from __future__ import annotations

from calendar import isleap
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from bot.values.interest import DAY_MS, ZONE_MS, day_of

OPS = ("within_last", "within_next", "yearly_within")
MOST_YEARLY = 180
_FIRST = date(1970, 1, 1)
_LENGTH = 10


class Window(NamedTuple):
    """The text from `start` (0 or, month and day, 5) lies in one of the ranges, ends included."""

    start: int
    ranges: tuple[tuple[str, str], ...]

    def holds(self, text: str | None) -> bool:
        if text is None or len(text) != _LENGTH:
            return False
        part = text[self.start :]
        return any(low <= part <= high for low, high in self.ranges)


@lru_cache(maxsize=4096)
def window(op: str, days: int, today: int) -> Window:
    """`today`: the Shanghai day number (bot.values.interest.day_of)."""
    day = _FIRST + timedelta(days=today)
    if op == "within_last":
        return Window(0, (((day - timedelta(days=days)).isoformat(), day.isoformat()),))
    if op == "within_next":
        return Window(0, ((day.isoformat(), (day + timedelta(days=days)).isoformat()),))
    end = day + timedelta(days=days)
    low, high = day.isoformat()[5:], end.isoformat()[5:]
    if high == "02-28" and not isleap(end.year):
        high = "02-29"
    if end.year == day.year:
        return Window(5, ((low, high),))
    return Window(5, ((low, "12-31"), ("01-01", high)))


def turn(op: str, days: int, text: str | None, now_ms: int) -> int | None:
    """The midnight at which the verdict on the text turns; None: never."""
    if text is None or len(text) != _LENGTH:
        return None
    today = day_of(now_ms)
    if op == "yearly_within":
        held = window(op, days, today).holds(text)
        coming = range(today + 1, today + 367)
        turns = [day for day in coming if window(op, days, day).holds(text) is not held]
    else:
        try:
            there = (date.fromisoformat(text) - _FIRST).days
        except ValueError:  # a text of that length, which may still lie between two days
            return _midnight(today + 1)
        edges = (there, there + days + 1) if op == "within_last" else (there - days, there + 1)
        turns = [day for day in edges if day > today]
    return _midnight(min(turns)) if turns else None


def _midnight(day: int) -> int:
    return day * DAY_MS - ZONE_MS

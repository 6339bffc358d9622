"""When something holds: days, hours, weekdays. Pure; a local calendar only through `zone`.

starts_at, ends_at   an instant with its offset, or a wall time of the account's zone. A day alone
                     means its first moment, in `ends_at` its end
hours                22:00-02:00 goes over midnight and belongs to the weekday on which it began;
                     09:00-18:00 ends before 18:00
weekdays             1 Monday .. 7 Sunday

A week is kept as the bits of a number, one a minute, so that "always covered by" is arithmetic.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import InvalidInput
from bot.talk.reading import Fields, refusal

DAY = 24 * 60
WEEK = 7 * DAY
FULL = (1 << WEEK) - 1
DAYS = (1, 2, 3, 4, 5, 6, 7)
MOST_HOURS = 10
_HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_A_DAY = "wants a day like 2026-12-31, or an instant like 2026-12-31T18:00+08:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """A naive datetime is a wall time of the account; `hours` are (start, end) in minutes."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    hours: tuple[tuple[int, int], ...] = ()
    weekdays: tuple[int, ...] = DAYS

    def hold(self, now: datetime, zone: ZoneInfo) -> bool:
        """Whether they hold at `now` (aware)."""
        return self is ALWAYS or span_of(self, zone).holds(now, zone)


ALWAYS = Times()


# --- documents ----------------------------------------------------------------------------------


def read_times(fields: Fields) -> Times:
    """The fields starts_at, ends_at, hours and weekdays. Raises InvalidInput."""
    times = Times(
        starts_at=_moment(fields, "starts_at"),
        ends_at=_moment(fields, "ends_at"),
        hours=fields.each("hours", _span, MOST_HOURS),
        weekdays=tuple(sorted(set(fields.each("weekdays", _weekday, 7)))) or DAYS,
    )
    starts, ends = times.starts_at, times.ends_at
    if starts and ends and bool(starts.tzinfo) == bool(ends.tzinfo) and starts >= ends:
        raise refusal("ends_at", "is not after starts_at")
    return ALWAYS if times == ALWAYS else times


def write_times(times: Times) -> dict[str, Any]:
    """The fields that `read_times` turns into the same; what holds always is left out."""
    document: dict[str, Any] = {}
    if times.starts_at:
        document["starts_at"] = times.starts_at.isoformat()
    if times.ends_at:
        document["ends_at"] = times.ends_at.isoformat()
    if times.hours:
        document["hours"] = [f"{_clock(start)}-{_clock(end)}" for start, end in times.hours]
    if times.weekdays != DAYS:
        document["weekdays"] = list(times.weekdays)
    return document


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _span(item: Any) -> tuple[int, int]:
    found = _HOURS.fullmatch(item) if isinstance(item, str) else None
    if found is None:
        raise InvalidInput("wants hours like 09:00-18:00")
    first, second, third, fourth = map(int, found.groups())
    start, end = first * 60 + second, third * 60 + fourth
    if start >= DAY or end > DAY or start == end:
        raise InvalidInput("wants two different times from 00:00 to 24:00")
    return start, end


def _weekday(item: Any) -> int:
    if not isinstance(item, int) or isinstance(item, bool) or item not in DAYS:
        raise InvalidInput("wants weekdays from 1 (Monday) to 7 (Sunday)")
    return item


def _moment(fields: Fields, name: str) -> datetime | None:
    value = fields.take(name)
    if value is None:
        return None
    if isinstance(value, str):
        try:
            long = len(value.strip()) > 10
            value = (datetime if long else date).fromisoformat(value.strip())
        except ValueError:
            raise refusal(name, _A_DAY) from None
    if not isinstance(value, date):
        raise refusal(name, _A_DAY)
    if not 2000 <= value.year < 2200:
        raise refusal(name, "lies outside the years 2000 to 2199")
    if isinstance(value, datetime):
        return value
    day = value + timedelta(days=1) if name == "ends_at" else value
    return datetime.combine(day, time())


# --- arithmetic ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Span:
    """Instants start <= t < end (None: open) in the minutes of the week that `week` has set."""

    start: datetime | None
    end: datetime | None
    week: int

    def dated(self, now: datetime) -> bool:
        return (self.start is None or self.start <= now) and (self.end is None or now < self.end)

    def holds(self, now: datetime, zone: ZoneInfo) -> bool:
        return self.dated(now) and bool(self.week >> minute_of_week(now, zone) & 1)

    def meet(self, other: Span) -> Span:
        """When both hold."""
        starts = [at for at in (self.start, other.start) if at]
        ends = [at for at in (self.end, other.end) if at]
        return Span(max(starts, default=None), min(ends, default=None), self.week & other.week)

    @property
    def always(self) -> bool:
        return self.start is None and self.end is None and self.week == FULL


@lru_cache(maxsize=8192)
def span_of(times: Times, zone: ZoneInfo) -> Span:
    """The same with instants instead of wall times."""
    return Span(
        _instant(times.starts_at, zone),
        _instant(times.ends_at, zone),
        _week(times.hours, times.weekdays),
    )


def _instant(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


@lru_cache(maxsize=1024)
def _week(hours: tuple[tuple[int, int], ...], weekdays: tuple[int, ...]) -> int:
    bits = 0
    for start, end in hours or ((0, DAY),):
        length = (end - start) % DAY or DAY
        for day in weekdays:
            bits |= ((1 << length) - 1) << ((day - 1) * DAY + start)
    return (bits | bits >> WEEK) & FULL  # Sunday night goes over into Monday


@lru_cache(maxsize=64)  # the rules of one message ask for one instant
def minute_of_week(now: datetime, zone: ZoneInfo) -> int:
    local = now.astimezone(zone)
    return local.weekday() * DAY + local.hour * 60 + local.minute


def first_free(
    mine: Span, others: Iterable[Span], now: datetime, zone: ZoneInfo
) -> datetime | None:
    """The first instant from `now` on at which `mine` holds and none of the others does.

    None: the others together cover it, or it never holds again.
    """
    taken = list(others)
    if any(one.always for one in taken):
        return None
    begin = max(now, mine.start) if mine.start else now
    if mine.end is not None and mine.end <= begin:
        return None
    edges = {at for one in taken for at in (one.start, one.end) if at and at > begin}
    cuts = sorted({begin, *(at for at in edges if mine.end is None or at < mine.end)})
    for at, end in zip(cuts, [*cuts[1:], mine.end], strict=True):
        week = mine.week
        for one in taken:
            if one.dated(at):
                week &= ~one.week
        found = _first(week, at, end, zone)
        if found is not None:
            return found
    return None


def _first(week: int, at: datetime, end: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The first instant of the stretch whose minute is set in `week`."""
    for _ in range(8):  # clocks that are put forward skip minutes: look on from there
        if not week or (end is not None and at >= end):
            return None
        minute = minute_of_week(at, zone)
        if week >> minute & 1:
            return at
        ahead = (week >> minute | week << (WEEK - minute)) & FULL
        wait = (ahead & -ahead).bit_length() - 1
        wall = at.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)
        at = (wall + timedelta(minutes=wait)).replace(tzinfo=zone).astimezone(UTC)
    return None

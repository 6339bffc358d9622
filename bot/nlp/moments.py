"""Days and times put together: 周六晚上六点, 12月3号到5号, 两点到四点, 半小时后.

A value says

    date    "2026-12-03", or None where no day is said
    time    "19:30", or None where no time is said
    until   where it ends, written like the finest that is known: "21:00", "2026-12-05",
            "2026-12-04T02:00" past midnight; left out where no end is said or meant
    fuzzy   a part of the day, a span, 左右: something to ask about before it is relied on
    other   the time of the other half of the day, where 七点 left it open
    side    "before" or "after", for 七点前 and 七点后
    every   the words of what comes again, 每周三: that is no day
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from bot.nlp import clock as clocks
from bot.nlp import dates
from bot.nlp.clock import DAY, SIDES, Hours, hours, within
from bot.nlp.dates import Days, days
from bot.nlp.found import Found

_BETWEEN = re.compile(r"[的, 、在是]{0,2}(?:大概|大约|差不多)?")
_TO = re.compile(r" ?(?:到|至|[-~—–－～]{1,2}) ?")
_NOW = re.compile(
    r"(?:我?们?(?:就|要|想)?)(?:现在|马上|立刻|立马|这会儿?|此刻)(?:就?(?:来|到|去|要|过来|过去))?[吧啊呀了!。]*"
)


_NOW_SAID = re.compile("[现马立此这]")


@dataclass(frozen=True, slots=True)
class _Unit:
    """A day and the time of it, on their way to a value."""

    start: int
    end: int
    days: Days | None
    hours: Hours | None


def moments(text: str, now: datetime, zone: tzinfo) -> list[Found]:
    """The days and times that `text` (normalised, or as it was typed) names, in its order.

    now   aware; zone is the account's, in which days begin and clocks are read
    value the mapping of this module's docstring
    """
    named = may_name(text)
    if not named and not _NOW_SAID.search(text):
        return []
    here = now.astimezone(zone)
    if _NOW.fullmatch(text):
        value = _value(here.date(), None, here.hour * 60 + here.minute) | {"fuzzy": True}
        return [Found(0, len(text), value)]
    if not named:
        return []
    units = _units(text, here.date())
    found: list[Found] = []
    at = 0
    while at < len(units):
        first = units[at]
        last = units[at + 1] if at + 1 < len(units) else None
        if last is not None and _TO.fullmatch(text, first.end, last.start):
            joined = _range(text, first, last, here)
            if joined is not None:
                found.append(joined)
                at += 2
                continue
        found.append(_alone(text, first, here))
        at += 1
    return found


def _alone(text: str, unit: _Unit, here: datetime) -> Found:
    """A moment that no other ends; 周五之前 and 月底前 say on which side of it."""
    value = _resolved(text, unit, here)
    side = SIDES.match(text, unit.end) if unit.hours is None else None
    if side is None or value["date"] is None:
        return Found(unit.start, unit.end, value)
    word = {"前": "before", "后": "after"}[side.group("side")]
    return Found(unit.start, side.end(), value | {"fuzzy": True, "side": word})


def may_name(text: str) -> bool:
    """Something stands there without which no day and no time is named."""
    return clocks.may_name_hours(text) or dates.may_name_days(text)


def parts(text: str, today: date) -> list[tuple[str, int, int]]:
    """("date" or "time", start, end) of what is named, before it is put together."""
    named = list(days(text, today))
    dates = [("date", one.start, one.end) for one in named]
    times = [("time", one.start, one.end) for one in _free(text, named)]
    return sorted([*dates, *times], key=lambda part: part[1])


def _free(text: str, named: list[Days]) -> list[Hours]:
    """The hours outside of days: a clock's digits may be a date's. Days win, and are cut out."""
    if not named:
        return list(hours(text))
    pieces, at = [], 0
    for one in named:
        pieces += [text[at : one.start], "\0" * (one.end - one.start)]
        at = one.end
    return list(hours("".join([*pieces, text[at:]])))


def _units(text: str, today: date) -> list[_Unit]:
    """Days and hours beside each other become one; each holds at most one of both."""
    named = list(days(text, today))
    clock = _free(text, named)
    units: list[_Unit] = []
    both: list[Days | Hours] = [*named, *clock]
    for one in sorted(both, key=lambda each: each.start):
        last = units[-1] if units else None
        joins = last is not None and _BETWEEN.fullmatch(text, last.end, one.start) is not None
        if last is not None and joins and isinstance(one, Hours) and last.hours is None:
            units[-1] = replace(last, end=one.end, hours=one)
        elif last is not None and joins and isinstance(one, Days) and last.days is None:
            units[-1] = replace(last, end=one.end, days=one)
        elif last is not None and joins and _same_day(last.days, one):
            units[-1] = replace(last, end=one.end, days=_agreed(last.days, one))
        elif last is not None and joins and _finer(last.hours, one):
            units[-1] = replace(last, end=one.end, hours=_in_part(last.hours, one))
        elif isinstance(one, Days):
            units.append(_Unit(one.start, one.end, one, None))
        else:
            units.append(_Unit(one.start, one.end, None, one))
    return units


def _same_day(before: Days | None, one: Days | Hours) -> bool:
    """12月3号周四: the weekday is said of the day before it."""
    return before is not None and before.day is not None and isinstance(one, Days) and one.bare


def _agreed(before: Days | None, one: Days | Hours) -> Days | None:
    """The day, in doubt where the weekday is another's."""
    if before is None or before.day is None or not isinstance(one, Days) or one.day is None:
        return before
    if before.bare and (before.day.weekday() + 1) % 7 == one.day.weekday():
        return replace(before, until=before.day + timedelta(1), fuzzy=True)  # 周六周日
    return replace(before, fuzzy=before.fuzzy or before.day.weekday() != one.day.weekday())


def _finer(before: Hours | None, one: Days | Hours) -> bool:
    return (
        before is not None
        and isinstance(one, Hours)
        and bool(before.part)
        and before.until is not None
        and one.until is None
        and not one.part
    )


def _in_part(before: Hours | None, one: Days | Hours) -> Hours | None:
    return within(before.part, one) if before and isinstance(one, Hours) else before


def _resolved(text: str, unit: _Unit, here: datetime) -> dict[str, Any]:
    named, clock = unit.days, unit.hours
    day = named.day if named else None
    if clock is None:
        assert named is not None
        until = named.until.isoformat() if named.until else None
        return _value(day, until, None) | _marks(named, None)
    if clock.offset is not None:
        return _from_now(named, clock, here)
    minute, other, closes = clock.minute or 0, clock.other, clock.until
    if (
        other is not None
        and day in (None, here.date())
        and _ahead(other, here)
        and not _ahead(minute, here)
    ):
        closes = closes + other - minute if closes is not None else None
        minute, other = other, minute
    if named and named.day and named.bare and named.day == here.date() and not _ahead(minute, here):
        day = next_one(text[named.start : named.end], here.date() + timedelta(1))
    until = _end(day, closes) if closes is not None else None
    value = _value(day, until, minute) | _marks(named, clock)
    return value | ({"other": _clock(other)} if other is not None else {})


def _ahead(minute: int, here: datetime) -> bool:
    """That time of today is still to come."""
    return minute >= here.hour * 60 + here.minute


def next_one(said: str, since: date) -> date | None:
    """The day that is meant by `said` on the day `since`: of 周日 the next Sunday."""
    return next((one.day for one in days(said, since)), None)


def _from_now(named: Days | None, clock: Hours, here: datetime) -> dict[str, Any]:
    at = here + (clock.offset or timedelta(0))
    if named is not None and named.day is not None:
        return _value(named.day, None, None) | _marks(named, clock)
    return _value(at.date(), None, at.hour * 60 + at.minute) | _marks(None, clock)


def _range(text: str, first: _Unit, last: _Unit, here: datetime) -> Found | None:
    """两点到四点, 3号到5号, 周五晚上到周日: None where the second does not end the first."""
    begins = _resolved(text, first, here)
    if first.hours is None and last.hours is None and first.days and last.days:
        return _span(text, first, last, begins)
    if first.hours is None or last.hours is None or first.hours.minute is None:
        return None
    if last.hours.minute is None:
        return None
    if last.days is not None and last.days.day is not None:
        end = f"{last.days.day.isoformat()}T{_clock(last.hours.minute)}"
        return Found(first.start, last.end, {**begins, "until": end})
    minute = _minute(str(begins["time"]))
    closes = _closing(minute, first.hours, last.hours)
    day = date.fromisoformat(begins["date"]) if begins["date"] else None
    value = {**begins, "until": _end(day, closes)}
    if value.pop("other", None) is not None and minute >= 7 * 60 and not last.hours.part:
        value["fuzzy"] = min(minute, first.hours.other or minute) >= 7 * 60  # 7点到9点: which?
    return Found(first.start, last.end, value)


def _closing(minute: int, first: Hours, last: Hours) -> int:
    """The end's half of the day follows the beginning's: 下午2点到4点; 晚上10点到2点."""
    wanted = last.minute or 0
    options = [wanted]
    if last.other is not None:
        options.append(last.other)
    elif last.hour == 12 and not last.part and (first.part or first.other is not None):
        options.append(wanted + DAY // 2)  # 21:00-12:00 was written by the clock of 24 hours
    options += [each + DAY for each in options]
    return min(each for each in options if each > minute)


def _span(text: str, first: _Unit, last: _Unit, begins: dict[str, Any]) -> Found | None:
    assert first.days is not None
    assert last.days is not None
    opens, closes = first.days.day, last.days.until or last.days.day
    if opens is not None and last.days.bare:
        closes = next_one(text[last.days.start : last.days.end], opens)  # 周五到周一
    if opens is None or closes is None or closes < opens:
        return None
    return Found(first.start, last.end, {**begins, "until": closes.isoformat(), "fuzzy": True})


def _value(day: date | None, until: str | None, minute: int | None) -> dict[str, Any]:
    """Minutes past midnight move the day; without a day they stay a time of the clock."""
    if day is not None and minute is not None:
        day += timedelta(minute // DAY)
    value: dict[str, Any] = {
        "date": day.isoformat() if day else None,
        "time": None if minute is None else _clock(minute),
        "fuzzy": False,
    }
    return value | ({"until": until} if until else {})


def _marks(named: Days | None, clock: Hours | None) -> dict[str, Any]:
    vague_day = named is not None and named.fuzzy
    marks: dict[str, Any] = {"fuzzy": vague_day or bool(clock and clock.fuzzy)}
    if named is not None and named.every:
        marks["every"] = named.every
    if clock is not None and clock.side:
        marks["side"] = clock.side
    return marks


def _end(day: date | None, minute: int) -> str:
    if minute < DAY or day is None:
        return _clock(minute)
    return f"{(day + timedelta(minute // DAY)).isoformat()}T{_clock(minute)}"


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])

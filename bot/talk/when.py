"""What a text says about a slot for a day, a time, or both: read, and checked against the form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from bot.nlp.found import Found
from bot.nlp.normalise import bare
from bot.nlp.values import moments
from bot.talk.form import Form, Slot
from bot.talk.heard import Heard, Problem, Reading

DAY_ALONE = re.compile(r"[0-3]?\d|[一二三四五六七八九十廿]{1,3}")
HOUR_ALONE = re.compile(r"[0-2]?\d|[一二两三四五六七八九十]{1,3}")


def completed(
    slot: Slot, heard: Heard, alone: re.Pattern[str], unit: str, day: date | None
) -> Reading | Problem | None:
    """28 for the 28th, 7 for seven o'clock: nothing else stands in the text."""
    said = bare(heard.plain)
    if not alone.fullmatch(said):
        return None
    named = moments(said + unit, heard.now, heard.zone)
    found = named[0] if named else None
    read = day_of(slot, heard, found) if unit == "号" else time_of(slot, heard, found, day)
    return Reading(read.value) if isinstance(read, Reading) else read


def day_of(slot: Slot, heard: Heard, found: Found | None) -> Reading | Problem | None:
    if found is None:
        return None
    said = found.value
    if "every" in said or _is_span(said) or (said["fuzzy"] and said["time"] is None):
        return Problem("slot.date_vague", vague=True)
    day = date.fromisoformat(said["date"])
    wrong = _wrong_day(slot, day, heard.today)
    return wrong or Reading(day.isoformat(), found)


def _is_span(said: Mapping[str, Any]) -> bool:
    """周末, 3号到5号: it ends on another day."""
    return len(said.get("until", "")) == len("2026-12-05")


def _wrong_day(slot: Slot, day: date, today: date) -> Problem | None:
    ahead = (day - today).days
    if ahead < slot.least:
        earliest = today + timedelta(slot.least)
        if ahead < 0 <= slot.least:
            return Problem("slot.date_past")
        return Problem("slot.date_early", {"day": earliest.isoformat()})
    if ahead > slot.most:
        return Problem("slot.date_far", {"day": (today + timedelta(slot.most)).isoformat()})
    return None


def time_of(
    slot: Slot, heard: Heard, found: Found | None, day: date | None
) -> Reading | Problem | None:
    """The reading of the clock that is open, and still to come: 七点 is the evening here."""
    if found is None or found.value["time"] is None:
        return None
    said = found.value
    if said["fuzzy"] and ("until" in said or "side" in said):
        return Problem("slot.time_vague", vague=True)
    if said["date"] is not None:
        day = date.fromisoformat(said["date"])
    readings = [said["time"], *([said["other"]] if "other" in said else [])]
    if day not in (None, heard.today):
        readings.sort(key=lambda clock: not "07:00" <= clock <= "18:59")
    opened = [clock for clock in readings if _is_open(slot, clock)]
    if not opened:
        hours = ", ".join(f"{first}-{last}" for first, last in slot.hours)
        return Problem("slot.time_closed", {"hours": hours})
    ahead = [clock for clock in opened if day != heard.today or clock > f"{heard.now:%H:%M}"]
    if not ahead and slot.least >= 0:
        return Problem("slot.time_past", {"now": f"{heard.now:%H:%M}"})
    clock = (ahead or opened)[0]
    until = said.get("until", "")
    ends = bool(until) and not said["fuzzy"] and not _is_span(said) and clock == said["time"]
    return Reading(f"{clock}-{until[-5:]}" if ends else clock, found)


def _is_open(slot: Slot, clock: str) -> bool:
    return not slot.hours or any(
        first <= clock <= last if first < last else clock >= first or clock <= last
        for first, last in slot.hours
    )


def moment_of(slot: Slot, heard: Heard, kept: Any) -> Reading | Problem | None:
    """A day and a time, or the half that is named with the half that was kept."""
    old_day, _, old_clock = str(kept or "").partition("T")
    day = day_of(slot, heard, heard.first("date"))
    if isinstance(day, Problem):
        return day
    on = day.value if day else old_day
    clock = time_of(slot, heard, heard.first("time"), date.fromisoformat(on) if on else None)
    if isinstance(clock, Problem) and not (clock.vague and day):
        return clock
    at = clock.value if isinstance(clock, Reading) else old_clock
    if day is None and not isinstance(clock, Reading):
        return None
    found = day.found if day else clock.found if isinstance(clock, Reading) else None
    return Reading(f"{on}T{at}" if at else on, found)


def over(form: Form, values: Mapping[str, Any], here: datetime) -> list[str]:
    """The days and times of `values` that have passed at `here` (in the account's zone), where the
    form asks for none in the past."""
    past = []
    now = f"{here:%Y-%m-%dT%H:%M}"
    filled = [one for one in form.slots if values.get(one.name)]
    days = [str(values[one.name]) for one in filled if one.kind == "date"]
    for slot in filled:
        said = str(values[slot.name])
        if slot.least < 0 or slot.kind not in ("date", "time", "moment"):
            continue
        if slot.kind == "time":
            said = f"{days[0]}T{said[:5]}" if days else now
        if said < now[: len(said)]:
            past.append(slot.name)
    return past


def complete(slot: Slot, value: Any) -> bool:
    """Nothing of it is missing: of a moment both the day and the time are known."""
    return slot.kind != "moment" or len(str(value)) > len("2026-12-03T")

"""When a recurring campaign runs: five cron fields, by the clock of a zone.

Where a change of the clocks skips a wall time, its run is as much later; where it repeats one, the
run comes once, at the first; a cron of every hour comes every hour all the same.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from bot.campaign.document.parts import Recurrence

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NEXT = timedelta(microseconds=1)


@lru_cache(maxsize=256)
def trigger(cron: str, zone: str) -> CronTrigger:
    """Raises ValueError with the reason, in words, for what is no cron of five fields."""
    fields = cron.split()
    if len(fields) != 5:
        raise ValueError("wants five fields: minute hour day month weekday")
    minute, hour, day, month, weekday = fields
    if day != "*" and weekday != "*":
        # Cron means either of them, most people mean both: whoever wants this says which.
        raise ValueError("wants a day of the month or a weekday, not both")
    return CronTrigger(
        minute=minute, hour=hour, day=day, month=month, day_of_week=_weekdays(weekday),
        timezone=ZoneInfo(zone),
    )  # fmt: skip


def _weekdays(field: str) -> str:
    """Cron counts weekdays from Sunday, APScheduler from Monday: names leave no doubt."""

    def named(found: re.Match[str]) -> str:
        if int(found[0]) > 7:
            raise ValueError(f"there is no weekday {found[0]}: 0 is Sunday, 6 Saturday")
        return _DAYS[int(found[0])]

    parts = []
    for part in field.split(","):
        days, slash, step = part.partition("/")
        low, dash, high = days.partition("-")
        if dash and low.strip() in ("0", "sun"):  # Sunday is APScheduler's last day of the week
            parts.append(f"sun{slash}{step}")
            low = "1"
        parts.append(re.sub(r"\d+", named, f"{low}{dash}{high}") + slash + step)
    return ",".join(parts)


def next_after(cron: str, zone: str, after: datetime) -> datetime | None:
    """The first occurrence later than `after`, in UTC; None: there will be none any more.

    Raises ValueError for what is no cron.
    """
    found = trigger(cron, zone)
    every_hour = cron.split()[1].startswith("*")
    while True:
        at: datetime | None = found.get_next_fire_time(None, after.astimezone(UTC) + _NEXT)
        if at is None:
            return None
        after = at.astimezone(UTC)
        if every_hour or not _repeated(after, ZoneInfo(zone)):
            return after


def _repeated(at: datetime, zone: ZoneInfo) -> bool:
    """Whether the wall clock shows this time for the second time."""
    return at.astimezone(zone).fold == 1


def following(
    recurs: Recurrence | None, until: datetime | None, after: datetime
) -> datetime | None:
    """The next occurrence later than `after`, None where there is none before `until`."""
    if recurs is None:
        return None
    found = next_after(recurs.cron, recurs.zone, after)
    return None if found is None or (until is not None and found >= until) else found

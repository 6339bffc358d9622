"""When campaigns that recur come again, and the weeks of a month's grid."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.campaign.recurrence import next_after
from bot.effect.calendar import Recurs
from bot.errors import InvalidInput

MOST_TIMES = 100  # of one campaign in one look: every hour of four days


def recurs(zone: str) -> Recurs:
    """For bot.effect.calendar: a definition's occurrences later than `after`, before `until`."""

    def times(document: Mapping[str, Any], after: datetime, until: datetime) -> Sequence[datetime]:
        plan = document.get("schedule") or {}
        ends = plan.get("until")
        last = min(until, datetime.fromisoformat(ends)) if ends else until
        found: list[datetime] = []
        at: datetime | None = after
        while plan.get("cron") and len(found) < MOST_TIMES:
            at = next_after(plan["cron"], plan.get("zone") or zone, at or after)
            if at is None or at >= last:
                break
            found.append(at)
        return found

    return times


def month_of(text: str, today: date) -> date:
    """The first day of the month 2026-12, of today's where `text` is empty. Raises InvalidInput."""
    if not text:
        return today.replace(day=1)
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise InvalidInput(f"{text[:20]}: a month is written as 2026-12", "month") from None
    if not 2000 <= found.year <= 2999:
        raise InvalidInput(f"{text}: years 2000 to 2999 are shown", "month")
    return found


def next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def weeks_of(first: date) -> list[list[date]]:
    """A month's weeks from Monday on, with the days of its neighbours that fill them."""
    return Calendar().monthdatescalendar(first.year, first.month)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)

"""Months, weeks and days of a calendar."""

from __future__ import annotations

from calendar import Calendar
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.errors import InvalidInput


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

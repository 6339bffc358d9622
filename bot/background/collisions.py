"""营销日历: whom two campaigns of a month both aim at, where counting takes long."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.background.desk import Desk
from bot.campaign.document.occurrences import recurs
from bot.effect.calendar import calendar
from bot.store import accounts

COLLISIONS = "collisions"


def run(desk: Desk) -> dict[str, Any]:
    """asked: {month: 2026-11}; as bot.effect.calendar.Calendar.to_json has them."""
    desk.progress(0)
    return counted(desk.task.account_id, desk.task.asked["month"], desk.now())


def counted(account_id: int, month: str, now: datetime) -> dict[str, Any]:
    """The collisions of a month, in the account's zone. Raises ValueError for no month."""
    zone = accounts.by_id(account_id).timezone
    first = date.fromisoformat(f"{month}-01")
    last = (first + timedelta(days=31)).replace(day=1)
    since, until = (datetime.combine(day, time(), ZoneInfo(zone)) for day in (first, last))
    found = calendar(account_id, since, until, now, recurs(zone))
    return {"month": month, "collisions": [one.to_json() for one in found.collisions]}

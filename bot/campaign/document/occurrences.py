"""When campaigns that recur come again, for calendars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.campaign.document.recurrence import next_after
from bot.effect.calendar import Recurs

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

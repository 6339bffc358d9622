"""The loop closes: what became of each message is told to the event log, and profiles see it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bot.store import effect_outcomes
from bot.store.effect_orders import DEFAULT_WINDOW_DAYS
from bot.store.effect_outcomes import Closed

BUDGET_SECONDS = 10.0


def window_of(definition: dict[str, Any]) -> timedelta:
    """The attribution window as a run's definition says it."""
    return timedelta(days=float(definition.get("attribution_days", DEFAULT_WINDOW_DAYS)))


def over(closed: Closed, now: datetime) -> bool:
    """The window of the last message has passed: a run that was ended early waits for it."""
    return closed.sent_at + window_of(closed.definition) <= now


def tell_due(now: datetime, go_on: Callable[[], bool] | None = None) -> int:
    """Tell the outcomes of closed runs whose window is over; in how many chunks. May be cut off
    anywhere: the next call goes on."""
    ends = time.monotonic() + BUDGET_SECONDS
    go_on = go_on or (lambda: time.monotonic() < ends)
    chunks = 0
    for closed in effect_outcomes.unfinished():
        if closed.told or not over(closed, now):
            continue
        effect_outcomes.open_row(closed)
        while go_on() and effect_outcomes.tell(closed, window_of(closed.definition), now):
            chunks += 1
    return chunks

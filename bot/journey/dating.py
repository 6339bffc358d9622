"""Dates that lead in: birthdays, ends of a membership. Once a day, in the account's zone."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from bot.journey.definition import OnDate
from bot.journey.entering import enter, passed_of
from bot.journey.lanes import Lane, Lanes, latest
from bot.journey.moving import Trip
from bot.store import journey_runs, journeys
from bot.store.db import again, transaction

BATCH = 300
CATCH_UP = 1  # days that are made up for where nothing ran


def enter_by_dates(public_url: str, now: datetime, batch: int = BATCH) -> int:
    """Let in whose day has come; how many came in. Stopped anywhere, it goes on where it was."""
    entered = 0
    for journey in journeys.in_states([journeys.RUNNING]):
        lane = latest(journey)
        if any(trigger.date for trigger in lane.flow.triggers) and _due(lane, now):
            while (some := _batch(lane.journey.id, public_url, now, batch)) is not None:
                entered += some
    return entered


def _due(lane: Lane, now: datetime) -> bool:
    """Today is not done yet, and the first of its hours has come."""
    local = now.astimezone(lane.zone)
    hours = [trigger.date.hour for trigger in lane.flow.triggers if trigger.date]
    held = lane.journey
    done = held.dated_on == local.date().isoformat() and held.dated_after is None
    return not done and local.hour >= min(hours)


@again
def _batch(journey_id: int, public_url: str, now: datetime, limit: int) -> int | None:
    """The next few of the day; None when it is done."""
    with transaction():
        held = journeys.get(journey_id, hold=True)
        lane = latest(held)
        today = now.astimezone(lane.zone).date()
        place = _place(held.dated_on, held.dated_after, today)
        if held.state != journeys.RUNNING or place is None:
            return None
        day, after = place
        found = sorted({who for one in _dates(lane, now) for who in journey_runs.candidates_on(
            held.account_id, one.attribute, days_of(one, day), after, limit)})[:limit]  # fmt: skip
        journeys.set_dated(journey_id, day.isoformat(), found[-1] if len(found) == limit else None)
        lanes = Lanes()
        trip = Trip(lanes, public_url, now)
        entered = enter(lanes, journey_id, found, "date", now)
        if entered is not None:
            trip.tally(passed_of(entered))
            trip.go(entered.runs)
        trip.finish()
        return len(entered.runs) if entered else 0


def _place(dated_on: str, after: int | None, today: date) -> tuple[date, int] | None:
    """(day, follower id) to go on from; None: today is done."""
    if not dated_on:
        return today, 0
    last = date.fromisoformat(dated_on)
    if after is not None and last >= today - timedelta(days=CATCH_UP):
        return last, after
    following = max(last + timedelta(days=1), today - timedelta(days=CATCH_UP))
    return (following, 0) if following <= today else None


def _dates(lane: Lane, now: datetime) -> Iterator[OnDate]:
    hour = now.astimezone(lane.zone).hour
    for trigger in lane.flow.triggers:
        if trigger.date and trigger.date.hour <= hour:
            yield trigger.date


def days_of(one: OnDate, today: date) -> list[str]:
    """The values of the attribute for which `today` is the day: 2026-11-21, or --11-21 yearly."""
    day = today + timedelta(days=one.days_before)
    if not one.yearly:
        return [day.isoformat()]
    found = [f"--{day:%m-%d}"]
    if (day.month, day.day) == (2, 28) and not isleap(day.year):
        found.append("--02-29")  # counts as the 28th, as in segments
    return found

"""The event log, read on for journeys: who comes in, who is out, for whom a wait is over.

Not in a callback's transaction: an event is taken from the log a second after it was received, when
its handling and the profile are through, in batches of some hundred, by one process at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.clock import from_ms
from bot.journey.definition import Flow, Trigger, Wait
from bot.journey.entering import enter, passed_of
from bot.journey.lanes import Lane, Lanes, lane_of
from bot.journey.moving import Trip
from bot.store import journey_log, journey_runs, journeys
from bot.store.db import again, transaction
from bot.store.journey_log import Happened
from bot.store.journey_runs import Run

logger = logging.getLogger(__name__)

PAGE = 1000
PAGES = 20  # in one turn
OPEN = (journeys.RUNNING, journeys.PAUSED)
SETTLE = timedelta(seconds=1)
# Events are read a little late: what happened just before he came to a wait counts as after it.
SLACK = timedelta(seconds=2)
FRESH = timedelta(days=1)  # what is told later, as by an import, leads nobody in
LEFT, REFUSED = "unsubscribe", "opt_out"


def listen(public_url: str, now: datetime) -> int:
    """Read the log on; how many events were read."""
    read = 0
    if not journeys.in_states(OPEN):
        return 0
    for _ in range(PAGES):
        found = _page(public_url, now)
        read += found
        if found < PAGE:
            break
    return read


@again
def _page(public_url: str, now: datetime) -> int:
    with transaction():
        cursor = journey_log.hold()
        if cursor is None:
            return 0
        ears = _Ears(now)
        events = journey_log.page(cursor, now - SETTLE, PAGE)
        trip = Trip(Lanes(), public_url, now)
        _take(ears, trip, [one for one in events if ears.interesting(one)])
        trip.finish()
        after = journey_log.after(cursor, [one.id for one in events], now)
        if after != cursor:
            journey_log.save(after)
        return len(events)


class _Ears:
    """What the journeys listen to: triggers of those that run, everything else of all versions on
    which somebody may be."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        open_ = journeys.in_states(OPEN)
        self.lanes = [lane_of(one, v) for one in open_ for v in journeys.versions(one.id)]
        self._running = [
            lane for lane in self.lanes if lane.running and lane.number == lane.journey.version
        ]
        self._kinds = {
            (lane.journey.account_id, kind)
            for lane in self.lanes
            for one in lane.flow.listens()
            for kind in one.kinds
        }

    def interesting(self, event: Happened) -> bool:
        if event.follower_id is None:
            return False
        kind = event.kind
        return kind in (LEFT, REFUSED) or (event.account_id, kind) in self._kinds

    def led_in_by(
        self, event: Happened, facts: Mapping[str, Any]
    ) -> Iterator[tuple[Lane, Trigger]]:
        """The journeys that the event is a trigger of, each once."""
        at = from_ms(event.at_ms)
        if at <= self.now - FRESH:
            return
        for lane in self._running:
            started = lane.journey.started_at
            if lane.journey.account_id != event.account_id or started is None:
                continue
            if at < started - SLACK:
                continue
            for trigger in lane.flow.triggers:
                if trigger.listen is not None and trigger.listen.hears(event.kind, facts):
                    yield lane, trigger
                    break


def _take(ears: _Ears, trip: Trip, events: Sequence[Happened]) -> None:
    """In rounds in which each follower has one event at most: theirs in the order of the log."""
    people = {one.follower_id for one in events if one.follower_id is not None}
    said = journey_log.facts_of([one.id for one in events])
    runs: dict[int, list[Run]] = {}
    for run in journey_runs.heeding(sorted(people)):
        runs.setdefault(run.follower_id, []).append(run)
    for round_ in _rounds([(one, said.get(one.id, {})) for one in events]):
        heard: list[Run] = []
        into: dict[tuple[int, str], list[int]] = {}
        for event, facts in round_:
            who = event.follower_id or 0
            heard += [run for run in runs.get(who, []) if _hear(trip, run, event, facts)]
            for lane, trigger in ears.led_in_by(event, facts):
                into.setdefault((lane.journey.id, trigger.when), []).append(who)
        trip.go(heard, heard=True)
        for (journey_id, when), some in sorted(into.items()):
            entered = enter(trip.lanes, journey_id, some, when, trip.now)
            if entered is None:
                continue
            trip.tally(passed_of(entered))
            trip.go(entered.runs)
            for run in entered.runs:
                runs.setdefault(run.follower_id, []).append(run)


Told = tuple[Happened, dict[str, Any]]


def _rounds(events: Sequence[Told]) -> Iterator[list[Told]]:
    rounds: list[list[Told]] = []
    place: dict[int | None, int] = {}
    for event, facts in events:
        number = place.get(event.follower_id, 0)
        place[event.follower_id] = number + 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append((event, facts))
    yield from rounds


def _hear(trip: Trip, run: Run, event: Happened, facts: Mapping[str, Any]) -> bool:
    """What the event means to a run; True: what it waits for happened, and it may go on."""
    lane = trip.lanes.of(run.journey_id, run.version)
    at = from_ms(event.at_ms)
    if not run.heeds or at < run.entered_at - SLACK:
        return False
    awaited = run.on_the_way and _awaited(lane.flow, run, event, facts)
    if run.converted_at is None and at <= run.goal_until and _any(lane.flow.goals, event, facts):
        trip.converted(run, at, stays=awaited)
    elif run.on_the_way and (out := _out(lane.flow, event, facts)):
        trip.end(run, out)
    if not awaited or not run.on_the_way:
        return False
    if not lane.running:
        trip.send_on(run)
    return lane.running


def _awaited(flow: Flow, run: Run, event: Happened, facts: Mapping[str, Any]) -> bool:
    what = flow.steps[run.step].what
    if run.since is None or not isinstance(what, Wait):
        return False
    return from_ms(event.at_ms) >= run.since - SLACK and _any(what.listen, event, facts)


def _any(listens: Sequence[Any], event: Happened, facts: Mapping[str, Any]) -> bool:
    return any(one.hears(event.kind, facts) for one in listens)


def _out(flow: Flow, event: Happened, facts: Mapping[str, Any]) -> str:
    """Why the event leads out, "" where it does not."""
    if event.kind == LEFT:
        return "unsubscribed"
    if event.kind == REFUSED and flow.marketing:
        return "opted_out"
    return next((one.why for one in flow.exits if one.listen.hears(event.kind, facts)), "")

"""Where a follower goes next, and what is to be done on the way. Pure: no clock, no database.

He stands at a wait, or at a step that is still to be begun (`since` None: just entered, sent on
while the journey was paused, or moved to a step of another version). Whoever is woken passes steps
until the next wait or the end, so a definition without a cycle without a wait never loops.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from bot.clock import SHANGHAI
from bot.experiment.assign import Assignment, draw
from bot.journey.definition import (
    ACTIONS,
    BEST_HOUR,
    Branch,
    Flow,
    Kind,
    Named,
    Outcome,
    Split,
    Step,
    Wait,
)
from bot.segment.rules import Rule

OVER = "over"  # longer on the way than the journey allows
AGAIN, HELD = "again", "held_out"  # ways past an action that is not done


class Facts(Protocol):
    """What is known of the follower where a step asks."""

    def holds(self, rule: Rule) -> bool: ...

    def outcome(self, step: str) -> Collection[str]:
        """Of SEND_WAYS, what is true of the send of this entry."""
        ...

    def best_hour(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Walk:
    """A follower on the way. `done`: the actions of this entry that are behind him."""

    follower_id: int
    step: str
    since: datetime | None
    wake_at: datetime
    ends_at: datetime
    done: Collection[str] = ()
    held_out: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """hops: (step, way) of each step passed; acts: the actions among them that are to be done.

    outcome "": he stands at `step` since `since` until `wake_at`; else he is out
    """

    hops: tuple[tuple[str, str], ...]
    acts: tuple[Step, ...]
    step: str
    since: datetime | None
    wake_at: datetime
    outcome: str = ""


def advance(
    flow: Flow,
    walk: Walk,
    facts: Facts,
    now: datetime,
    *,
    heard: bool = False,
    zone: ZoneInfo = SHANGHAI,
) -> Moved:
    """The way from where he stands to the next wait or the end.

    heard   what he waits for has happened
    """
    if now >= walk.ends_at:
        return Moved((), (), walk.step, walk.since, now, OVER)
    step, begun = flow.steps[walk.step], walk.since is not None
    if begun and step.kind is Kind.WAIT and not heard and now < walk.wake_at:
        return Moved((), (), walk.step, walk.since, walk.wake_at)
    hops: list[tuple[str, str]] = []
    acts: list[Step] = []
    for _ in range(len(flow.steps) + 1):
        what = step.what
        if isinstance(what, Wait) and not begun:
            wake_at = min(wakes_at(what, now, facts, zone), walk.ends_at)
            return Moved(tuple(hops), tuple(acts), step.id, now, wake_at)
        way, to = _way(flow, step, walk, facts, heard)
        if step.kind in ACTIONS and not way:
            acts.append(step)
        hops.append((step.id, way))
        if step.kind is Kind.END:
            return Moved(tuple(hops), tuple(acts), step.id, now, now, way)
        step, begun = flow.steps[to], False
    raise AssertionError(f"journey {flow.slug}: a cycle without a wait was let through")


def _way(flow: Flow, step: Step, walk: Walk, facts: Facts, heard: bool) -> tuple[str, str]:
    """(name of the way out of the step, the next step)."""
    what = step.what
    if isinstance(what, Wait):
        return ("heard", what.then) if heard else ("over", what.otherwise)
    if isinstance(what, Branch):
        for number, (rule, _, to) in enumerate(what.ways, 1):
            if facts.holds(rule):
                return str(number), to
        return "else", what.otherwise
    if isinstance(what, Split):
        return drawn(flow.slug, step.id, what, walk.follower_id)
    if isinstance(what, Outcome):
        known = facts.outcome(what.of)
        return next(((way, to) for way, to in what.ways.items() if way in known),
                    ("else", what.otherwise))  # fmt: skip
    if step.kind is Kind.END and isinstance(what, Named):
        return what.name, ""
    if walk.held_out:
        return HELD, step.next
    return AGAIN if step.id in walk.done else "", step.next


@lru_cache(maxsize=1024)
def _assignment(journey: str, step: str, split: Split) -> Assignment:
    weights = {str(n): weight for n, (_, weight) in enumerate(split.ways, 1)}
    return Assignment(f"journey:{journey}:{step}", weights)


def drawn(journey: str, step: str, split: Split, follower_id: int) -> tuple[str, str]:
    """The follower's way of a split: always the same, also where another way's weight changes."""
    arm = _assignment(journey, step, split).arm(follower_id)
    return arm, split.ways[int(arm) - 1][0]


def is_held_out(flow: Flow, follower_id: int) -> bool:
    """Walks silently: the same at every entry."""
    return bool(flow.holdout) and (
        draw(("journey", flow.slug, "holdout"), follower_id) < flow.holdout
    )


def wakes_at(wait: Wait, now: datetime, facts: Facts, zone: ZoneInfo) -> datetime:
    """When the time of a wait that begins now is over."""
    at = now + timedelta(seconds=wait.seconds)
    if not wait.until:
        return at
    hour = time(facts.best_hour()) if wait.until == BEST_HOUR else time.fromisoformat(wait.until)
    local = at.astimezone(zone)
    for days in range(8):
        day = local.date() + timedelta(days=days)
        found = datetime.combine(day, hour, zone)
        if found >= local and (not wait.weekdays or day.isoweekday() in wait.weekdays):
            return found.astimezone(now.tzinfo)
    raise AssertionError("a week has every weekday")


def trimmed(trace: list[Any], most: int = 120) -> list[Any]:
    """A trace that does not grow for ever: the oldest hops without an action go first."""
    if len(trace) <= most:
        return trace
    spare = len(trace) - most
    kept = []
    for hop in trace:
        if spare and hop[2]:
            spare -= 1
        else:
            kept.append(hop)
    return kept

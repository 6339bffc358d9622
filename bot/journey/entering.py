"""Coming into a journey: by the rules of its latest version, each follower at most once at a time.

Entries take turns on the journey's row, so that two processes never let one follower in twice and
a cap is a cap. `kill -9` leaves an entry or none: it is part of the transaction that noticed it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.errors import NotFound
from bot.journey.advance import is_held_out
from bot.journey.definition import Flow
from bot.journey.knowing import Known, Scene, look_up
from bot.journey.lanes import Lane, Lanes
from bot.store import journey_runs, journeys
from bot.store.journey_runs import Last, Run

# Following by these words is what the event itself says: its handling may not be through yet.
FOLLOWING = ("subscribe", "scan")


@dataclass(frozen=True, slots=True)
class Entered:
    """runs: who came in, at the first step, due at once; turned_away: why how many did not."""

    lane: Lane
    runs: tuple[Run, ...]
    turned_away: Counter[str]


def enter(
    lanes: Lanes, journey_id: int, people: Iterable[int], by: str, now: datetime
) -> Entered | None:
    """Let followers in, in a transaction; None where the journey does not run.

    by   the trigger: subscribe, scan, event, segment, date, manual, journey
    """
    held = journeys.get(journey_id, hold=True)
    if held.state != journeys.RUNNING:
        return None
    lane = lanes.of(journey_id, held.version)
    asked = sorted(set(people))
    away: Counter[str] = Counter()
    last = journey_runs.latest(journey_id, asked)
    fit = [who for who in asked if not _refused(away, lane.flow, last.get(who), now)]
    fit = _wanted(lane, fit, by, now, away)
    fit = _within_caps(lane, fit, now, away)
    runs = [_new(lane, who, last.get(who), by, now) for who in fit]
    return Entered(lane, tuple(journey_runs.enter(runs)), away)


def _refused(away: Counter[str], flow: Flow, last: Last | None, now: datetime) -> bool:
    word = reentry_word(flow, last, now)
    away[word] += 1 if word else 0
    return bool(word)


def reentry_word(flow: Flow, last: Last | None, now: datetime) -> str:
    """Why who was in it before does not come in again, "" where he does."""
    if last is None:
        return ""
    if last.on_the_way:
        return "on_the_way"
    rule = flow.reentry
    if rule.rule == "never" or last.entry >= rule.most:
        return "was_in"
    if rule.rule == "after" and now < last.entered_at + timedelta(days=rule.days):
        return "too_soon"
    return ""


def _wanted(lane: Lane, people: list[int], by: str, now: datetime, away: Counter[str]) -> list[int]:
    """Who follows, and whom the audience's rule holds."""
    if by not in FOLLOWING:
        here = journey_runs.subscribed(lane.journey.account_id, people)
        away["unsubscribed"] += len(people) - len(here)
        people = [who for who in people if who in here]
    rule = lane.flow.audience
    if rule is None or not people:
        return people
    scene = Scene()
    look_up(scene, [rule], people, now)
    fit = [who for who in people if Known(scene, who, 0).holds(rule)]
    away["not_in_audience"] += len(people) - len(fit)
    return fit


def _within_caps(lane: Lane, people: list[int], now: datetime, away: Counter[str]) -> list[int]:
    room = len(people)
    if people and lane.flow.active_most is not None:
        room = min(room, lane.flow.active_most - journey_runs.count_active(lane.journey.id))
    if people and lane.flow.daily_most is not None:
        today = midnight(now, lane.zone)
        room = min(room, lane.flow.daily_most - journey_runs.count_entered(lane.journey.id, today))
    fit = people[: max(0, room)]
    away["full"] += len(people) - len(fit)
    return fit


def midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of the account's day."""
    local = now.astimezone(zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)


def _new(lane: Lane, who: int, last: Last | None, by: str, now: datetime) -> Run:
    return Run(
        id=0,
        journey_id=lane.journey.id,
        follower_id=who,
        entry=last.entry + 1 if last else 1,
        version=lane.number,
        step=lane.flow.first,
        since=None,
        wake_at=now,
        held_out=is_held_out(lane.flow, who),
        heeds=True,
        entered_by=by,
        outcome="",
        entered_at=now,
        ended_at=None,
        goal_until=now + timedelta(days=lane.flow.goal_days),
        converted_at=None,
    )


def send_into(account_id: int, slug: str, people: Sequence[int], now: datetime) -> int:
    """From another journey: they begin at the next turn. How many came in; none where the journey
    does not run or is not there any more."""
    try:
        journey_id = journeys.by_slug(account_id, slug).id
    except NotFound:
        return 0
    entered = enter(Lanes(), journey_id, people, "journey", now)
    if entered is None:
        return 0
    journey_runs.count_passed(passed_of(entered))
    return len(entered.runs)


def passed_of(entered: Entered) -> Counter[journey_runs.Passed]:
    """The figures of an entry: step "", way entered or away:REASON."""
    lane, counts = entered.lane, Counter[journey_runs.Passed]()
    for one in entered.runs:
        counts[lane.journey.id, lane.number, "", "entered", one.held_out] += 1
    for word, people in entered.turned_away.items():
        if people:
            counts[lane.journey.id, lane.number, "", f"away:{word}"[:24], False] += people
    return counts

"""A batch of runs on their way, in one transaction: positions, effects and figures together.

`kill -9` anywhere leaves all of a batch or nothing of it, so nobody is forgotten and nothing is
done twice; and what is done carries a key of its own (entry and step) besides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.campaign.planning import standing
from bot.clock import to_ms
from bot.errors import NotFound
from bot.journey.advance import Moved, Walk, advance, trimmed
from bot.journey.definition import Kind, Wait
from bot.journey.effects import Act, carry_out
from bot.journey.knowing import Known, know
from bot.journey.lanes import Lane, Lanes
from bot.store import campaigns, journey_runs
from bot.store.journey_runs import Passed, Run

# Ends at which what waits to be sent may still go out: he was walked to them.
ARRIVED = ("finished", "converted", "rest")
CONVERTED = "converted"


class Trip:
    """Runs that the transaction holds. Change them by the methods, then `finish` writes it all."""

    def __init__(self, lanes: Lanes, public_url: str, now: datetime) -> None:
        self.lanes = lanes
        self.public_url = public_url
        self.now = now
        self._ms = to_ms(now)
        self._changed: dict[int, Run] = {}
        self._acts: list[Act] = []
        self._counts: Counter[Passed] = Counter()
        self._left: list[Run] = []

    def go(self, runs: Sequence[Run], *, heard: bool = False) -> None:
        """On to the next wait or the end. heard: what each waits for has happened."""
        by_lane: dict[tuple[int, int], list[Run]] = {}
        for one in runs:
            by_lane.setdefault((one.journey_id, one.version), []).append(one)
        for (journey_id, version), some in by_lane.items():
            lane = self.lanes.of(journey_id, version)
            scene = know(lane, some, self.now)
            for one in some:
                facts = Known(scene, one.follower_id, one.entry)
                walk = _walk(lane, one)
                moved = advance(lane.flow, walk, facts, self.now, heard=heard, zone=lane.zone)
                self._moved(lane, one, moved)

    def _moved(self, lane: Lane, one: Run, moved: Moved) -> None:
        for step, way in moved.hops:
            self.note(one, step, way)
        self._acts += [Act(lane, one, step) for step in moved.acts]
        one.step, one.since, one.wake_at = moved.step, moved.since, moved.wake_at
        self._changed[one.id] = one
        if moved.outcome:
            self.end(one, moved.outcome)

    def note(self, one: Run, step: str, way: str) -> None:
        """Into the run's trace and the step's figures."""
        one.trace.append([step, self._ms, way])
        self._counts[one.journey_id, one.version, step, way, one.held_out] += 1

    def tally(self, counts: Counter[Passed]) -> None:
        """Figures that were made elsewhere: of an entry."""
        self._counts += counts

    def end(self, one: Run, outcome: str) -> None:
        """Out. Until the goal's time is over the row still listens for it."""
        flow = self.lanes.of(one.journey_id, one.version).flow
        open_goal = bool(flow.goals) and one.converted_at is None and self.now < one.goal_until
        one.outcome, one.ended_at = outcome, self.now
        one.wake_at = one.goal_until if open_goal else None
        one.heeds = open_goal
        self._changed[one.id] = one
        self._counts[one.journey_id, one.version, "", f"left:{outcome}"[:24], one.held_out] += 1
        if outcome not in ARRIVED or one.converted_at is not None:
            self._left.append(one)

    def converted(self, one: Run, at: datetime, *, stays: bool) -> None:
        """The goal is reached: noted, and who is on the way is out, unless he just waited for it:
        then he goes the way that was made for that."""
        one.converted_at = at
        self._changed[one.id] = one
        if not one.on_the_way:
            self.close(one)
        elif not stays:
            self.end(one, CONVERTED)

    def close(self, one: Run) -> None:
        """The goal's time is over for who was out before."""
        one.heeds, one.wake_at = False, None
        self._changed[one.id] = one

    def send_on(self, one: Run) -> None:
        """What he waits for happened while the journey is paused: he goes on when it is resumed."""
        step = self.lanes.of(one.journey_id, one.version).flow.steps[one.step]
        if isinstance(step.what, Wait):
            self.note(one, step.id, "heard")
            self.put(one, step.what.then)

    def put(self, one: Run, step: str) -> None:
        """At the beginning of a step, due at once."""
        one.step, one.since, one.wake_at = step, None, self.now
        self._changed[one.id] = one

    def onto(self, one: Run, lane: Lane) -> None:
        """To the same step of another version; a wait's time counts from when he came to it."""
        step, since = lane.flow.steps[one.step], one.since
        one.version = lane.number
        if step.kind is not Kind.WAIT or since is None:
            self.put(one, one.step)
            return
        scene = know(lane, [one], self.now)
        walk = Walk(one.follower_id, one.step, None, since, _ends_at(lane, one))
        facts = Known(scene, one.follower_id, one.entry)
        one.wake_at = advance(lane.flow, walk, facts, since, zone=lane.zone).wake_at
        self._changed[one.id] = one

    def finish(self) -> int:
        """Write everything; how many runs changed."""
        for act, way in carry_out(self._acts, self.public_url, self.now):
            self.note(act.run, act.step.id, way)
        for campaign_id, people in sorted(self._unsent().items()):
            standing.leave(campaign_id, people, self.now)
        changed = list(self._changed.values())
        for one in changed:
            one.trace = trimmed(one.trace)
        journey_runs.write(changed)
        journey_runs.count_passed(self._counts)
        return len(changed)

    def _unsent(self) -> dict[int, list[tuple[int, int]]]:
        """What may still wait to be sent to those who left: campaign id -> (follower, entry)."""
        found: dict[int, list[tuple[int, int]]] = {}
        ids: dict[tuple[int, str], int | None] = {}
        for one in self._left:
            lane = self.lanes.of(one.journey_id, one.version)
            for step in done(one) & lane.actions.keys():
                slug = lane.actions[step]
                key = lane.journey.account_id, slug
                if key not in ids:
                    ids[key] = _campaign(*key)
                if (campaign_id := ids[key]) is not None:
                    found.setdefault(campaign_id, []).append((one.follower_id, one.entry))
        return found


def _campaign(account_id: int, slug: str) -> int | None:
    try:
        return campaigns.by_slug(account_id, slug).id
    except NotFound:
        return None


def done(one: Run) -> set[str]:
    """The actions of this entry that are behind him."""
    return {step for step, _, way in one.trace if way == ""}


def _ends_at(lane: Lane, one: Run) -> datetime:
    return one.entered_at + timedelta(days=lane.flow.longest_days)


def _walk(lane: Lane, one: Run) -> Walk:
    return Walk(
        one.follower_id,
        one.step,
        one.since,
        one.wake_at or one.entered_at,
        _ends_at(lane, one),
        done(one),
        one.held_out,
    )

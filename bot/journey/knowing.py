"""What the steps ahead of some followers ask about them, looked up for all of them at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.clock import to_ms
from bot.errors import NotFound
from bot.journey.definition import BEST_HOUR, Branch, Flow, Outcome, Wait
from bot.journey.lanes import Lane
from bot.profile import around
from bot.profile.rhythm import House, best_hours
from bot.segment.evaluate import looker, needs
from bot.segment.looks import Looker
from bot.segment.rules import Rule
from bot.store import campaigns, follower_facts, journey_figures, profiles
from bot.store.journey_runs import Run
from bot.values.facts import FollowerFacts

USUAL_HOUR = 10  # where nobody's habit is known yet

NOBODY: dict[tuple[int, int], journey_figures.Result] = {}


@dataclass
class Scene:
    """What the facts of one batch share."""

    lookers: dict[int, Looker] = field(default_factory=dict)  # by id of a rule of a kept flow
    facts: dict[int, FollowerFacts] = field(default_factory=dict)
    results: dict[str, dict[tuple[int, int], journey_figures.Result]] = field(default_factory=dict)
    hours: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """`bot.journey.advance.Facts` of one run."""

    scene: Scene
    follower_id: int
    entry: int

    def holds(self, rule: Rule) -> bool:
        facts = self.scene.facts.get(self.follower_id)
        return facts is not None and self.scene.lookers[id(rule)](facts)[0]

    def outcome(self, step: str) -> Collection[str]:
        found = self.scene.results.get(step, NOBODY).get((self.follower_id, self.entry))
        return found.words() if found is not None else ()

    def best_hour(self) -> int:
        return self.scene.hours.get(self.follower_id, USUAL_HOUR)


def know(lane: Lane, runs: Sequence[Run], now: datetime) -> Scene:
    """Everything that the steps between these runs and their next waits may ask."""
    ahead = {step for start in {one.step for one in runs} for step in _ahead(lane.flow, start)}
    whats = [lane.flow.steps[step].what for step in sorted(ahead)]
    scene = Scene()
    rules = [rule for what in whats if isinstance(what, Branch) for rule, _, _ in what.ways]
    if rules:
        look_up(scene, rules, [one.follower_id for one in runs], now)
    for of in {what.of for what in whats if isinstance(what, Outcome)}:
        scene.results[of] = _results(lane, of, runs)
    if any(isinstance(what, Wait) and what.until == BEST_HOUR for what in whats):
        scene.hours = hours_of(lane.journey.account_id, [one.follower_id for one in runs])
    return scene


def _ahead(flow: Flow, start: str) -> set[str]:
    """Steps that somebody at `start` may pass before he waits again: from a wait on as well."""
    found = {start}
    for _, to in flow.steps[start].ways():
        found |= flow.until_a_wait(to)
    return found


def look_up(scene: Scene, rules: Sequence[Rule], people: Sequence[int], now: datetime) -> None:
    """Make the rules ready and read what they need of these followers."""
    loaded = follower_facts.load(sorted(set(people)), needs(rules, now))
    scene.facts = {facts.id: facts for facts in loaded}
    now_ms = to_ms(now)
    scene.lookers = {id(rule): looker(rule, now_ms, timed=False) for rule in rules}


def _results(
    lane: Lane, step: str, runs: Sequence[Run]
) -> dict[tuple[int, int], journey_figures.Result]:
    slug = lane.actions.get(step, "")
    try:
        campaign = campaigns.by_slug(lane.journey.account_id, slug)
    except NotFound:
        return {}
    return journey_figures.results(campaign.id, [(one.follower_id, one.entry) for one in runs])


def hours_of(account_id: int, people: Sequence[int]) -> dict[int, int]:
    house: House = around.house(account_id)
    states = profiles.states_of(sorted(set(people)))
    found = {}
    for who in set(people):
        best = best_hours(states.get(who, {}), house, 1)
        if best is not None and best["hours"]:
            found[who] = int(best["hours"][0]["hour"])
    return found

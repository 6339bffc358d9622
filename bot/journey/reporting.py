"""What came of a journey: who came in, where they are, how they left, what it changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.campaign.states import CampaignStatus
from bot.campaign.stats import Effect, effect
from bot.errors import NotFound
from bot.journey.lanes import Lane, lane_of, latest
from bot.journey.words import away_said, outcome_said, step_said
from bot.store import campaigns, journey_calls, journey_figures, journeys, send_figures
from bot.store.journey_figures import Left, Passed
from bot.store.journeys import JourneyState


@dataclass(frozen=True, slots=True)
class StepFigures:
    """passed: how many went out of the step, by the way they took; sends: rows by state, and by
    reason where they were skipped."""

    version: int
    step: str
    said: str
    here: int
    passed: dict[str, int]
    sends: dict[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything in runs (entries), but `effect`, in followers.

    left    by outcome, those held out and not; on_the_way: the same for those who are
    away    who did not come in, and why
    effect  reached the goal: those treated less those held out, of whose goal the time is over;
            None without a goal or a hold-out
    """

    slug: str
    name: str
    state: str
    version: int
    error: str
    entered: int
    held_out: int
    on_the_way: int
    converted: int
    left: dict[str, int]
    away: dict[str, int]
    steps: tuple[StepFigures, ...]
    webhooks: dict[str, int]
    effect: Effect | None

    def to_json(self) -> dict[str, Any]:
        found = asdict(self)
        found["steps"] = [asdict(step) for step in self.steps]
        return found


def report(account_id: int, slug: str, now: datetime, lang: str = "zh") -> Report:
    """Raises NotFound: no such journey, or no version of it."""
    journey = journeys.by_slug(account_id, slug)
    lane = latest(journey)
    left = journey_figures.left(journey.id)
    passed = journey_figures.passed(journey.id)
    return Report(
        journey.slug,
        journey.name,
        journey.state,
        journey.version,
        journey.error or _held_up(journey),
        entered=sum(one.runs for one in left),
        held_out=sum(one.runs for one in left if one.held_out),
        on_the_way=sum(one.runs for one in left if not one.outcome),
        converted=sum(one.converted for one in left),
        left=_left(left),
        away={
            one.way.removeprefix("away:"): one.people
            for one in _summed(passed)
            if one.way.startswith("away:")
        },
        steps=tuple(_steps(journey, passed, lang)),
        webhooks=journey_calls.counts(journey.id),
        effect=_effect(journey, lane, now),
    )


def _held_up(journey: JourneyState) -> str:
    """A standing campaign that was paused by itself, and why: what it is to send waits. Pausing and
    resuming the journey sets it going again."""
    if journey.state != journeys.RUNNING:
        return ""
    for slug in sorted({s for v in journeys.versions(journey.id) for s in v.actions.values()}):
        try:
            campaign = campaigns.by_slug(journey.account_id, slug)
        except NotFound:
            continue
        if campaign.state == CampaignStatus.PAUSED:
            return f"{slug} is paused: {campaign.error}"
    return ""


def _left(left: list[Left]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in left:
        if one.outcome:
            found[one.outcome] = found.get(one.outcome, 0) + one.runs
    return found


def _summed(passed: list[Passed]) -> list[Passed]:
    """Of the journey itself (step ""), over all versions."""
    ways: dict[str, int] = {}
    for one in passed:
        if not one.step:
            ways[one.way] = ways.get(one.way, 0) + one.people
    return [Passed(0, "", way, False, people) for way, people in ways.items()]


def _steps(journey: JourneyState, passed: list[Passed], lang: str) -> list[StepFigures]:
    """Of the latest version all steps; of older ones those where anybody is or was."""
    here = {(one.version, one.step): one.people for one in journey_figures.standing(journey.id)}
    ways: dict[tuple[int, str], dict[str, int]] = {}
    for one in passed:
        if one.step:
            by_way = ways.setdefault((one.version, one.step), {})
            name = "held_out" if one.held_out else one.way or "done"
            by_way[name] = by_way.get(name, 0) + one.people
    found = []
    for version in journeys.versions(journey.id):
        lane = lane_of(journey, version)
        for step in lane.flow.steps.values():
            key = version.number, step.id
            if version.number != journey.version and key not in here and key not in ways:
                continue
            found.append(
                StepFigures(
                    *key, step_said(step, lang), here.get(key, 0), ways.get(key, {}),
                    _sends(lane, step.id),
                )
            )  # fmt: skip
    return found


def _sends(lane: Lane, step: str) -> dict[str, int]:
    slug = lane.actions.get(step)
    if slug is None:
        return {}
    try:
        campaign = campaigns.by_slug(lane.journey.account_id, slug)
    except NotFound:
        return {}
    found: dict[str, int] = {}
    for count in send_figures.counts(campaign.id, None):
        word = f"skipped:{count.skip}" if count.state == "skipped" else count.state
        found[word] = found.get(word, 0) + count.rows
    return found


def _effect(journey: JourneyState, lane: Lane, now: datetime) -> Effect | None:
    if not lane.flow.goals or not lane.flow.holdout:
        return None
    arms = journey_figures.arms(journey.id, now - timedelta(days=lane.flow.goal_days))
    return effect(arms.get(False, (0, 0)), arms.get(True, (0, 0)))


def lines(found: Report, lang: str = "zh") -> list[str]:
    """The report for people."""
    said = [
        f"{found.name}（{found.slug}）{found.state} · v{found.version}",
        f"进入 {found.entered}（对照 {found.held_out}） 进行中 {found.on_the_way}"
        f" 达成目标 {found.converted}"
        if lang == "zh"
        else f"entered {found.entered} (held out {found.held_out}), on the way"
        f" {found.on_the_way}, converted {found.converted}",
    ]
    said += [f"  {outcome_said(word, lang)} {many}" for word, many in sorted(found.left.items())]
    said += [f"  ✗ {away_said(word, lang)} {many}" for word, many in sorted(found.away.items())]
    for step in found.steps:
        ways = " ".join(f"{way}={many}" for way, many in sorted(step.passed.items()))
        sends = " ".join(f"{word}={many}" for word, many in sorted(step.sends.items()))
        said.append(f"v{step.version} [{step.step}] {step.said} · {step.here} | {ways} | {sends}")
    if found.effect is not None:
        one = found.effect
        said.append(
            f"{one.sent_rate:.1%} - {one.held_out_rate:.1%} = {one.difference:+.1%}"
            f" ({one.low:+.1%} .. {one.high:+.1%}){'' if one.enough else ' ?'}"
        )
    return said + ([f"! {found.error}"] if found.error else [])

"""What came of a journey: who came in, where they are, how they left, what it changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.campaign.results.stats import Effect, effect
from bot.campaign.states import CampaignStatus
from bot.effect.increment import of_run
from bot.effect.reporting import funnel
from bot.effect.tables import between, percent, yuan
from bot.effect.telling import effect_told
from bot.errors import NotFound
from bot.i18n import catalogue, t
from bot.journey.lanes import Lane, lane_of, latest
from bot.journey.words import away_said, outcome_said, send_said, step_said
from bot.segment.catalogue import titles as titles_of
from bot.store import campaigns, journey_calls, journey_figures, journeys, send_figures, sizes
from bot.store.journey_figures import Left, Passed
from bot.store.journeys import JourneyState
from bot.store.send_figures import CONTROL, HOLD_OUT, Count
from bot.values.audience import SendState, Skip

STANDING, REPORT = "standing", "journey"  # of bot.effect.keeping
FEW, FEW_STANDING = 1000, 50_000  # runs: what a page counts at its first look
OUTCOMES = ("sent", "delivered", "clicked", "claimed", "redeemed", "goals", "buyers", "revenue_fen")


@dataclass(frozen=True, slots=True)
class StepFigures:
    """passed: how many went out of the step, by the way they took; sends: rows by state, and by
    reason where they were skipped or held out.

    outcomes   of a sending step: what came of its sends, as `effects funnel` counts it; increment
               and by_control: against the send's own hold-out, and the account's control group
    """

    version: int
    step: str
    said: str
    here: int
    passed: dict[str, int]
    sends: dict[str, int]
    outcomes: dict[str, Any] | None = None
    increment: dict[str, Any] | None = None
    by_control: dict[str, Any] | None = None


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
        steps=tuple(_steps(journey, passed, now, lang)),
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


def _steps(
    journey: JourneyState, passed: list[Passed], now: datetime, lang: str
) -> list[StepFigures]:
    """Of the latest version all steps; of older ones those where anybody is or was."""
    here = {(one.version, one.step): one.people for one in journey_figures.standing(journey.id)}
    ways: dict[tuple[int, str], dict[str, int]] = {}
    for one in passed:
        if one.step:
            by_way = ways.setdefault((one.version, one.step), {})
            name = "held_out" if one.held_out else one.way or "done"
            by_way[name] = by_way.get(name, 0) + one.people
    found, titles = [], titles_of(journey.account_id)
    for version in journeys.versions(journey.id):
        lane = lane_of(journey, version)
        for step in lane.flow.steps.values():
            key = version.number, step.id
            if version.number != journey.version and key not in here and key not in ways:
                continue
            found.append(
                StepFigures(
                    *key, step_said(step, lang, titles), here.get(key, 0), ways.get(key, {}),
                    **_sent(lane, step.id, now),
                )
            )  # fmt: skip
    return found


def _sent(lane: Lane, step: str, now: datetime) -> dict[str, Any]:
    """The figures of a sending step, by name; of another one no sends."""
    slug = lane.actions.get(step)
    try:
        campaign = campaigns.by_slug(lane.journey.account_id, slug) if slug else None
    except NotFound:
        campaign = None
    if campaign is None:
        return {"sends": {}}
    counts = send_figures.counts(campaign.id, None)
    found: dict[str, int] = {}
    for count in counts:
        word = f"{count.state}:{count.skip}" if _told_why(count) else count.state
        found[word] = found.get(word, 0) + count.rows
    total = funnel(campaign, now).total
    run, held = campaigns.generation(campaign.id, 1), send_figures.held_out_by(counts)
    return {
        "sends": found,
        "outcomes": {name: getattr(total, name) for name in OUTCOMES},
        "increment": of_run(campaign, run, now).to_json() if held[HOLD_OUT] else None,
        "by_control": (
            of_run(campaign, run, now, control=True).to_json() if held[CONTROL] else None
        ),
    }


def _told_why(count: Count) -> bool:
    return count.state == SendState.SKIPPED or (
        count.state == SendState.HELD_OUT and count.skip in (Skip.GLOBAL_CONTROL, Skip.ELSEWHERE)
    )


def _effect(journey: JourneyState, lane: Lane, now: datetime) -> Effect | None:
    if not lane.flow.goals or not lane.flow.holdout:
        return None
    arms = journey_figures.arms(journey.id, now - timedelta(days=lane.flow.goal_days))
    return effect(arms.get(False, (0, 0)), arms.get(True, (0, 0)), peeking=True)


def refs(account_id: int, now: datetime) -> list[str]:
    """Journeys that were ever started, by slug."""
    return [one.slug for one in journeys.of_account(account_id) if one.version]


def few_standing(account_id: int, ref: str, now: datetime) -> bool:
    """Raises NotFound."""
    return sizes.few_in_journey(journeys.by_slug(account_id, ref).id, FEW_STANDING)


def few_report(account_id: int, ref: str, now: datetime) -> bool:
    """Raises NotFound."""
    return sizes.few_in_journey(journeys.by_slug(account_id, ref).id, FEW)


def count_standing(account_id: int, ref: str, now: datetime) -> dict[str, Any]:
    """{"standing": [[version, step, people], ...]}, for bot.effect.keeping. Raises NotFound."""
    found = journey_figures.standing(journeys.by_slug(account_id, ref).id)
    return {"standing": [list(one) for one in found]}


def count_report(account_id: int, ref: str, now: datetime) -> dict[str, Any]:
    """The report's lines by language, for bot.effect.keeping. Raises NotFound."""
    found = report(account_id, ref, now, "zh")
    return {"zh": lines(found, "zh"), "en": lines(_said_in(found, account_id, "en"), "en")}


def _said_in(found: Report, account_id: int, lang: str) -> Report:
    """The same report, its steps in another language: nothing is counted twice."""
    journey = journeys.by_slug(account_id, found.slug)
    lanes = {one.number: lane_of(journey, one) for one in journeys.versions(journey.id)}
    titles = titles_of(account_id)
    steps = tuple(
        replace(one, said=step_said(lanes[one.version].flow.steps[one.step], lang, titles))
        for one in found.steps
    )
    return replace(found, steps=steps)


def lines(found: Report, lang: str = "zh") -> list[str]:
    """The report for people."""
    said = [
        f"{found.name}（{found.slug}）{t(f'journey.state.{found.state}', lang)} · v{found.version}",
        f"进入 {found.entered}（对照 {found.held_out}） 进行中 {found.on_the_way}"
        f" 达成目标 {found.converted}"
        if lang == "zh"
        else f"entered {found.entered} (held out {found.held_out}), on the way"
        f" {found.on_the_way}, converted {found.converted}",
    ]
    said += [f"  {outcome_said(word, lang)} {many}" for word, many in sorted(found.left.items())]
    said += [f"  ✗ {away_said(word, lang)} {many}" for word, many in sorted(found.away.items())]
    for step in found.steps:
        said += _step_lines(step, lang)
    if found.effect is not None:
        said.append(_effect_line(found.effect, lang))
    return said + ([f"! {found.error}"] if found.error else [])


def _step_lines(step: StepFigures, lang: str) -> Iterator[str]:
    ways = " ".join(f"{_way_said(way, lang)} {many}" for way, many in sorted(step.passed.items()))
    yield f"v{step.version} [{step.step}] {step.said} · {step.here}" + (
        f" | {ways}" if ways else ""
    )
    if step.sends:
        told = (f"{send_said(word, lang)} {many}" for word, many in sorted(step.sends.items()))
        yield "    " + t("list.separator", lang).join(told)
    if step.outcomes is not None:
        money = {**step.outcomes, "revenue": yuan(step.outcomes["revenue_fen"])}
        yield "    " + t("journey.report.outcomes", lang, **money)
    for title, more in (("increment", step.increment), ("by_control", step.by_control)):
        if more is not None:
            yield "    " + t(f"journey.report.{title}", lang)
            yield from (f"      {line}" for line in effect_told(more, lang))


def _way_said(way: str, lang: str) -> str:
    key = f"journey.report.way.{way}"
    return t(key, lang) if key in catalogue(lang) else way


def _effect_line(one: Effect, lang: str) -> str:
    words = "journey.report.effect" if one.enough else "journey.report.effect_few"
    return t(
        words, lang, sent=f"{one.sent:,}", held_out=f"{one.held_out:,}",
        rate=percent(one.sent_rate), base=percent(one.held_out_rate),
        difference=between((one.difference, one.low, one.high)),
    )  # fmt: skip

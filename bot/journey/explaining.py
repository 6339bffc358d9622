"""Why somebody got what: their ways through journeys, step by step, in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import from_ms, wall
from bot.errors import NotFound
from bot.i18n import t
from bot.journey.definition import Kind, Wait
from bot.journey.lanes import Lane, Lanes
from bot.journey.words import outcome_said, send_said, step_said, ways_said
from bot.segment.catalogue import titles as titles_of
from bot.segment.sentence import Titles
from bot.store import campaigns, journey_figures, journey_runs
from bot.store.journey_runs import Run


@dataclass(frozen=True, slots=True)
class Hop:
    """A step that somebody passed. `way`: why he went on as he did; `sent`: what became of it."""

    at: datetime
    step: str
    said: str
    way: str
    sent: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """One entry into a journey. `standing`: the step he is at and until when, "" when out."""

    journey: str
    name: str
    entry: int
    version: int
    entered_at: datetime
    entered_by: str
    held_out: bool
    outcome: str
    ended_at: datetime | None
    converted_at: datetime | None
    standing: str
    until: datetime | None
    hops: tuple[Hop, ...]

    def left(self, lang: str = "zh") -> str:
        """How he is out of it, in words."""
        return outcome_said(self.outcome, lang)

    def to_json(self) -> dict[str, Any]:
        found = asdict(self)
        found["hops"] = [asdict(hop) for hop in self.hops]
        return found


def explain(follower_id: int, lang: str = "zh") -> list[Way]:
    """Every way of a follower, the latest first."""
    lanes = Lanes()
    return [_way(lanes.of(one.journey_id, one.version), one, lang)
            for one in journey_runs.of_follower(follower_id)]  # fmt: skip


def _way(lane: Lane, one: Run, lang: str) -> Way:
    step, titles = lane.flow.steps[one.step], titles_of(lane.journey.account_id)
    standing = step_said(step, lang, titles) if one.on_the_way else ""
    return Way(
        lane.journey.slug,
        lane.journey.name,
        one.entry,
        one.version,
        one.entered_at,
        one.entered_by,
        one.held_out,
        one.outcome,
        one.ended_at,
        one.converted_at,
        standing,
        one.wake_at if one.on_the_way and isinstance(step.what, Wait) else None,
        tuple(_hop(lane, one, *hop, lang=lang, titles=titles) for hop in one.trace),
    )


def _hop(lane: Lane, one: Run, id_: str, at_ms: int, way: str, *, lang: str, titles: Titles) -> Hop:
    """A step of an older version that the present one has not is shown by its id."""
    step = lane.flow.steps.get(id_)
    if step is None:
        return Hop(from_ms(at_ms), id_, id_, way)
    names = [name for name, _ in step.ways()]
    words = (said for said, _ in ways_said(step, lang, titles))
    said = dict(zip(names, words, strict=True))
    because = said.get(way) or _past(way, lang)
    sent = _sent(lane, one, id_) if step.kind is Kind.SEND and not way else ""
    return Hop(from_ms(at_ms), id_, step_said(step, lang, titles), because, sent)


def _past(way: str, lang: str) -> str:
    """Why an action was passed by: done before, held out, or why there was no coupon."""
    if way in ("again", "held_out"):
        return t(f"journey.past.{way}", lang)
    try:
        return t(f"fan.skip.{way}", lang) if way else ""
    except KeyError:
        return way


def _sent(lane: Lane, one: Run, step: str) -> str:
    try:
        campaign = campaigns.by_slug(lane.journey.account_id, lane.actions.get(step, ""))
    except NotFound:
        return ""
    pair = one.follower_id, one.entry
    found = journey_figures.results(campaign.id, [pair]).get(pair)
    if found is None:
        return ""
    return f"{found.state}:{found.skip}" if found.skip else found.state


def lines(ways: list[Way], zone: ZoneInfo, lang: str = "zh") -> list[str]:
    """Times by the clock of `zone`."""
    found = []
    for way in ways:
        out = way.left(lang)
        held = f" · {t('journey.past.held_out', lang)}" if way.held_out else ""
        found.append(f"{way.name}（{way.journey} v{way.version} #{way.entry}）{out}{held}")
        found.append(f"  {wall(way.entered_at, zone)} · {way.entered_by}")
        for hop in way.hops:
            because = f" · {hop.way}" if hop.way else ""
            sent = f" · {send_said(hop.sent, lang)}" if hop.sent else ""
            found.append(f"  {wall(hop.at, zone)[5:]} [{hop.step}] {hop.said}{because}{sent}")
        if way.standing:
            until = f" → {wall(way.until, zone)[5:]}" if way.until else ""
            found.append(f"  … {way.standing}{until}")
    return found

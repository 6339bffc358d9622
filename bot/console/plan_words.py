"""A campaign's plan in words: when, how often at most, to what end. What an approver decides on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.campaign.document.definition import Definition
from bot.campaign.document.parts import Guardrails
from bot.console.shell import Words, language, listed, shown_at, worded
from bot.segment.verbs import verb

Line = tuple[str, str]  # what it is, how it is set


def plan_said(
    definition: Definition, standing: str, now: datetime, say: Words, zone: ZoneInfo
) -> list[Line]:
    """The lines of a plan, the start first.

    standing  how its approval stands (bot.campaign.approve.standing_of)
    """
    return [
        *_when(definition, now, say, zone),
        *_guarded(definition.guardrails, say),
        *_ends(definition, say),
        (say("con.plan.approval"), say(f"con.approval.{standing}")),
    ]


def _when(definition: Definition, now: datetime, say: Words, zone: ZoneInfo) -> Iterator[Line]:
    at, recurs = definition.at, definition.recurs
    parts = []
    if recurs is not None:
        parts.append(say("con.plan.again", cron=recurs.cron, zone=recurs.zone))
    if at is not None:
        past = at <= now and recurs is None
        parts.append(say("con.plan.at_past" if past else "con.plan.at", at=shown_at(at, zone)))
    if definition.best_hour:
        parts.append(say("con.plan.best_hour"))
    yield say("con.plan.start"), listed(parts) or say("con.plan.by_hand")
    if definition.until is not None:
        yield say("con.plan.until"), shown_at(definition.until, zone)
    if pace := definition.pace:
        speeds = [say("con.plan.pace_said", rate=pace.per_minute)] if pace.per_minute else []
        if pace.ramp_minutes:
            speeds.append(say("con.plan.ramp", minutes=pace.ramp_minutes))
        yield say("con.plan.pace"), listed(speeds)


def _guarded(guardrails: Guardrails, say: Words) -> Iterator[Line]:
    spans = [(guardrails.quiet_from, guardrails.quiet_to), guardrails.also_quiet or (None, None)]
    quiet = [
        say("con.plan.quiet_span", start=f"{start:%H:%M}", end=f"{end:%H:%M}")
        for start, end in spans
        if start is not None and end is not None
    ]
    yield say("con.plan.quiet"), listed(quiet) or say("con.plan.none")
    caps = [
        say(f"con.plan.cap_{name}", many=many)
        for name in ("day", "week", "month")
        if (many := getattr(guardrails, f"per_{name}")) is not None
    ]
    if caps:
        caps.append(say(f"con.plan.capped.{guardrails.when_capped}"))
    yield say("con.plan.caps"), listed(caps) or say("con.plan.none")
    if rest := guardrails.rest:
        said = say("con.plan.rest_said", many=rest.after_unanswered, days=rest.days)
        yield say("con.plan.rest"), said
    if variety := guardrails.variety:
        yield say("con.plan.variety"), say("con.plan.days", days=variety.same_topic_days)


def _ends(definition: Definition, say: Words) -> Iterator[Line]:
    goal = definition.goal
    event = goal.event if goal else "order"
    days = (goal.within_days if goal else None) or definition.attribution_days
    what = worded(f"con.form.goal.{event}", verb(event, language()), say)
    yield say("con.plan.goal"), say("con.plan.goal_said", what=what, days=f"{days:.3g}")
    if definition.reminder is not None:
        hours = f"{definition.reminder.hours_before_expiry:g}"
        yield say("con.plan.reminder"), say("con.plan.reminder_said", hours=hours)

"""A journey's document (YAML or JSON, read already) becomes a Flow, or an error with its path.

Each field alone is judged here; how the steps hang together is `bot.journey.checks`.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from bot.campaign.document.fields import Fields
from bot.clock import SHANGHAI
from bot.journey.definition import SLUG, Exit, Flow, OnDate, Reentry, Trigger, of_event, of_scan
from bot.journey.listen_reading import event, listens, parsed, segment
from bot.journey.step_reading import MOST_DAYS, read_steps
from bot.segment import rules

TRIGGERS = ("subscribe", "scan", "event", "segment", "date", "manual")
REENTRY = ("never", "after", "always")


def parse(document: Any, zone: ZoneInfo = SHANGHAI) -> Flow:
    """The flow in `document`. Raises InvalidInput with the path of the first field that breaks a
    rule."""
    fields = Fields(document)
    slug, name = fields.text("slug", pattern=SLUG), fields.text("name")
    steps = read_steps(fields, name, zone)
    limits = fields.child("limits") or Fields({}, "limits")
    flow = Flow(
        slug=slug,
        name=name,
        triggers=_triggers(fields),
        steps=steps,
        first=next(iter(steps)),
        audience=_rule(fields, "audience"),
        holdout=fields.number("holdout", 0, 0, 0.9),
        reentry=_reentry(fields),
        goals=listens(fields, "goals"),
        goal_days=fields.number("goal_days", 30, 0.01, MOST_DAYS),
        exits=tuple(Exit(one) for one in listens(fields, "exits")),
        longest_days=fields.number("longest_days", 180, 0.01, 2 * MOST_DAYS),
        active_most=limits.whole("active", None, 1, 10**9) if limits.has("active") else None,
        daily_most=limits.whole("daily", None, 1, 10**9) if limits.has("daily") else None,
        source=dict(document),
    )
    limits.raw("active", None), limits.raw("daily", None)
    limits.done()
    fields.done()
    return flow


def _triggers(fields: Fields) -> tuple[Trigger, ...]:
    held = fields.raw("trigger")
    items = list(held) if isinstance(held, list | tuple) else [held]
    if not 0 < len(items) <= 5:
        raise fields.refuse("trigger", "wants one trigger, or a list of at most five")
    several = isinstance(held, list | tuple)
    found = tuple(
        _trigger(Fields(item, fields.at(f"trigger[{i}]" if several else "trigger")))
        for i, item in enumerate(items)
    )
    if sum(one.date is not None for one in found) > 1:
        raise fields.refuse("trigger", "at most one date: make another journey for the other")
    return found


def _trigger(fields: Fields) -> Trigger:
    when = fields.one_of("when", TRIGGERS)
    heard, date = None, None
    if when == "subscribe":
        heard = of_event("subscribe")
    elif when == "scan":
        heard = of_scan(fields.text("scene", "*"))
    elif when == "event":
        heard = event(fields)
    elif when == "segment":
        heard = segment(fields)
    elif when == "date":
        date = OnDate(
            fields.text("attribute", longest=32),
            fields.whole("days_before", 0, -MOST_DAYS, MOST_DAYS),
            fields.whole("hour", 9, 0, 23),
            _flag(fields, "yearly", True),
        )
    fields.done()
    return Trigger(when, heard, date)


def _flag(fields: Fields, name: str, default: bool) -> bool:
    value = fields.raw(name, default)
    if not isinstance(value, bool):
        raise fields.refuse(name, "wants true or false")
    return value


def _rule(fields: Fields, name: str) -> rules.Rule | None:
    document = fields.raw(name, None)
    return None if document is None else parsed(document, fields.at(name))


def _reentry(fields: Fields) -> Reentry:
    child = fields.child("reentry")
    if child is None:
        return Reentry()
    rule = child.one_of("rule", REENTRY)
    days = child.number("days", None if rule == "after" else 0, 0, 10 * MOST_DAYS)
    most = child.whole("most", 1 if rule == "never" else 1000, 1, 10_000)
    child.done()
    return Reentry(rule, days, 1 if rule == "never" else most)

"""Reading the parts of a campaign's document: each checked once, a complaint names its path."""

from __future__ import annotations

import re
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.campaign.document.fields import REQUIRED, Fields
from bot.campaign.document.parts import (
    Audience,
    Choice,
    Experiment,
    Goal,
    Guardrails,
    Match,
    Pace,
    Recurrence,
    Rest,
    Variety,
    Winner,
)
from bot.campaign.document.recurrence import trigger

SLUG = r"[a-z0-9][a-z0-9-]{0,62}"
EVENT = r"[a-z0-9_]+(\.[a-z0-9_]+)*"
KEY = r"[a-z0-9][a-z0-9_-]{0,31}"
CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
METRICS = ("clicked", "claimed", "redeemed", "ordered")
MAX_SEGMENTS = 20
MAX_PIECES = 50
MAX_PER_MINUTE = 100_000
MAX_CHOICES = 50
MAX_MARGIN_FEN = 100_000_000


def audience(fields: Fields, *, standing: bool = False) -> tuple[str, Audience | None]:
    """(segment, None) for the short form, ("", audience) for the long one, neither for a standing
    campaign: the journey brings its followers."""
    long = fields.child("audience")
    if long is None or standing:
        return fields.text("segment", "" if standing else REQUIRED, pattern=SLUG), None
    if fields.has("segment"):
        raise fields.refuse("audience", "says who it is for, and so does segment: one of them")
    fields.text("segment", "")
    found = _audience(long)
    long.done()
    return "", found


def _audience(fields: Fields) -> Audience:
    forms = [name for name in ("segment", "any", "all") if fields.has(name)]
    if len(forms) > 1:
        raise fields.refuse(forms[1], f"stands beside {forms[0]}: one of them")
    one = fields.text("segment", "", pattern=SLUG)
    found = Audience(
        (one,) if one else (_slugs(fields, "any") or _slugs(fields, "all")),
        "all" if forms == ["all"] else "any",
        _slugs(fields, "also"),
        _slugs(fields, "lists"),
        _slugs(fields, "except"),
    )
    if not (found.segments or found.also or found.lists):
        raise fields.refuse("any", "names nobody: a segment, or a list, is required")
    if both := set(found.excluded) & {*found.segments, *found.also, *found.lists}:
        raise fields.refuse("except", f"{min(both)} is let in and left out")
    return found


def _slugs(fields: Fields, name: str) -> tuple[str, ...]:
    words = fields.items(name)
    for i, word in enumerate(words):
        if not isinstance(word, str) or not re.fullmatch(SLUG, word):
            raise fields.refuse(f"{name}[{i}]", f"wants the form {SLUG}")
    if len(words) > MAX_SEGMENTS:
        raise fields.refuse(name, f"at most {MAX_SEGMENTS}")
    return tuple(dict.fromkeys(words))


def goal(fields: Fields) -> Goal | None:
    child = fields.child("goal")
    if child is None:
        return None
    where = child.child("where")
    facts = where.plain() if where is not None else {}
    days = None if not child.has("within_days") else child.number("within_days", 7, 0.01, 90)
    child.raw("within_days", None)
    found = Goal(child.text("event", longest=32, pattern=EVENT), facts, days)
    child.done()
    return found


def recurrence(schedule: Fields, zone: ZoneInfo) -> Recurrence | None:
    """`zone`: where the schedule names none."""
    name = schedule.text("zone", zone.key)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise schedule.refuse("zone", "wants a zone like Asia/Shanghai") from None
    times = schedule.whole("times", 1, 1, 10_000) if schedule.has("times") else None
    schedule.raw("times", None)
    late = schedule.one_of("catch_up", ("one", "none"), "one")
    cron = schedule.text("cron", "")
    if not cron:
        if times is not None:
            raise schedule.refuse("times", "is of a cron, and there is none")
        return None
    try:
        trigger(cron, name)
    except ValueError as error:
        raise schedule.refuse("cron", str(error)) from None
    return Recurrence(" ".join(cron.split()), name, times, "none" if late == "none" else "one")


def pace(fields: Fields) -> Pace | None:
    child = fields.child("pace")
    if child is None:
        return None
    rate = child.whole("per_minute", 1, 1, MAX_PER_MINUTE) if child.has("per_minute") else None
    child.raw("per_minute", None)
    found = Pace(rate, child.whole("ramp_minutes", 0, 0, 24 * 60))
    child.done()
    return found


def pieces(fields: Fields) -> tuple[str, ...]:
    """One piece of the content library for everybody, or several of which each follower gets the
    one that suits them; none where the text says it all."""
    value = fields.raw("content", [])
    words = [value] if isinstance(value, str) else fields.items("content")
    for i, word in enumerate(words):
        if not isinstance(word, str) or not re.fullmatch(SLUG, word):
            raise fields.refuse(f"content[{i}]", f"wants the form {SLUG}")
    if len(words) > MAX_PIECES:
        raise fields.refuse("content", f"at most {MAX_PIECES}")
    return tuple(dict.fromkeys(words))


def match(fields: Fields) -> Match | None:
    """Several coupon batches, each follower one: by slug, or with what a redemption earns."""
    child = fields.child("match")
    if child is None:
        return None
    words = child.items("offers")
    found = tuple(_choice(child, i, word) for i, word in enumerate(words))
    if not 2 <= len(found) <= MAX_CHOICES:
        raise child.refuse("offers", f"wants 2 to {MAX_CHOICES}; for one alone there is offer")
    if len({one.batch for one in found}) < len(found):
        raise child.refuse("offers", "names a batch twice")
    whole = child.whole("minimum_fen", 0, 0, MAX_MARGIN_FEN)
    assumed = child.number("assumed", 0.05, 0.0001, 0.5)
    uplift = child.one_of("by", ("response", "uplift"), "response") == "uplift"
    leaver = child.whole("leaver_fen", 0, 0, MAX_MARGIN_FEN)
    child.done()
    return Match(found, whole, assumed, "uplift" if uplift else "response", leaver)


def _choice(child: Fields, place: int, word: object) -> Choice:
    one = Fields({"batch": word} if isinstance(word, str) else word, child.at(f"offers[{place}]"))
    slug = one.text("batch", pattern=SLUG)
    margin = one.whole("margin_fen", 0, 0, MAX_MARGIN_FEN) if one.has("margin_fen") else None
    one.raw("margin_fen", None)
    one.done()
    return Choice(slug, margin)


def experiment(fields: Fields, variants: int) -> Experiment | None:
    child = fields.child("experiment")
    if child is None:
        return None
    if variants < 2:
        raise fields.refuse("experiment", "compares variants, and there are not two")
    best = child.child("winner")
    winner = None
    if best is not None:
        hours = best.number("after_hours", REQUIRED, 0.1, 24 * 30)
        winner = Winner(hours, best.one_of("metric", METRICS, "clicked"))
        best.done()
    found = Experiment(
        child.text("key", longest=32, pattern=KEY),
        child.text("group", "", longest=32, pattern=KEY),
        child.flag("bandit"),
        winner,
    )
    if found.bandit and winner is not None:
        raise child.refuse("winner", "a bandit finds its winner by itself")
    child.done()
    return found


def guardrails(fields: Fields) -> Guardrails:
    rails = fields.child("guardrails")
    if rails is None:
        return Guardrails()
    default = Guardrails()
    quiet_from, quiet_to = _quiet(rails)
    capped = rails.one_of("when_capped", ("skip", "wait"), default.when_capped)
    found = Guardrails(
        per_day=_cap(rails, "per_day", default.per_day),
        per_week=_cap(rails, "per_week", default.per_week),
        per_month=_cap(rails, "per_month", default.per_month),
        quiet_from=quiet_from,
        quiet_to=quiet_to,
        rest=_rest(rails),
        variety=_variety(rails),
        when_capped="wait" if capped == "wait" else "skip",
        yield_hours=rails.whole("yield_hours", default.yield_hours, 0, 24 * 7),
    )
    rails.done()
    return found


def _cap(rails: Fields, name: str, default: int | None) -> int | None:
    """A cap of 0 would hold every message back for ever: refused, as null is how to lift it."""
    return None if rails.is_null(name) else rails.whole(name, default, 1, 1000)


def _quiet(rails: Fields) -> tuple[time | None, time | None]:
    if rails.is_null("quiet_hours"):
        return None, None
    hours = rails.items("quiet_hours") or ["21:00", "09:00"]
    wants = 'wants two times of the day like ["21:00", "09:00"], or null'
    if len(hours) != 2 or not all(isinstance(h, str) and re.fullmatch(CLOCK, h) for h in hours):
        raise rails.refuse("quiet_hours", wants)
    if hours[0] == hours[1]:
        raise rails.refuse("quiet_hours", "would be quiet all day, or never: use null for none")
    return time.fromisoformat(hours[0]), time.fromisoformat(hours[1])


def _rest(rails: Fields) -> Rest | None:
    child = rails.child("rest")
    if child is None:
        return None
    found = Rest(child.whole("after_unanswered", 3, 1, 30), child.whole("days", 14, 1, 365))
    child.done()
    return found


def _variety(rails: Fields) -> Variety | None:
    child = rails.child("variety")
    if child is None:
        return None
    found = Variety(child.whole("same_topic_days", 7, 1, 365))
    child.done()
    return found

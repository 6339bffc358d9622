"""A journey walked by one made-up follower in made-up time. No store, nothing is sent.

The same `advance` as for real people; what happens to the follower and when is said beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import SHANGHAI, to_ms
from bot.errors import InvalidInput
from bot.journey.advance import Moved, Walk, advance, is_held_out
from bot.journey.definition import SEND_WAYS, Attribute, Flow, Kind, Step, Tag, Wait
from bot.journey.words import step_said
from bot.segment.evaluate import looker
from bot.segment.rules import Rule
from bot.values.facts import FollowerFacts
from bot.values.interest import threshold

MOST_TURNS = 500
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that the follower does, so long after he came in."""

    after: timedelta
    kind: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of the walk."""

    at: datetime
    step: str
    said: str
    way: str = ""


@dataclass
class MadeUp:
    """The follower: what rules see of him, what becomes of sends (by step), his best hour."""

    facts: FollowerFacts
    outcomes: Mapping[str, Collection[str]] = field(default_factory=dict)
    hour: int = 20
    now: datetime | None = None

    def holds(self, rule: Rule) -> bool:
        assert self.now is not None
        return looker(rule, to_ms(self.now), timed=False)(self.facts)[0]

    def outcome(self, step: str) -> Collection[str]:
        return self.outcomes.get(step, ("sent",))

    def best_hour(self) -> int:
        return self.hour


def a_follower(
    now: datetime,
    number: int = 1,
    tags: Collection[str] = (),
    interests: Mapping[str, float] | None = None,
    attributes: Mapping[str, str] | None = None,
) -> FollowerFacts:
    """The made-up follower as rules see him at `now`. number: another one is drawn otherwise."""
    found = FollowerFacts(id=number, account_id=0, first_seen=to_ms(now), last_seen=to_ms(now))
    found.tags |= set(tags)
    for topic, score in (interests or {}).items():
        found.interests[topic] = threshold(min(max(score, 0.001), 0.999), to_ms(now))
    for name, value in (attributes or {}).items():
        found.attributes[name] = (value, float(value) if re.fullmatch(r"-?\d+", value) else None)
    return found


def happening(text: str) -> Happening:
    """ "2d coupon.redeemed" or "90m scan scene=store-1". Raises InvalidInput."""
    first, *rest = text.split()
    facts = {key: _value(value) for key, _, value in (part.partition("=") for part in rest[1:])}
    if not _SPAN.fullmatch(first) or not rest or not all("=" in part for part in rest[1:]):
        raise InvalidInput("wants the form '2d order' or '90m scan scene=store-1'", "event")
    return Happening(span(first), rest[0], facts)


def _value(text: str) -> Any:
    return int(text) if re.fullmatch(r"-?\d{1,15}", text) else text


def span(text: str) -> timedelta:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise InvalidInput("wants a time such as 90s, 30m, 2h or 3d", "event")
    return timedelta(seconds=float(found[1]) * _SECONDS[found[2]])


def simulate(
    flow: Flow,
    who: MadeUp,
    happens: Sequence[Happening],
    now: datetime,
    *,
    zone: ZoneInfo = SHANGHAI,
    lang: str = "zh",
    titles: Mapping[str, str] | None = None,
) -> Iterator[Shown]:
    """Each step with its time, to the end; the last line is how he left.

    Raises InvalidInput where a journey goes round for more than MOST_TURNS waits.
    """
    ends_at = now + timedelta(days=flow.longest_days)
    held = is_held_out(flow, who.facts.id)
    walk = Walk(who.facts.id, flow.first, None, now, ends_at, frozenset(), held)
    ahead = sorted(happens, key=lambda one: one.after)
    start, heard = now, False
    for _ in range(MOST_TURNS):
        who.now = now
        moved = advance(flow, walk, who, now, heard=heard, zone=zone)
        yield from _shown(flow, moved, now, lang, titles or {})
        _learn(who.facts, moved.acts, now)
        if moved.outcome:
            yield Shown(now, "", moved.outcome)
            return
        done = frozenset(walk.done) | {step.id for step in moved.acts}
        walk = Walk(walk.follower_id, moved.step, moved.since, moved.wake_at, ends_at, done, held)
        wait = flow.steps[moved.step]
        yield Shown(now, wait.id, step_said(wait, lang, titles or {}))
        now, heard, out = _next(flow, walk, ahead, start)
        if out:
            yield Shown(now, "", out)
            return
    raise InvalidInput(f"the journey waits more than {MOST_TURNS} times", "steps")


def _shown(
    flow: Flow, moved: Moved, now: datetime, lang: str, titles: Mapping[str, str]
) -> Iterator[Shown]:
    for id_, way in moved.hops:
        step = flow.steps[id_]
        said = "" if step.kind is Kind.WAIT else step_said(step, lang, titles)
        yield Shown(now, id_, said, way)


def _next(
    flow: Flow, walk: Walk, ahead: list[Happening], start: datetime
) -> tuple[datetime, bool, str]:
    """(when he goes on, whether because he heard, how he left)."""
    while ahead and start + ahead[0].after < walk.wake_at:
        one = ahead.pop(0)
        at = start + one.after
        out = _out(flow, one)
        if _awaited(flow, walk, one) and out in ("", "converted"):
            return at, True, ""
        if out:
            return at, False, out
    return walk.wake_at, False, ""


def _awaited(flow: Flow, walk: Walk, one: Happening) -> bool:
    what = flow.steps[walk.step].what
    return isinstance(what, Wait) and any(x.hears(one.kind, one.facts) for x in what.listen)


def _out(flow: Flow, one: Happening) -> str:
    if any(goal.hears(one.kind, one.facts) for goal in flow.goals):
        return "converted"
    if one.kind == "unsubscribe":
        return "unsubscribed"
    if one.kind == "opt_out" and flow.marketing:
        return "opted_out"
    return "left" if any(x.listen.hears(one.kind, one.facts) for x in flow.exits) else ""


def _learn(facts: FollowerFacts, acts: Sequence[Step], now: datetime) -> None:
    """Tags and attributes that the journey gave."""
    for step in acts:
        if isinstance(step.what, Attribute):
            value = step.what.value
            number = float(value) if isinstance(value, int | float) else None
            facts.attributes[step.what.name] = (str(value), number)
        elif isinstance(step.what, Tag) and step.kind is Kind.TAG:
            facts.tags.add(step.what.tag)
            if step.what.days is not None:
                ends = now + timedelta(days=step.what.days)
                facts.tag_ends[step.what.tag] = to_ms(ends)
        elif isinstance(step.what, Tag):
            facts.tags.discard(step.what.tag)


def outcomes_of(texts: Sequence[str]) -> dict[str, Collection[str]]:
    """["offer=clicked"] -> {"offer": ["clicked"]}. Raises InvalidInput."""
    found: dict[str, Collection[str]] = {}
    for text in texts:
        step, _, word = text.partition("=")
        if word not in SEND_WAYS:
            raise InvalidInput(f"wants STEP=one of {', '.join(SEND_WAYS)}", "outcome")
        found[step] = (word,)
    return found

"""Rules against one follower's facts, in Python: who is in, until when, and why.

The other evaluator is `bot.segment.sql`; tests hold them against each other. Time alone moves a
verdict: `until` is an instant up to which, nothing else changing, it stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import ge, gt, le, lt
from typing import Any

from bot.clock import from_ms, to_ms
from bot.segment import bucket
from bot.segment.rules import (
    All,
    AnyOf,
    Attribute,
    Bucket,
    Event,
    InSegment,
    Interest,
    Leaf,
    Not,
    Rule,
    Scalar,
    Tag,
    leaves,
)
from bot.values.facts import EventNeed, FollowerFacts, Needs, Seen
from bot.values.interest import DAY_MS, fades_at, score, threshold
from bot.values.stage import stage_of

_COMPARE = {"lt": lt, "le": le, "gt": gt, "ge": ge}
_FLIPPED = {"lt": gt, "le": ge, "gt": lt, "ge": le}

# Whether it holds, and the instant (ms, after now) at which time alone may change that.
Look = tuple[bool, int | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`until`: earliest instant at which time alone may change it. `reason`: see `reason`."""

    matches: bool
    until: datetime | None
    reason: dict[str, Any]


def evaluate(rule: Rule, facts: FollowerFacts, now: datetime) -> Verdict:
    """The verdict on a follower whose facts were loaded for `needs([rule], now)` or more."""
    now_ms = to_ms(now)
    matches, until = look(rule, facts, now_ms)
    return Verdict(matches, None if until is None else from_ms(until), reason(rule, facts, now_ms))


def needs(rules: Iterable[Rule], now: datetime) -> Needs:
    """What these rules read of a follower at `now`."""
    found = [leaf for rule in rules for leaf in leaves(rule)]
    return Needs(
        attributes=frozenset(leaf.name for leaf in found if isinstance(leaf, Attribute)),
        tags=frozenset(leaf.tag for leaf in found if isinstance(leaf, Tag)),
        topics=frozenset(leaf.topic for leaf in found if isinstance(leaf, Interest)),
        segments=frozenset(leaf.slug for leaf in found if isinstance(leaf, InSegment)),
        events=_event_needs([leaf for leaf in found if isinstance(leaf, Event)], to_ms(now)),
    )


def _event_needs(found: list[Event], now_ms: int) -> tuple[EventNeed, ...]:
    """One need for each kind: the widest window, and all of it where facts decide."""
    by_kind: dict[str, list[Event]] = {}
    for leaf in found:
        by_kind.setdefault(leaf.kind, []).append(leaf)
    return tuple(
        EventNeed(
            kind,
            None
            if any(leaf.within_days is None for leaf in group)
            else min(_window_start(leaf, now_ms) or 0 for leaf in group),
            None if any(leaf.where for leaf in group) else max(leaf.at_least for leaf in group),
        )
        for kind, group in sorted(by_kind.items())
    )


def _window_start(leaf: Event, now_ms: int) -> int | None:
    return None if leaf.within_days is None else now_ms - round(leaf.within_days * DAY_MS)


def look(rule: Rule, facts: FollowerFacts, now_ms: int) -> Look:
    """Whether the rule holds for him now, and until when at least."""
    if facts.erased:
        return False, None
    return _look(rule, facts, now_ms)


def _look(rule: Rule, facts: FollowerFacts, now_ms: int) -> Look:
    if isinstance(rule, All):
        return _together([_look(part, facts, now_ms) for part in rule.rules], decisive=False)
    if isinstance(rule, AnyOf):
        return _together([_look(part, facts, now_ms) for part in rule.rules], decisive=True)
    if isinstance(rule, Not):
        held, until = _look(rule.rule, facts, now_ms)
        return not held, until
    return _leaf(rule, facts, now_ms)


def _together(parts: list[Look], decisive: bool) -> Look:
    """One part with the decisive value decides; it takes all such parts to turn to undo that."""
    deciding = [until for held, until in parts if held is decisive]
    if deciding:
        turns = [until for until in deciding if until is not None]
        return decisive, max(turns) if len(turns) == len(deciding) else None
    others = [until for _, until in parts if until is not None]
    return not decisive, min(others) if others else None


def _leaf(leaf: Leaf, facts: FollowerFacts, now_ms: int) -> Look:
    if isinstance(leaf, Tag):
        return leaf.tag in facts.tags, None
    if isinstance(leaf, Interest):
        held = facts.interests.get(leaf.topic)
        if held is None or held < threshold(leaf.at_least, now_ms):
            return False, None
        return True, fades_at(held, leaf.at_least, now_ms)
    if isinstance(leaf, Event):
        return _events(leaf, facts, now_ms)
    if isinstance(leaf, InSegment):
        return leaf.slug in facts.segments, None
    if isinstance(leaf, Bucket):
        return leaf.low <= bucket.number(facts.id, leaf.salt) < leaf.high, None
    return _attribute(leaf, facts, now_ms)


def _events(leaf: Event, facts: FollowerFacts, now_ms: int) -> Look:
    since = _window_start(leaf, now_ms)
    found = 0
    for seen in facts.events.get(leaf.kind, ()):  # newest first
        if since is not None and seen.at_ms < since:
            break
        if leaf.where and not _fits(leaf, seen):
            continue
        found += 1
        if found == leaf.at_least:
            return True, None if since is None else seen.at_ms + (now_ms - since) + 1
    return False, None


def _fits(leaf: Event, seen: Seen) -> bool:
    return all(key in seen.facts and _equal(seen.facts[key], want) for key, want in leaf.where)


def _equal(value: Any, want: Scalar) -> bool:
    """Equal as JSON: true is not 1, and 1 is 1.0."""
    if isinstance(want, bool) or isinstance(value, bool):
        return value is want
    return type(value) in (str, int, float) and value == want


def _attribute(leaf: Attribute, facts: FollowerFacts, now_ms: int) -> Look:
    if leaf.name == "last_seen":
        return _last_seen(leaf, facts.last_seen, now_ms)
    if leaf.name == "stage":
        stage, until = stage_of(
            facts.subscribed,
            facts.orders,
            facts.redeemed,
            facts.first_seen,
            facts.last_seen,
            now_ms,
        )
        return _compared(leaf, stage.value, None), until
    if leaf.name == "subscribed":
        return (facts.subscribed is leaf.value) is (leaf.op == "eq"), None
    if leaf.name in ("language", "source_scene"):
        return _compared(leaf, getattr(facts, leaf.name), None), None
    if leaf.name in ("orders", "spent_fen", "messages"):
        return _compared(leaf, "", getattr(facts, leaf.name)), None
    text, number = facts.attributes.get(leaf.name, (None, None))
    return _compared(leaf, text, number), None


def _last_seen(leaf: Attribute, seen: int | None, now_ms: int) -> Look:
    """`last_seen le 7`: seen within seven days. Never seen: only `exists: false` holds."""
    if leaf.op == "exists":
        return (seen is not None) is leaf.value, None
    if seen is None:
        return False, None
    span = round(float(leaf.value) * DAY_MS)  # type: ignore[arg-type]
    held = _FLIPPED[leaf.op](seen, now_ms - span)
    # The edge moves past him at seen + span, or one later, once.
    turn = seen + span if leaf.op in ("lt", "ge") else seen + span + 1
    return held, turn if turn > now_ms else None


def _compared(leaf: Attribute, text: str | None, number: float | None) -> bool:
    op, value = leaf.op, leaf.value
    if op == "exists":
        return (text is not None) is value
    if op == "ne":
        return not _same(text, number, value)
    if text is None:
        return False
    if isinstance(value, tuple):
        return any(_same(text, number, one) for one in value)
    if op == "eq":
        return _same(text, number, value)
    if isinstance(value, str):
        return value in text if op == "contains" else _COMPARE[op](text, value)
    return number is not None and _COMPARE[op](number, value)


def _same(text: str | None, number: float | None, value: Any) -> bool:
    if isinstance(value, bool):
        return text == ("true" if value else "false")
    return text == value if isinstance(value, str) else number is not None and number == value


# --- why ---------------------------------------------------------------------------------------


def reason(rule: Rule, facts: FollowerFacts, now_ms: int) -> dict[str, Any]:
    """Why he is in or out: {"matches": bool, "because": [...]}, plain JSON.

    `because` lists the conditions that decide, each with `held` and what was found; those that
    could be otherwise without changing the verdict are left out. Erased: {"erased": true}.
    """
    if facts.erased:
        return {"matches": False, "because": [{"erased": True}]}
    matches = _look(rule, facts, now_ms)[0]
    return {"matches": matches, "because": list(_because(rule, matches, facts, now_ms))}


def _because(
    rule: Rule, value: bool, facts: FollowerFacts, now_ms: int
) -> Iterable[dict[str, Any]]:
    """Conditions that give the rule this value: all of them, or the first where one is enough."""
    if isinstance(rule, Not):
        yield from _because(rule.rule, not value, facts, now_ms)
    elif isinstance(rule, All | AnyOf):
        agreeing = [part for part in rule.rules if _look(part, facts, now_ms)[0] is value]
        one_is_enough = value is isinstance(rule, AnyOf)
        for part in agreeing[:1] if one_is_enough else agreeing:
            yield from _because(part, value, facts, now_ms)
    else:
        yield {**_found(rule, facts, now_ms), "held": value}


def _found(leaf: Leaf, facts: FollowerFacts, now_ms: int) -> dict[str, Any]:
    if isinstance(leaf, Tag):
        return {"tag": leaf.tag}
    if isinstance(leaf, Interest):
        held = facts.interests.get(leaf.topic)
        now = 0.0 if held is None else round(score(held, now_ms), 3)
        return {"interest": leaf.topic, "at_least": leaf.at_least, "score": now}
    if isinstance(leaf, Event):
        found: dict[str, Any] = {"event": leaf.kind, "at_least": leaf.at_least}
        if leaf.within_days is not None:
            found["within_days"] = leaf.within_days
        if leaf.where:
            found["where"] = dict(leaf.where)
        since = _window_start(leaf, now_ms)
        events = [e for e in facts.events.get(leaf.kind, ()) if since is None or e.at_ms >= since]
        counted = [event for event in events if not leaf.where or _fits(leaf, event)]
        return {**found, "found": len(counted)}
    if isinstance(leaf, InSegment):
        return {"segment": leaf.slug}
    if isinstance(leaf, Bucket):
        return {"bucket": [leaf.low, leaf.high], "number": bucket.number(facts.id, leaf.salt)}
    value = list(leaf.value) if isinstance(leaf.value, tuple) else leaf.value
    return {"attribute": leaf.name, "op": leaf.op, "value": value} | _held(leaf, facts, now_ms)


def _held(leaf: Attribute, facts: FollowerFacts, now_ms: int) -> dict[str, Any]:
    """What the follower has for the attribute that the rule names."""
    if leaf.name == "last_seen":
        days = None if facts.last_seen is None else round((now_ms - facts.last_seen) / DAY_MS, 1)
        return {"found": days}
    if leaf.name == "stage":
        stage, _ = stage_of(
            facts.subscribed,
            facts.orders,
            facts.redeemed,
            facts.first_seen,
            facts.last_seen,
            now_ms,
        )
        return {"found": stage.value}
    if leaf.name in ("subscribed", "language", "source_scene", "orders", "spent_fen", "messages"):
        return {"found": getattr(facts, leaf.name)}
    return {"found": facts.attributes.get(leaf.name, (None, None))[0]}

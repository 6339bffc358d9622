"""Rules against one follower's facts, in Python: who is in, until when, and why.

The other evaluator is `bot.segment.sql`; tests hold them against each other. Time alone moves a
verdict: `until` is an instant up to which, nothing else changing, it stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import ge, gt, le, lt
from typing import Any

from bot.clock import from_ms, to_ms
from bot.segment import bucket, dates, predicted
from bot.segment.acts import Act
from bot.segment.looks import Look, Looker, act_looker, event_needs, found
from bot.segment.rules import (
    All,
    AnyOf,
    Attribute,
    Bucket,
    Coupon,
    InSegment,
    Interest,
    Leaf,
    Listed,
    Not,
    Outcome,
    Pinned,
    Predicted,
    Rule,
    Tag,
    leaves,
)
from bot.values.facts import FollowerFacts, Needs
from bot.values.interest import DAY_MS, day_of, fades_at, score, threshold
from bot.values.stage import Stage, stage_of

_COMPARE = {"lt": lt, "le": le, "gt": gt, "ge": ge}
_FLIPPED = {"lt": gt, "le": ge, "gt": lt, "ge": le}

_YES: Look = (True, None)
_NO: Look = (False, None)
_NOTHING: tuple[str | None, float | None] = (None, None)


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
    wanted = [leaf for rule in rules for leaf in leaves(rule)]
    return Needs(
        attributes=frozenset(leaf.name for leaf in wanted if isinstance(leaf, Attribute)),
        tags=frozenset(leaf.tag for leaf in wanted if isinstance(leaf, Tag)),
        topics=frozenset(leaf.topic for leaf in wanted if isinstance(leaf, Interest)),
        segments=frozenset(leaf.slug for leaf in wanted if isinstance(leaf, InSegment)),
        events=event_needs([leaf for leaf in wanted if isinstance(leaf, Act)], to_ms(now)),
        batches=frozenset(leaf.batch for leaf in wanted if isinstance(leaf, Coupon)),
        campaigns=frozenset(leaf.campaign for leaf in wanted if isinstance(leaf, Outcome)),
        lists=frozenset(leaf.slug for leaf in wanted if isinstance(leaf, Listed)),
        pins=frozenset(leaf.segment_id for leaf in wanted if isinstance(leaf, Pinned)),
        models=frozenset(leaf.model for leaf in wanted if isinstance(leaf, Predicted)),
    )


def look(rule: Rule, facts: FollowerFacts, now_ms: int) -> Look:
    """Whether the rule holds for him now, and until when at least."""
    return looker(rule, now_ms)(facts)


def looker(rule: Rule, now_ms: int, timed: bool = True) -> Looker:
    """The rule made ready for one instant and many followers: what is the same for all is done.

    timed  False: only whether it holds is asked, so the first deciding part ends the look
    """
    inner = _looker(rule, now_ms, timed)
    return lambda facts: _NO if facts.erased else inner(facts)


def _looker(rule: Rule, now_ms: int, timed: bool) -> Looker:
    if isinstance(rule, All | AnyOf):
        parts = [_looker(part, now_ms, timed) for part in rule.rules]
        decisive = isinstance(rule, AnyOf)
        return _together(parts, decisive) if timed else _first(parts, decisive)
    if isinstance(rule, Not):
        inner = _looker(rule.rule, now_ms, timed)

        def opposite(facts: FollowerFacts) -> Look:
            held, until = inner(facts)
            return not held, until

        return opposite
    return _leaf(rule, now_ms, timed)


def _first(parts: list[Looker], decisive: bool) -> Looker:
    found, otherwise = (decisive, None), (not decisive, None)

    def first(facts: FollowerFacts) -> Look:
        for part in parts:
            if part(facts)[0] is decisive:
                return found
        return otherwise

    return first


def _together(parts: list[Looker], decisive: bool) -> Looker:
    """One part with the decisive value decides; it takes all such parts to turn to undo that."""

    def together(facts: FollowerFacts) -> Look:
        deciding: list[int | None] = []
        others: list[int] = []
        for part in parts:
            held, until = part(facts)
            if held is decisive:
                deciding.append(until)
            elif until is not None:
                others.append(until)
        if deciding:
            turns = [until for until in deciding if until is not None]
            return decisive, max(turns) if len(turns) == len(deciding) else None
        return not decisive, min(others) if others else None

    return together


def _leaf(leaf: Leaf, now_ms: int, timed: bool) -> Looker:
    if isinstance(leaf, Tag):
        return _tag(leaf.tag, now_ms)
    if isinstance(leaf, InSegment):
        slug = leaf.slug
        return lambda facts: _YES if slug in facts.segments else _NO
    if isinstance(leaf, Bucket):
        low, high, salt = leaf.low, leaf.high, leaf.salt
        return lambda facts: _YES if low <= bucket.number(facts.id, salt) < high else _NO
    if isinstance(leaf, Interest):
        return _interest(leaf, now_ms)
    if isinstance(leaf, Attribute):
        return _attribute(leaf, now_ms, timed)
    if isinstance(leaf, Predicted):
        return lambda facts: (predicted.holds(leaf, facts), None)
    return act_looker(leaf, now_ms, timed)


def _tag(tag: str, now_ms: int) -> Looker:
    def tagged(facts: FollowerFacts) -> Look:
        if tag not in facts.tags:
            return _NO
        until = facts.tag_ends.get(tag)
        return _YES if until is None else (True, until) if until > now_ms else _NO

    return tagged


def _interest(leaf: Interest, now_ms: int) -> Looker:
    topic, line = leaf.topic, threshold(leaf.at_least, now_ms)

    def interest(facts: FollowerFacts) -> Look:
        held = facts.interests.get(topic)
        if held is None or held < line:
            return _NO
        return True, fades_at(held, leaf.at_least, now_ms)

    return interest


def _attribute(leaf: Attribute, now_ms: int, timed: bool) -> Looker:
    name = leaf.name
    if name == "last_seen":
        return lambda facts: _last_seen(leaf, facts.last_seen, now_ms)
    if name == "stage":
        return lambda facts: _in_stage(leaf, facts, now_ms)
    if name == "subscribed":
        wanted = leaf.value is (leaf.op == "eq")
        return lambda facts: _YES if facts.subscribed is wanted else _NO
    if name in ("language", "source_scene"):
        return lambda facts: (_compared(leaf, getattr(facts, name), None), None)
    if name in ("orders", "spent_fen", "messages"):
        return lambda facts: (_compared(leaf, "", getattr(facts, name)), None)
    if leaf.op in dates.OPS:
        return _dated(leaf, now_ms, timed)
    return lambda facts: (_compared(leaf, *facts.attributes.get(name, _NOTHING)), None)


def _dated(leaf: Attribute, now_ms: int, timed: bool) -> Looker:
    name, op, days = leaf.name, leaf.op, int(leaf.value)  # type: ignore[arg-type]
    window = dates.window(op, days, day_of(now_ms))

    def dated(facts: FollowerFacts) -> Look:
        text, _ = facts.attributes.get(name, _NOTHING)
        until = dates.turn(op, days, text, now_ms) if timed else None
        return window.holds(text), until

    return dated


def _in_stage(leaf: Attribute, facts: FollowerFacts, now_ms: int) -> Look:
    stage, until = _stage(facts, now_ms)
    return _compared(leaf, stage.value, None), until


def _stage(facts: FollowerFacts, now_ms: int) -> tuple[Stage, int | None]:
    return stage_of(
        facts.subscribed,
        facts.orders,
        facts.redeemed,
        facts.first_seen,
        facts.last_seen,
        now_ms,
    )


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
    return reasoner(rule, now_ms)(facts)


Reasoner = Callable[[FollowerFacts], dict[str, Any]]


def reasoner(rule: Rule, now_ms: int) -> Reasoner:
    """`reason` made ready for one instant and many followers."""
    look, because = looker(rule, now_ms, timed=False), _because(rule, now_ms)

    def why(facts: FollowerFacts) -> dict[str, Any]:
        if facts.erased:
            return {"matches": False, "because": [{"erased": True}]}
        matches, _ = look(facts)
        return {"matches": matches, "because": list(because(matches, facts))}

    return why


Because = Callable[[bool, FollowerFacts], Iterable[dict[str, Any]]]


def _because(rule: Rule, now_ms: int) -> Because:
    """Conditions that give the rule a value: all of them, or the first where one is enough."""
    if isinstance(rule, Not):
        inner = _because(rule.rule, now_ms)
        return lambda value, facts: inner(not value, facts)
    if not isinstance(rule, All | AnyOf):
        return lambda value, facts: _of_leaf(rule, value, facts, now_ms)
    parts = [(looker(part, now_ms, timed=False), _because(part, now_ms)) for part in rule.rules]

    def deciding(value: bool, facts: FollowerFacts) -> Iterable[dict[str, Any]]:
        one_is_enough = value is isinstance(rule, AnyOf)
        for look, because in parts:
            if look(facts)[0] is value:
                yield from because(value, facts)
                if one_is_enough:
                    return

    return deciding


def _of_leaf(
    leaf: Leaf, value: bool, facts: FollowerFacts, now_ms: int
) -> Iterable[dict[str, Any]]:
    if value or not isinstance(leaf, Pinned):  # nobody wonders that he was not pinned
        yield {**_found(leaf, facts, now_ms), "held": value}


def _found(leaf: Leaf, facts: FollowerFacts, now_ms: int) -> dict[str, Any]:
    if isinstance(leaf, Tag):
        return {"tag": leaf.tag}
    if isinstance(leaf, Interest):
        held = facts.interests.get(leaf.topic)
        now = 0.0 if held is None else round(score(held, now_ms), 3)
        return {"interest": leaf.topic, "at_least": leaf.at_least, "score": now}
    if isinstance(leaf, InSegment):
        return {"segment": leaf.slug}
    if isinstance(leaf, Bucket):
        return {"bucket": [leaf.low, leaf.high], "number": bucket.number(facts.id, leaf.salt)}
    if isinstance(leaf, Predicted):
        return predicted.found(leaf, facts)
    if not isinstance(leaf, Attribute):
        return found(leaf, facts, now_ms)
    value = list(leaf.value) if isinstance(leaf.value, tuple) else leaf.value
    return {"attribute": leaf.name, "op": leaf.op, "value": value} | _held(leaf, facts, now_ms)


def _held(leaf: Attribute, facts: FollowerFacts, now_ms: int) -> dict[str, Any]:
    """What the follower has for the attribute that the rule names."""
    if leaf.name == "last_seen":
        days = None if facts.last_seen is None else round((now_ms - facts.last_seen) / DAY_MS, 1)
        return {"found": days}
    if leaf.name == "stage":
        stage, _ = _stage(facts, now_ms)
        return {"found": stage.value}
    if leaf.name in ("subscribed", "language", "source_scene", "orders", "spent_fen", "messages"):
        return {"found": getattr(facts, leaf.name)}
    return {"found": facts.attributes.get(leaf.name, (None, None))[0]}

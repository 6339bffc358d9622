"""A profile is a fold of the event log.

Every part of the state is a sum, a minimum, a maximum, or the last writer by (at, event key), so
the order of events and how they are cut into batches change nothing, bit for bit (design, law 2).
The state is plain JSON and holds nothing personal:

    kinds     {event kind: count}
    first, last, inbound, newest   ms: first and last own act, last callback act, newest event
    hours [24], days [7]           own acts by Shanghai hour and weekday (Monday first)
    topics    {topic: {day: hundredths}}   day is a Shanghai day number; bot.values.interest
    attrs     {name: [value, at, key]}     tags {tag: [on, at, key, source]}
    orders, spent, order [at, key, fen]    coupons {issued, claimed, redeemed}
    returned, refunded   orders given back whole, and fen paid back
    opt       [opted out, at, key]

Topic days older than KEEP_DAYS before the newest event go; whether before or after they are
filled, they are gone in the end. The fold is total: whatever stands in `facts`, it never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import isfinite
from typing import Any

from bot.values.facts import FAMILIES, FoldEvent
from bot.values.interest import DAY_MS, ZONE_MS, day_of, level
from bot.values.reported import ACTS

__all__ = ["fold", "level"]

KEEP_DAYS = 400
MOST_FEN = 10**12  # ten thousand million yuan: more is a mistake in the sender's units

# What a topic named by an event of this kind weighs, in hundredths of a mention. What we did to the
# follower (coupon.issued) says nothing about him.
TOPIC_WEIGHT = {
    "preference": 300,
    "order": 300,
    "coupon.redeemed": 200,
    "coupon.claimed": 100,
    "click": 50,
    "interest.imported": 300,  # named before we knew them: no act of today's
    **dict.fromkeys(FAMILIES["message.*"], 100),
    **{kind: weight for kind, weight in ACTS.items() if weight},
}
_CALLBACK = ("message.", "menu.", "subscription.")
_CALLBACK_KINDS = frozenset({"subscribe", "scan"})
_OWN_KINDS = frozenset(
    {"subscribe", "scan", "click", "preference", "opt_in", "opt_out", "order",
     "coupon.claimed", "coupon.redeemed", *ACTS}
)  # fmt: skip
_COUPON = {"coupon.issued": "issued", "coupon.claimed": "claimed", "coupon.redeemed": "redeemed"}
_UNSAFE = re.compile("[\x00\ud800-\udfff]")  # refused by one store or another

State = dict[str, Any]


def fold(state: State, events: Iterable[FoldEvent]) -> State:
    """The state after these events; the given one stays as it was. `{}` is nobody's state."""
    new = _copied(state)
    for event in events:
        _apply(new, event)
    _prune(new)
    return new


def orders_of(state: State) -> int:
    """Orders that were not given back whole."""
    return max(0, int(state.get("orders", 0)) - int(state.get("returned", 0)))


def spent_of(state: State) -> int:
    """What was paid and not paid back, in fen."""
    return max(0, int(state.get("spent", 0)) - int(state.get("refunded", 0)))


def is_inbound(kind: str) -> bool:
    """The follower did it on WeChat: it came by callback."""
    return kind in _CALLBACK_KINDS or kind.startswith(_CALLBACK)


def is_own_act(kind: str) -> bool:
    """The follower did it, as against us or an operator."""
    return kind in _OWN_KINDS or kind.startswith(_CALLBACK)


def _copied(state: State) -> State:
    new: State = {}
    for name, value in state.items():
        if name == "topics":
            new[name] = {topic: dict(days) for topic, days in value.items()}
        elif isinstance(value, dict):
            new[name] = dict(value)
        else:
            new[name] = list(value) if isinstance(value, list) else value
    return new


def _apply(state: State, event: FoldEvent) -> None:
    kind, at = event.kind, event.at_ms
    if kind.startswith("segment."):  # what segments do says nothing about him
        return
    facts = event.facts if isinstance(event.facts, dict) else {}
    _count(state.setdefault("kinds", {}), kind)
    state["newest"] = max(state.get("newest", at), at)
    if is_own_act(kind):
        _note_act(state, at, is_inbound(kind))
    if kind in TOPIC_WEIGHT:
        _note_topics(state, facts.get("topics"), at, TOPIC_WEIGHT[kind])
    if kind == "attribute":
        _note_attribute(state, event, facts)
    elif kind == "tag":
        _note_tag(state, event, facts)
    elif kind == "order":
        _note_order(state, event, facts)
    elif kind == "refund":
        _note_refund(state, facts)
    elif kind in _COUPON:
        _count(state.setdefault("coupons", {}), _COUPON[kind])
    elif kind in ("opt_out", "opt_in"):
        _last_wins(state, "opt", [kind == "opt_out", at, event.key])


def _note_act(state: State, at: int, inbound: bool) -> None:
    state["first"] = min(state.get("first", at), at)
    state["last"] = max(state.get("last", at), at)
    if inbound:
        state["inbound"] = max(state.get("inbound", at), at)
    local = at + ZONE_MS
    state.setdefault("hours", [0] * 24)[local // 3_600_000 % 24] += 1
    state.setdefault("days", [0] * 7)[(local // DAY_MS + 3) % 7] += 1  # 1970-01-01: a Thursday


def _note_topics(state: State, topics: Any, at: int, factor: int) -> None:
    """`topics` is {topic: weight in 0..1}, or a list of topics that all weigh 1."""
    if isinstance(topics, list):
        topics = {topic: 1 for topic in topics if isinstance(topic, str)}
    if not isinstance(topics, dict):
        return
    day = str(day_of(at))
    for topic, weight in topics.items():
        hundredths = round(factor * weight) if _is_share(weight) else 0
        if hundredths and (name := _named(topic, 32)):
            days = state.setdefault("topics", {}).setdefault(name, {})
            days[day] = days.get(day, 0) + hundredths


def _note_attribute(state: State, event: FoldEvent, facts: State) -> None:
    name, value = _named(facts.get("name"), 32), facts.get("value")
    if isinstance(value, str):
        value = _UNSAFE.sub("", value)[:190]
    elif not (value is None or isinstance(value, bool) or _is_number(value)):
        return
    if name:
        _last_wins(state.setdefault("attrs", {}), name, [value, event.at_ms, event.key])


def _note_tag(state: State, event: FoldEvent, facts: State) -> None:
    tag, source = _named(facts.get("tag"), 64), _named(facts.get("source"), 16)
    if tag:
        row = [facts.get("on", True) is True, event.at_ms, event.key, source or "rule"]
        _last_wins(state.setdefault("tags", {}), tag, row)


def _note_order(state: State, event: FoldEvent, facts: State) -> None:
    fen = _fen(facts.get("amount_fen"))
    state["orders"] = state.get("orders", 0) + 1
    state["spent"] = state.get("spent", 0) + fen
    state["order"] = max(state.get("order", []), [event.at_ms, event.key, fen])


def _note_refund(state: State, facts: State) -> None:
    """Money back may be told before the order: both are sums, and meet in what is shown."""
    state["refunded"] = state.get("refunded", 0) + _fen(facts.get("amount_fen"))
    state["returned"] = state.get("returned", 0) + (facts.get("whole") is True)


def _fen(amount: Any) -> int:
    return amount if type(amount) is int and 0 <= amount <= MOST_FEN else 0


def _prune(state: State) -> None:
    """Drop topic days that are too old beside the newest event, and topics left without any."""
    if not (topics := state.get("topics")):
        return
    oldest = day_of(state["newest"]) - KEEP_DAYS
    for topic in list(topics):
        topics[topic] = {day: w for day, w in topics[topic].items() if int(day) >= oldest}
        if not topics[topic]:
            del topics[topic]
    if not topics:
        del state["topics"]


def _count(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1


def _last_wins(held: State, name: str, row: list[Any]) -> None:
    """Keep the later of both rows by (at, key), which stand second and third."""
    if name not in held or held[name][1:3] < row[1:3]:
        held[name] = row


def _named(value: Any, most: int) -> str:
    """A usable name, or "": too long, empty, or with characters that a store refuses."""
    if not isinstance(value, str) or not 0 < len(value) <= most or _UNSAFE.search(value):
        return ""
    return value


def _is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value <= 1


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and isfinite(value) and abs(value) <= 1e15

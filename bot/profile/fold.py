"""A profile is a fold of the event log.

Every part of the state is a sum, a minimum, a maximum, a last writer by (at, event key), or the
latest so many of these, so the order of events and how they are cut into batches change nothing,
bit for bit (design, law 2). The state is plain JSON and holds nothing personal:

    kinds     {event kind: count}
    first, last, inbound, newest   ms: first and last own act, last callback act, newest event
    hours [24], days [7]           own acts by Shanghai hour and weekday (Monday first)
    topics    {topic: {day: hundredths}}   day is a Shanghai day number; bot.values.interest
    attrs     {name: [value, at, key]}, the latest MOST_ATTRIBUTES
    tags      {tag: [on, at, key, source]}, the latest MOST_TAGS; a fifth place: ms at which it ends
    orders, spent, order [at, key, fen]    coupons {issued, claimed, redeemed, returned}
    returned, refunded   orders given back whole, and fen paid back
    opt       [opted out, at, key]
    buys                        bot.profile.cycle
    felt, voiced, upset         bot.profile.moods
    taps                        bot.profile.rhythm
    groups, crowd, friends      bot.profile.social

Topic days older than KEEP_DAYS before the newest event go; whether before or after they are
filled, they are gone in the end. The fold is total: whatever stands in `facts`, it never raises.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from bot.profile import cycle, moods, social
from bot.profile.noting import NOTES, Note, note_topics
from bot.profile.parts import State, latest_rows, since
from bot.values.facts import FAMILIES, FoldEvent
from bot.values.interest import DAY_MS, ZONE_MS, day_of, level
from bot.values.reported import ACTS

__all__ = ["State", "fold", "level"]

KEEP_DAYS = 400
MOST_ATTRIBUTES = 200
MOST_TAGS = 500
_NEVER = -(2**62)

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


def fold(state: State, events: Iterable[FoldEvent]) -> State:
    """The state after these events; the given one stays as it was. `{}` is nobody's state."""
    new = _copied(state)
    own: list[int] = []
    inbound: list[int] = []
    kinds: dict[str, int] = new.get("kinds", {})
    newest: int = new.get("newest", _NEVER)
    oldest = newest
    for event in events:
        how = _how(event.kind)
        if how.silent:
            continue
        at = event.at_ms
        kinds[event.kind] = kinds.get(event.kind, 0) + 1
        if at > newest:
            newest = at
        elif at < oldest:
            oldest = at
        if how.own and not (how.told and _by_another(event.facts)):
            own.append(at)
            if how.inbound:
                inbound.append(at)
        facts = event.facts
        if how.weight and isinstance(facts, dict) and (topics := facts.get("topics")):
            note_topics(new, topics, at, how.weight)
        if how.note is not None:
            how.note(new, event, facts if isinstance(facts, dict) else {})
    if kinds:
        new["kinds"], new["newest"] = kinds, newest
        _note_acts(new, own, inbound)
        _prune_most(new)
        # Within a day, and with nothing old come in, nothing can have grown too old.
        edge = newest - (KEEP_DAYS - 2) * DAY_MS
        if day_of(newest) != day_of(state.get("newest", _NEVER)) or oldest < edge:
            _prune_old(new)
    return new


def orders_of(state: State) -> int:
    """Orders that were not given back whole."""
    return max(0, int(state.get("orders", 0)) - int(state.get("returned", 0)))


def redeemed_of(state: State) -> int:
    """Coupons redeemed and not taken back as a till's mistake."""
    counts = state.get("coupons", {})
    return max(0, int(counts.get("redeemed", 0)) - int(counts.get("returned", 0)))


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


def _note_acts(state: State, own: list[int], inbound: list[int]) -> None:
    if inbound:
        state["inbound"] = max(state.get("inbound", _NEVER), max(inbound))
    if not own:
        return
    state["first"] = min(state.get("first", own[0]), min(own))
    state["last"] = max(state.get("last", own[0]), max(own))
    hours = state.setdefault("hours", [0] * 24)
    days = state.setdefault("days", [0] * 7)
    for at in own:
        hour = (at + ZONE_MS) // 3_600_000
        hours[hour % 24] += 1
        days[(hour // 24 + 3) % 7] += 1  # 1970-01-01: a Thursday


class _How(NamedTuple):
    """How events of a kind are folded."""

    silent: bool
    own: bool
    inbound: bool
    weight: int
    note: Note | None
    told: bool  # an operator can note it, too, as told by telephone or letter


@lru_cache(maxsize=1024)  # kinds are few, though custom.* gives names of one's own
def _how(kind: str) -> _How:
    return _How(
        kind.startswith("segment."),  # what segments do says nothing about him
        is_own_act(kind),
        is_inbound(kind),
        TOPIC_WEIGHT.get(kind, 0),
        NOTES.get(kind),
        kind in ("opt_in", "opt_out"),
    )


def _by_another(facts: object) -> bool:
    return isinstance(facts, dict) and bool(facts.get("by"))


# --- what is too old, or too much -----------------------------------------------------------------


def prune(state: State) -> None:
    """Drop what lies beyond the latest so many of each part, and days too old beside the newest
    event."""
    _prune_most(state)
    _prune_old(state)


def _prune_most(state: State) -> None:
    for name, most in (("attrs", MOST_ATTRIBUTES), ("tags", MOST_TAGS)):
        if name in state:
            state[name] = latest_rows(state[name], most)
    cycle.prune(state)
    social.prune(state)


def _prune_old(state: State) -> None:
    moods.prune(state)
    oldest = day_of(state["newest"]) - KEEP_DAYS
    topics = state.get("topics", {})
    for topic, days in list(topics.items()):
        kept = since(days, oldest)
        if not kept:
            del topics[topic]
        elif kept is not days:
            topics[topic] = kept
    if not topics:
        state.pop("topics", None)

"""What an event of each kind adds to a folded state.

Total: facts of the wrong shape are passed over, they never raise.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.profile import cycle, moods, rhythm, social
from bot.profile.parts import State, count, is_number, is_share, last_wins, named, safe
from bot.values.facts import FoldEvent
from bot.values.interest import DAY_MS, day_of

MOST_FEN = 10**12  # ten thousand million yuan: more is a mistake in the sender's units
MOST_TAG_DAYS = 3650
_COUPON = {f"coupon.{word}": word for word in ("issued", "claimed", "redeemed", "returned")}

Note = Callable[[State, FoldEvent, State], None]


def note_topics(state: State, topics: Any, at: int, factor: int) -> None:
    """`topics` is {topic: weight in 0..1}, or a list of topics that all weigh 1."""
    if isinstance(topics, list):
        topics = {topic: 1 for topic in topics if isinstance(topic, str)}
    if not isinstance(topics, dict):
        return
    day = str(day_of(at))
    for topic, weight in topics.items():
        hundredths = round(factor * weight) if is_share(weight) else 0
        if hundredths and (name := named(topic, 32)):
            count(state.setdefault("topics", {}).setdefault(name, {}), day, hundredths)


def _note_attribute(state: State, event: FoldEvent, facts: State) -> None:
    name, value = named(facts.get("name"), 32), facts.get("value")
    if isinstance(value, str):
        value = safe(value)[:190]
    elif not (value is None or isinstance(value, bool) or is_number(value)):
        return
    if name:
        last_wins(state.setdefault("attrs", {}), name, [value, event.at_ms, event.key])


def _note_tag(state: State, event: FoldEvent, facts: State) -> None:
    tag, source = named(facts.get("tag"), 64), named(facts.get("source"), 16)
    if tag:
        on = facts.get("on", True) is True
        row = [on, event.at_ms, event.key, source or "rule"]
        if on and (until := _until(facts, event.at_ms)) is not None:
            row.append(until)
        last_wins(state.setdefault("tags", {}), tag, row)


def _until(facts: State, at: int) -> int | None:
    """When a tag ends: `until` (ms, or ISO 8601 with its zone), or `days` after the event."""
    until: Any = facts.get("until")
    days: Any = facts.get("days")
    if isinstance(until, str):
        try:
            until = to_ms(datetime.fromisoformat(until))
        except (ValueError, OverflowError):
            until = None
    if type(until) is int and 0 <= until < 2**53:
        return int(until)
    if is_number(days) and 0 < days <= MOST_TAG_DAYS:
        return at + round(float(days) * DAY_MS)
    return None


def _note_order(state: State, event: FoldEvent, facts: State) -> None:
    fen = _fen(facts.get("amount_fen"))
    state["orders"] = state.get("orders", 0) + 1
    state["spent"] = state.get("spent", 0) + fen
    state["order"] = max(state.get("order", []), [event.at_ms, event.key, fen])
    cycle.note_order(state, event.at_ms)


def _note_refund(state: State, event: FoldEvent, facts: State) -> None:
    """Money back may be told before the order: both are sums, and meet in what is shown."""
    state["refunded"] = state.get("refunded", 0) + _fen(facts.get("amount_fen"))
    state["returned"] = state.get("returned", 0) + (facts.get("whole") is True)
    cycle.note_refund(state, facts)


def _fen(amount: Any) -> int:
    return amount if type(amount) is int and 0 <= amount <= MOST_FEN else 0


def _note_coupon(state: State, event: FoldEvent, facts: State) -> None:
    count(state.setdefault("coupons", {}), _COUPON[event.kind])


def _note_opt(state: State, event: FoldEvent, facts: State) -> None:
    last_wins(state, "opt", [event.kind == "opt_out", event.at_ms, event.key])


NOTES: dict[str, Note] = {
    "attribute": _note_attribute,
    "tag": _note_tag,
    "order": _note_order,
    "refund": _note_refund,
    "opt_out": _note_opt,
    "opt_in": _note_opt,
    "click": lambda state, event, facts: rhythm.note_tap(state, event.at_ms),
    "complaint": lambda state, event, facts: moods.note_upset(state, event.at_ms),
    "satisfied": lambda state, event, facts: moods.note_satisfied(state, event.at_ms, facts),
    "group.join": social.note_group,
    "group.leave": social.note_group,
    "friends": social.note_friends,
    **dict.fromkeys(_COUPON, _note_coupon),
    **dict.fromkeys(
        ("message.text", "message.voice"),
        lambda state, event, facts: moods.note(state, event.at_ms, facts),
    ),
}

"""Conditions about acts (bot.segment.acts) against one follower's facts: held, and until when.

Time moves them at instants that their own events, codes and steps name. Where several of these lie
ahead, the first at which the verdict really turns is given.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bot.segment.acts import (
    Act,
    Aggregate,
    Coupon,
    Event,
    Listed,
    Outcome,
    Pinned,
    Step,
    Succession,
)
from bot.segment.reading import Where
from bot.values.facts import Code, EventNeed, FollowerFacts, Seen
from bot.values.interest import DAY_MS

# Whether it holds, and the instant (ms, after now) at which time alone may change that.
Look = tuple[bool, int | None]
Looker = Callable[[FollowerFacts], Look]
MOST_LOOKED = 200  # instants ahead that are tried; beyond them the next one is given untried
MOST_DIGITS = 12
_MOST_VALUE = 10**MOST_DIGITS - 1
_OFFER = "offer"
_INSTANT = {"issued": "issued", "claimed": "claimed", "redeemed": "redeemed", "expired": "ends"}


def span_ms(within_days: float | None) -> int | None:
    return None if within_days is None else round(within_days * DAY_MS)


def act_looker(leaf: Act, now_ms: int, timed: bool) -> Looker:
    """The condition made ready for one instant and many followers.

    timed  False: only whether it holds is asked
    """
    if isinstance(leaf, Event):
        return lambda facts: _events(leaf, facts, now_ms)
    if isinstance(leaf, Aggregate):
        return lambda facts: _aggregate(leaf, facts, now_ms)
    if isinstance(leaf, Succession):
        return lambda facts: _succession(leaf, facts, now_ms, timed)
    if isinstance(leaf, Coupon):
        return lambda facts: _coupon(leaf, facts, now_ms, timed)
    if isinstance(leaf, Outcome):
        return lambda facts: (outcome_holds(leaf, facts), None)
    if isinstance(leaf, Listed):
        return lambda facts: (leaf.slug in facts.lists, None)
    return lambda facts: (facts.pins.get(leaf.segment_id) is leaf.included, None)


# --- counts and figures ------------------------------------------------------------------------


def counted(kind: str, where: Where, since: int | None, facts: FollowerFacts) -> Iterator[Seen]:
    """The events that a condition counts, newest first."""
    for seen in facts.events.get(kind, ()):
        if since is not None and seen.at_ms < since:
            return
        if not where or fits(where, seen):
            yield seen


def _events(leaf: Event, facts: FollowerFacts, now_ms: int) -> Look:
    """Of the newest ones only as many are looked at as decide."""
    span = span_ms(leaf.within_days)
    most = leaf.at_least if leaf.at_most is None else leaf.at_most + 1
    times: list[int] = []
    for seen in counted(leaf.kind, leaf.where, None if span is None else now_ms - span, facts):
        times.append(seen.at_ms)
        if len(times) == most:
            break
    too_many = leaf.at_most is not None and len(times) > leaf.at_most
    held = len(times) >= leaf.at_least and not too_many
    if span is None or not (too_many or held) or (held and leaf.at_least == 0):
        return held, None
    last = times[-1] if too_many else times[leaf.at_least - 1]
    return held, last + span + 1


def _aggregate(leaf: Aggregate, facts: FollowerFacts, now_ms: int) -> Look:
    """The verdicts on the newest none, one, two ... of them are what time brings, backwards."""
    span = span_ms(leaf.within_days)
    since = None if span is None else now_ms - span
    total = figures = 0
    low = high = 0
    held = was = bounded(leaf, 0, 0, 0, 0)
    turn: int | None = None
    for seen in counted(leaf.kind, leaf.where, since, facts):
        value = whole(seen.facts.get(leaf.fact))
        if value is None:
            continue
        low, high = (min(low, value), max(high, value)) if figures else (value, value)
        total, figures = total + value, figures + 1
        held = bounded(leaf, figures, total, low, high)
        if held is not was:
            turn, was = (None if span is None else seen.at_ms + span + 1), held
    return held, turn


def whole(value: Any) -> int | None:
    """A whole number that figures take, or None."""
    return value if type(value) is int and abs(value) <= _MOST_VALUE else None


def bounded(leaf: Aggregate, figures: int, total: int, low: int, high: int) -> bool:
    """Whether the figure lies in its bounds. The average is compared without dividing."""
    if not figures and leaf.figure != "sum":
        return False
    value = {"sum": total, "avg": total, "min": low, "max": high}[leaf.figure]
    times = figures if leaf.figure == "avg" else 1
    above = leaf.at_least is None or value >= leaf.at_least * times
    return above and (leaf.at_most is None or value <= leaf.at_most * times)


def fits(where: Where, seen: Seen) -> bool:
    """Every fact is there and equal as JSON: true is not 1, 1.0 is 1."""
    for key, value in where:
        held = seen.facts.get(key)
        if isinstance(held, bool) or isinstance(value, bool):
            if held is not value:
                return False
        elif isinstance(held, str) is not isinstance(value, str) or held != value:
            return False
    return True


# --- one after another -------------------------------------------------------------------------


def _succession(leaf: Succession, facts: FollowerFacts, now_ms: int, timed: bool) -> Look:
    acts = [_times(step, facts) for step in leaf.steps]
    held = _follows(leaf, acts, now_ms)
    if not timed:
        return held, None
    turns: list[int] = []
    if (span := span_ms(leaf.within_days)) is not None:
        turns += [at + span + 1 for at in acts[0]]
    if leaf.steps[-1].absent:
        waited = span_ms(leaf.steps[-1].within_days) or 0
        turns += [at + waited + 1 for at in acts[-2]]
    return held, _turn(lambda at: _follows(leaf, acts, at), held, now_ms, turns)


def _times(step: Step, facts: FollowerFacts) -> list[int]:
    """When it was done, oldest first."""
    return [seen.at_ms for seen in counted(step.kind, step.where, None, facts)][::-1]


def _follows(leaf: Succession, acts: list[list[int]], at_ms: int) -> bool:
    """For each act only the latest one before it matters: others are further away."""
    span = span_ms(leaf.within_days)
    reached = [at for at in acts[0] if span is None or at >= at_ms - span]
    for step, times in zip(leaf.steps[1:], acts[1:], strict=True):
        within = span_ms(step.within_days)
        if step.absent:
            return any(_without(at, times, within or 0, at_ms) for at in reached)
        reached = [at for at in times if _after(at, reached, within)]
    return bool(reached)


def _after(at: int, before: list[int], within: int | None) -> bool:
    place = bisect_left(before, at)
    return place > 0 and (within is None or at - before[place - 1] <= within)


def _without(at: int, times: list[int], within: int, now_ms: int) -> bool:
    """The days after `at` are over, and nothing came about in them."""
    place = bisect_right(times, at)
    return now_ms - at > within and (place == len(times) or times[place] > at + within)


# --- coupons and campaigns ---------------------------------------------------------------------


def _coupon(leaf: Coupon, facts: FollowerFacts, now_ms: int, timed: bool) -> Look:
    span = span_ms(leaf.within_days)
    instants = coupon_instants(leaf, facts)

    def holds(at_ms: int) -> bool:
        return _often(leaf, sum(_stands(at, at_ms, span) for at in instants))

    held = holds(now_ms)
    if not timed:
        return held, None
    turns = instants if span is None else [*instants, *(at + span + 1 for at in instants)]
    return held, _turn(holds, held, now_ms, turns)


def coupon_instants(leaf: Coupon, facts: FollowerFacts) -> list[int]:
    """When codes of the batch came, or will come, to the state; of those that ever do."""
    found = (_instant(leaf.state, code) for code in facts.codes.get(leaf.batch, ()))
    return [at for at in found if at is not None]


def _instant(state: str, code: Code) -> int | None:
    if state == "expired" and code.redeemed is not None:
        return None
    at: int | None = getattr(code, _INSTANT[state])
    return at


def _stands(at: int, now_ms: int, span: int | None) -> bool:
    return at <= now_ms and (span is None or at >= now_ms - span)


def _often(leaf: Coupon, times: int) -> bool:
    return times >= leaf.at_least and (leaf.at_most is None or times <= leaf.at_most)


def outcome_holds(leaf: Outcome, facts: FollowerFacts) -> bool:
    """What the ledger says of him. A variant is that of the rows which say it."""
    rows = facts.sends.get(leaf.campaign, [])
    mine = [row for row in rows if leaf.variant in ("", row.variant)]
    if leaf.outcome == "clicked":
        return any(row.clicked for row in mine)
    if leaf.outcome == "redeemed":
        return any(row.bought for row in mine)
    state = "sent" if leaf.outcome == "not_clicked" else leaf.outcome
    there = any(row.step == _OFFER and row.state == state for row in mine)
    return there and not (leaf.outcome == "not_clicked" and any(row.clicked for row in rows))


# --- what time brings --------------------------------------------------------------------------


def _turn(
    holds: Callable[[int], bool], held: bool, now_ms: int, turns: Iterable[int]
) -> int | None:
    """The first of these instants after now at which the verdict turns."""
    ahead = sorted({at for at in turns if at > now_ms})
    for at in ahead[:MOST_LOOKED]:
        if holds(at) is not held:
            return at
    return ahead[MOST_LOOKED] if len(ahead) > MOST_LOOKED else None


# --- what they read, and what was found --------------------------------------------------------


def event_needs(leaves: Iterable[Act], now_ms: int) -> tuple[EventNeed, ...]:
    """One need for each kind: the widest window, and all of it where facts or order decide."""
    by_kind: dict[str, list[EventNeed]] = {}
    for leaf in leaves:
        for need in _needed(leaf, now_ms):
            by_kind.setdefault(need.kind, []).append(need)
    return tuple(_widest(kind, group) for kind, group in sorted(by_kind.items()))


def _needed(leaf: Act, now_ms: int) -> Iterator[EventNeed]:
    if not isinstance(leaf, Event | Aggregate | Succession):
        return
    span = span_ms(leaf.within_days)
    since = None if span is None else now_ms - span
    if isinstance(leaf, Succession):
        # What follows the first act is later than it.
        yield from (EventNeed(step.kind, since, None) for step in leaf.steps)
    elif isinstance(leaf, Aggregate) or leaf.where:
        yield EventNeed(leaf.kind, since, None)
    else:
        most = leaf.at_least if leaf.at_most is None else leaf.at_most + 1
        yield EventNeed(leaf.kind, since, most)


def _widest(kind: str, group: list[EventNeed]) -> EventNeed:
    starts = [need.since_ms for need in group if need.since_ms is not None]
    most = [need.most for need in group if need.most is not None]
    return EventNeed(
        kind,
        min(starts) if len(starts) == len(group) else None,
        max(most) if len(most) == len(group) else None,
    )


def found(leaf: Act, facts: FollowerFacts, now_ms: int) -> dict[str, Any]:
    """The condition and what stands against it, as plain JSON for reasons."""
    if isinstance(leaf, Listed):
        return {"list": leaf.slug}
    if isinstance(leaf, Pinned):
        return {"pinned": "in" if leaf.included else "out"}
    if isinstance(leaf, Outcome):
        said = {"campaign": leaf.campaign, "outcome": leaf.outcome}
        rows = facts.sends.get(leaf.campaign, [])
        states = sorted({row.state for row in rows if row.step == _OFFER})
        return said | ({"variant": leaf.variant} if leaf.variant else {}) | {"found": states}
    if isinstance(leaf, Succession):
        steps = [step.kind for step in leaf.steps]
        acts = [len(_times(step, facts)) for step in leaf.steps]
        return _within({"sequence": steps}, leaf.within_days) | {"found": acts}
    span = span_ms(leaf.within_days)
    if isinstance(leaf, Coupon):
        said = {"coupon": leaf.batch, "state": leaf.state}
        times = sum(_stands(at, now_ms, span) for at in coupon_instants(leaf, facts))
        return _within(said | _bounds(leaf), leaf.within_days) | {"found": times}
    return _of_events(leaf, facts, None if span is None else now_ms - span)


def _of_events(leaf: Event | Aggregate, facts: FollowerFacts, since: int | None) -> dict[str, Any]:
    said: dict[str, Any] = {"event": leaf.kind}
    events = list(counted(leaf.kind, leaf.where, since, facts))
    if isinstance(leaf, Event):
        value: Any = len(events)
    else:
        said[leaf.figure] = leaf.fact
        numbers = [n for n in (whole(one.facts.get(leaf.fact)) for one in events) if n is not None]
        value = _figure(leaf.figure, numbers)
    said |= _within(_bounds(leaf), leaf.within_days)
    if leaf.where:
        said["where"] = dict(leaf.where)
    return {**said, "found": value}


def _figure(figure: str, numbers: list[int]) -> float | None:
    if figure == "sum":
        return sum(numbers)
    if not numbers:
        return None
    if figure == "avg":
        return round(sum(numbers) / len(numbers), 2)
    return min(numbers) if figure == "min" else max(numbers)


def _bounds(leaf: Event | Aggregate | Coupon) -> dict[str, Any]:
    """The bounds that were set; a count of at least none only where nothing else was."""
    said: dict[str, Any] = {}
    if leaf.at_least is not None and not (leaf.at_least == 0 and leaf.at_most is not None):
        said["at_least"] = leaf.at_least
    if leaf.at_most is not None:
        said["at_most"] = leaf.at_most
    return said


def _within(said: dict[str, Any], days: float | None) -> dict[str, Any]:
    return said if days is None else {**said, "within_days": days}

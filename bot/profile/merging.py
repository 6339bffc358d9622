"""The state of two disjoint sets of events, from the states of each.

    merged(fold({}, a), fold({}, b)) == fold({}, a + b), bit for bit

so a log can be folded in parts, at once or apart in time: what retention removed and what is left,
shares of a rebuild, two followers that turn out to be one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.profile.fold import prune
from bot.profile.parts import State


def merged(one: State, other: State) -> State:
    """The state of both; neither is changed. `{}` adds nothing.

    The same events in both would count twice: the sets have to be disjoint.
    """
    new: State = {}
    for name in one.keys() | other.keys():
        if name in one and name in other:
            new[name] = _TOGETHER[name](one[name], other[name])
        else:
            new[name] = _copy(one.get(name, other.get(name)))
    if "newest" in new:
        prune(new)
    return {name: new[name] for name in new if new[name] != {}}


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copy(inner) for name, inner in value.items()}
    return list(value) if isinstance(value, list) else value


def _plus(one: int, other: int) -> int:
    return one + other


def _each(one: list[int], other: list[int]) -> list[int]:
    return [mine + theirs for mine, theirs in zip(one, other, strict=True)]


def _sums(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in one.keys() | other.keys()}


def _days(one: State, other: State) -> State:
    return {name: _sums(one.get(name, {}), other.get(name, {})) for name in one.keys() | other}


def _later(one: list[Any], other: list[Any]) -> list[Any]:
    """The last writer: (at, key) stand second and third."""
    return list(one if one[1:3] >= other[1:3] else other)


def _rows(one: State, other: State) -> State:
    return {
        name: _later(one.get(name) or other[name], other.get(name) or one[name])
        for name in one.keys() | other.keys()
    }


_TOGETHER: Mapping[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("orders", "spent", "returned", "refunded", "crowd"), _plus),
    **dict.fromkeys(("last", "inbound", "newest", "order", "upset"), max),
    "first": min,
    **dict.fromkeys(("hours", "days"), _each),
    **dict.fromkeys(("kinds", "coupons", "buys", "felt", "voiced", "taps"), _sums),
    "topics": _days,
    **dict.fromkeys(("attrs", "tags", "groups"), _rows),
    **dict.fromkeys(("opt", "friends"), _later),
}

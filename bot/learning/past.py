"""The follower as he was known at moments past: nothing that came later is in it.

A profile is fold(base, events); so a moment's state is the fold of what we had been told before it,
whenever it happened (docs/adr/0017). Each event is folded once, however many moments are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from bot.profile.fold import fold
from bot.profile.parts import State
from bot.store import learning_rows, retention
from bot.store.learning_rows import Logged


def told_from() -> int:
    """The first moment (ms) that can be asked for: of what retention has removed only the sum is
    left, in which earlier and later cannot be told apart."""
    return max(retention.marks().values(), default=0)


def logs(low: int, high: int) -> dict[int, list[Logged]]:
    """What those with low < id <= high did, by follower, in the order in which it became known."""
    held = groupby(learning_rows.log(low, high), attrgetter("follower_id"))
    return {follower_id: list(rows) for follower_id, rows in held}


def states(
    base: Mapping[str, object], log: Sequence[Logged], moments: Sequence[int]
) -> Iterator[State]:
    """The state just before each moment.

    base      what removed events came to; {} where none was removed
    log       in the order of `known`
    moments   ms, ascending; none before `told_from`
    """
    state, done = dict(base), 0
    for moment in moments:
        until = done
        while until < len(log) and log[until].known < moment:
            until += 1
        if until > done:
            state = fold(state, (one.event for one in log[done:until]))
            done = until
        yield state

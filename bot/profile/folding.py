"""Events that nobody has folded yet, folded into their profiles batch by batch.

A batch writes in one transaction: its events are marked folded where their profiles are written, or
neither. Two processes at once share the work: where rows can be locked each takes events that the
other has not (SKIP LOCKED). On SQLite, whose one lock callbacks need, a batch is reckoned without
it and compared when it is written: a profile that changed meanwhile is left for the next batch, and
where somebody else folded the same events the next batch is taken with the lock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from bot.profile import features
from bot.profile.fold import State, fold
from bot.store import profiles, retention
from bot.store.db import again, transaction
from bot.values.facts import FoldEvent

# Events of a batch: with many, a profile is read and written once for several of its events, and a
# page of the log for several of its rows. With more, a callback waits longer for the write to end.
BATCH = 2000
ALONE = 500  # of a batch that has SQLite's lock from its beginning

Take = Callable[[int], list[profiles.Unfolded]]


class Step(NamedTuple):
    """What a batch came to: events found, folded, and the last follower of those found."""

    found: int
    folded: int
    last: int


class _Overtaken(Exception):
    """Somebody else folded some of the events."""


def fold_new(now: datetime, batch: int = BATCH, most: int = 100_000) -> int:
    """Fold events not seen yet, about `most` at most; how many. Changed followers are dirty.

    What was done just now goes first, bulk follower by follower, each time from another
    (bot.store.waiting). Events of nobody and of the erased are only marked.
    """
    done, after, alone = 0, profiles.beginning(now), False
    while done < most:
        limit = min(batch, ALONE) if alone else batch
        step = _fold_batch(now, lambda: profiles.unfolded(limit, after), alone)  # noqa: B023
        if not step.found and not after:
            break
        # Past the last follower it begins again at the first: for who came in meanwhile.
        after = step.last if step.found else 0
        alone = bool(step.found) and not step.folded
        done += step.folded
    return done


def fold_of(follower_id: int, now: datetime) -> int:
    """Fold what waits for one follower, who looks at his profile just now; how many events."""
    done = 0
    while True:
        step = _fold_batch(now, lambda: profiles.unfolded_of(follower_id, ALONE), alone=True)
        done += step.folded
        if not step.folded:
            return done


@again
def _fold_batch(now: datetime, take: Callable[[], list[profiles.Unfolded]], alone: bool) -> Step:
    with profiles.taking(alone):
        found = take()
        last = max((row.follower_id or 0 for row in found), default=0)
        try:
            return Step(len(found), _fold(found, now) if found else 0, last)
        except _Overtaken:
            return Step(len(found), 0, last)


def _fold(found: Sequence[profiles.Unfolded], now: datetime) -> int:
    """How many of these events were folded; the others' followers changed meanwhile."""
    late = _too_late(found)
    rows = [row for row in found if row.event_id not in late] if late else found
    log: dict[int, list[FoldEvent]] = {}
    for row in rows:
        if row.follower_id is not None:
            log.setdefault(row.follower_id, []).append(row.event)
    held = profiles.hold(list(log))
    changes = [_folded(id_, one, log[id_], now) for id_, one in held.items()]
    with transaction():
        left = held.keys() - profiles.write(changes, now)
        kept = [row for row in rows if row.follower_id not in left] if left else rows
        if profiles.mark_folded(kept) != len(kept):
            raise _Overtaken
        retention.delete(sorted(late))
    return len(kept) + len(late)


def _too_late(found: Sequence[profiles.Unfolded]) -> set[int]:
    """Events older than what retention has removed of their kind: perhaps counted once already."""
    marks = retention.marks()
    old = [row.event_id for row in found if row.event.at_ms < marks.get(row.event.kind, 0)]
    return set(retention.unneeded(old))


def _folded(
    follower_id: int, held: profiles.Held, log: Sequence[FoldEvent], now: datetime
) -> profiles.Change:
    state = held.state
    # What a base holds stands in no table yet where the profile is made for the first time.
    anew = held.fresh and bool(state)
    before = None if anew else features.projection(state)
    return changed(follower_id, held, state, fold(state, log), before, now)


def changed(
    follower_id: int,
    held: profiles.Held,
    old: State,
    new: State,
    before: profiles.Projection | None,
    now: datetime,
) -> profiles.Change:
    """What is to be written of a follower.

    before  the projection of `old`, whose untouched parts are taken over; None: everything anew
    """
    after = features.projection(new, None if before is None else (old, before))
    standing = held.standing
    return profiles.Change(
        follower_id,
        profiles.dumped(new),
        None if before is None else shown(standing, before),
        shown(standing, after),
        features.stage(new, standing.subscribed, now).value,
        standing,
    )


def shown(standing: profiles.Standing, view: profiles.Projection) -> profiles.Projection:
    """Rules, offers and answers see no interests of who switched personalisation off."""
    return view if standing.personalised else replace(view, interests={})

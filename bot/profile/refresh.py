"""Keeping profiles equal to the fold of the log: batch by batch, or again from the beginning.

A batch is one transaction: its events are marked folded where their profiles are written, or
neither. Two processes at once share the work: on SQLite one waits, elsewhere each takes events
that the other has not (SKIP LOCKED), and both queue for a profile they share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.clock import to_ms
from bot.profile import features
from bot.profile.fold import fold
from bot.store import profiles, retention
from bot.store.db import transaction
from bot.values.facts import FoldEvent
from bot.values.interest import DAY_MS
from bot.values.stage import NEW_DAYS, SLEEPING_DAYS, stage_of

REBUILD_BATCH = 200


def fold_new(now: datetime, batch: int = 500, most: int = 100_000) -> int:
    """Fold events not seen yet, `most` at most; how many there were. Changed followers are dirty.

    Events of nobody and of the erased are only marked.
    """
    done = 0
    while done < most:
        folded = _fold_batch(now, batch)
        done += folded
        if folded < batch:
            break
    return done


def _fold_batch(now: datetime, batch: int) -> int:
    with transaction():
        found = profiles.unfolded(batch)
        late = _too_late(found)
        by_follower: dict[int, list[FoldEvent]] = {}
        for row in found:
            if row.follower_id is not None and row.event_id not in late:
                by_follower.setdefault(row.follower_id, []).append(row.event)
        changes = []
        for follower_id, held in profiles.hold(list(by_follower)).items():
            state = fold(held.state, by_follower[follower_id])
            # What a base holds stands in no table yet where the profile is made for the first time.
            anew = held.fresh and held.state
            before = None if anew else _shown(held, features.projection(held.state))
            changes.append(_change(follower_id, held, state, before, now))
        profiles.write(changes, now)
        profiles.mark_folded([row.event_id for row in found])
        retention.delete(sorted(late))
        return len(found)


def _too_late(found: Sequence[profiles.Unfolded]) -> set[int]:
    """Events older than what retention has removed of their kind: perhaps counted once already."""
    marks = retention.marks()
    old = [row.event_id for row in found if row.event.at_ms < marks.get(row.event.kind, 0)]
    return set(retention.unneeded(old))


def _shown(held: profiles.Held, view: profiles.Projection) -> profiles.Projection:
    """Rules, offers and answers see no interests of who switched personalisation off."""
    return view if held.personalised else replace(view, interests={})


def _change(
    follower_id: int,
    held: profiles.Held,
    state: dict[str, object],
    before: profiles.Projection | None,
    now: datetime,
) -> profiles.Change:
    stage = features.stage(state, held.subscribed, now)
    after = features.projection(state, None if before is None else (held.state, before))
    after = _shown(held, after)
    return profiles.Change(follower_id, state, before, after, stage.value, held.stage)


def rebuild(
    now: datetime,
    follower_ids: Sequence[int] | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Fold again from the log, for these followers or all; how many. The result is the same.

    progress  called with the number of followers done since its last call
    """
    fold_new(now)
    done = after = 0
    while True:
        if follower_ids is None:
            ids = profiles.with_profile(after, REBUILD_BATCH)
        else:
            ids = sorted(follower_ids)[done : done + REBUILD_BATCH]
        if not ids:
            return done
        _rebuild_batch(now, ids)
        done, after = done + len(ids), ids[-1]
        if progress is not None:
            progress(len(ids))


def _rebuild_batch(now: datetime, ids: Sequence[int]) -> None:
    """What arrives meanwhile is not folded here: its flag is not ours, and its turn comes."""
    with transaction():
        people = profiles.hold(ids)
        bases = retention.bases(list(people))
        profiles.write(
            [
                _change(id_, held, fold(bases.get(id_, {}), profiles.folded_events(id_)), None, now)
                for id_, held in people.items()
            ],
            now,
        )


def show_anew(now: datetime, follower_id: int) -> None:
    """Write what the tables show of a profile again, because what may be shown has changed."""
    with transaction():
        profiles.write(
            [
                _change(id_, held, held.state, None, now)
                for id_, held in profiles.hold([follower_id]).items()
            ],
            now,
        )


def age_stages(now: datetime, batch: int = 500) -> int:
    """Move stored stages on where time alone ended them; how many moved.

    Rules about stages need no such step, they reckon with the time; this is for what is shown.
    """
    now_ms = to_ms(now)
    asleep, settled = now_ms - SLEEPING_DAYS * DAY_MS, now_ms - NEW_DAYS * DAY_MS
    moved = after = 0
    while rows := profiles.aging(asleep, settled, after, batch):
        stages = []
        for row in rows:
            stage, _ = stage_of(
                row.subscribed, row.orders, row.redeemed, row.first_seen, row.last_seen, now_ms
            )
            if stage != row.stage:
                stages.append((row.follower_id, row.stage, stage.value))
        with transaction():
            moved += profiles.set_stages(stages)
        after = rows[-1].follower_id
    return moved

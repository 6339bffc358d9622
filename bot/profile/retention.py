"""How long events are kept, kind by kind, and what becomes of a profile when they go: nothing.

What was folded from a removed event stays in the profile and in the follower's base, where a
rebuild begins (bot.store.retention). Sums, smallest, greatest and last writers do not depend on how
the events were cut in two, so fold(fold({}, removed), left) is fold({}, all).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import InvalidInput
from bot.profile import identity
from bot.profile.fold import State, fold
from bot.profile.refresh import fold_new
from bot.store import accounts, profiles
from bot.store import retention as store
from bot.store.db import transaction
from bot.store.segments import mark_dirty
from bot.values.facts import FAMILIES, FoldEvent

logger = logging.getLogger(__name__)

BATCH = 500
LEAST_DAYS = 30  # repeats of a callback, late receipts and undone imports lie well within
# Evidence of rights: what was refused or agreed to has to be shown as long as the person is there.
WAITING = "waiting"  # not a kind: names outside that nothing joined to a follower
KEPT = frozenset({"consent", "opt_out", "opt_in", "erased"})
_ROW = re.compile(r"([a-z][a-z0-9._]{0,30}(?:\.\*)?)\s*[=:]\s*(\d{1,5})")


@dataclass(frozen=True, slots=True)
class Retained:
    """What a run did, by kind: events removed, events that stay without what was said."""

    removed: dict[str, int]
    silenced: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.removed.values()) + sum(self.silenced.values())


def parse(text: str) -> dict[str, int]:
    """Days by kind from "message.text=180, click=365"; a family (message.*) is its kinds, and
    WAITING are web visitors and others whom nothing joined to a follower, with their events.

    Raises InvalidInput for another form, fewer than 30 days, or a kind that is evidence.
    """
    found: dict[str, int] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        row = _ROW.fullmatch(part)
        if row is None:
            raise InvalidInput(f"retention wants KIND=DAYS, has {part[:40]!r}", "RETENTION")
        kind, days = row[1], int(row[2])
        if kind in KEPT:
            raise InvalidInput(f"{kind} is evidence of people's rights and stays", "RETENTION")
        if days < LEAST_DAYS:
            raise InvalidInput(f"{kind}: at least {LEAST_DAYS} days", "RETENTION")
        found |= dict.fromkeys(FAMILIES.get(kind, (kind,)), days)
    return found


def retain(
    days: Mapping[str, int],
    now: datetime,
    progress: Callable[[int], object] = lambda _: None,
    batch: int = BATCH,
) -> Retained:
    """Remove the events whose time is over. Killed anywhere and repeated: goes on where it was."""
    if not days:
        return Retained({}, {})
    fold_new(now)
    removed: dict[str, int] = {}
    silenced: dict[str, int] = {}
    for kind, kept in sorted(days.items()):
        before = now - timedelta(days=kept)
        if kind == WAITING:
            removed[kind] = _forget_waiting(before, now)
            continue
        # First the mark: from here on nothing comes in that was, or is about to be, removed.
        store.set_mark(kind, before)
        silenced[kind] = store.silence(kind, before)
        removed[kind] = 0
        while gone := _remove_batch(kind, before, batch):
            removed[kind] += gone
            progress(gone)
    done = Retained(_some(removed), _some(silenced))
    logger.info("retained removed=%s silenced=%s", done.removed, done.silenced)
    return done


def _forget_waiting(before: datetime, now: datetime) -> int:
    """How many events of people whom nobody waits for any longer went, with their names."""
    return sum(
        identity.purge(account_id, before, "retention", now)[1] for account_id in accounts.ids()
    )


def _remove_batch(kind: str, before: datetime, batch: int) -> int:
    """Fold a batch into its bases and delete it; the profiles stay as they are."""
    with transaction():
        found = store.old(kind, before, batch)
        by_follower: dict[int, list[FoldEvent]] = {}
        for row in found:
            if row.follower_id is not None:
                by_follower.setdefault(row.follower_id, []).append(row.event)
        held = profiles.hold(list(by_follower))  # a rebuild of the same people waits
        bases = store.bases(list(held))
        for follower_id in held:
            events = by_follower[follower_id]
            store.put_base(follower_id, fold(bases.get(follower_id, {}), events), len(events))
        store.delete([row.id for row in found])
        mark_dirty(list(held))  # rules that count events count fewer
        return len(found)


def strip_base(follower_id: int, names: set[str], topics: bool) -> int:
    """Take revoked attributes out of the base, and all topics and moods where content of a kind was
    revoked: which event said what is not known of removed ones. 1 where something went."""
    base = store.bases([follower_id]).get(follower_id)
    if base is None:
        return 0
    left: State = dict(base)
    if names & set(left.get("attrs", {})):
        left["attrs"] = {n: held for n, held in left["attrs"].items() if n not in names}
    if topics:
        for name in ("topics", "felt", "voiced", "upset"):
            left.pop(name, None)
    if left == base:
        return 0
    store.put_base(follower_id, left, 0)
    return 1


def _some(counts: Mapping[str, int]) -> dict[str, int]:
    return {kind: count for kind, count in counts.items() if count}

"""Keeping profiles equal to the fold of the log: folded on (bot.profile.folding), folded again
(bot.profile.rebuilding), and moved by time alone."""

from __future__ import annotations

from datetime import datetime

from bot.clock import to_ms
from bot.profile.folding import changed, fold_new, fold_of
from bot.profile.rebuilding import rebuild
from bot.store import profiles
from bot.store.db import transaction
from bot.values.interest import DAY_MS
from bot.values.stage import NEW_DAYS, SLEEPING_DAYS, stage_of

__all__ = ["age_stages", "fold_new", "fold_of", "rebuild", "show_anew"]


def show_anew(now: datetime, follower_id: int) -> None:
    """Write what the tables show of a profile again, because what may be shown has changed."""
    with transaction():
        for id_, held in profiles.hold([follower_id]).items():
            state = held.state
            profiles.write([changed(id_, held, state, state, None, now)], now)


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

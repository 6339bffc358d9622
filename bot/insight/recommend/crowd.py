"""What many have: popularity now and always, how often it is had again, and by new people."""

from __future__ import annotations

import numpy as np

from bot.insight.recommend.habit import STEPS, Habits, logit
from bot.insight.recommend.history import Doubles, History

_SPANS = (4.0, 8.0, 26.0)  # steps back
NAMES = (*(f"popular_{span:g}" for span in _SPANS), "popular", "again", "new")


def crowd(events: History, seen: Habits, cut: float, horizon: float) -> Doubles:
    """Features of each item, (items, len(NAMES)): logits of smoothed shares of active users.

    again  of those who had it a horizon ago, who had it again since
    new    of those who had not, who has it now
    """
    items, active = len(events.items), max(int((np.diff(seen.starts) > 0).sum()), 1)
    step = horizon / STEPS
    recent = [_takers(events.within(cut - span * step, cut), items) for span in _SPANS]
    always = np.bincount(seen.item, minlength=items).astype(np.float64)
    then, both, joined = _returning(events, cut, horizon)
    return np.stack(
        [
            *(logit((takers + 0.3) / (active + 1)) for takers in recent),
            logit((always + 0.3) / (active + 1)),
            logit((both + 1) / (then + 10)),
            logit((joined + 0.3) / (active - then + 1)),
        ],
        1,
    )


def _takers(events: History, items: int) -> Doubles:
    pairs = np.unique(events.user * items + events.item)
    return np.bincount(pairs % items, minlength=items).astype(np.float64)


def _returning(events: History, cut: float, horizon: float) -> tuple[Doubles, Doubles, Doubles]:
    """Per item: users before the last horizon, of them those within it, and those only within."""
    items = len(events.items)
    key = events.user * items + events.item
    old = np.unique(key[events.time <= cut - horizon])
    late = np.unique(key[events.time > cut - horizon])
    again = np.isin(late, old, assume_unique=True)
    counts = [
        np.bincount(part % items, minlength=items).astype(np.float64)
        for part in (old, late[again], late[~again])
    ]
    return counts[0], counts[1], counts[2]

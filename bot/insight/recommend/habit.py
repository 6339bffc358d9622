"""What each user has had before: how often, how lately, how regularly.

For every pair (user, item) that has happened, features at one time of looking. Ages are counted in
steps, eight of them a horizon, so that the same weights serve weeks and seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.insight.recommend.history import Doubles, History, Places

STEPS = 8  # a horizon has
HALF_LIVES = (2.0, 5.0, 13.0, 40.0)  # steps: days, weeks, months, for ever, where a step is a week
_AMOUNT = 20.0  # half-life of the amounts, in steps
NAMES = (
    *(f"often_{life:g}" for life in HALF_LIVES),
    *(f"rate_{life:g}" for life in HALF_LIVES),
    "amount", "per_time", "share", "times", "since", "gap", "due",
)  # fmt: skip


@dataclass(frozen=True)
class Habits:
    """Pairs sorted by user, then item.

    user, item  (p) places
    starts      (users + 1) where each user's pairs begin
    features    (p, len(NAMES)) float32
    strength    (p) own frequency with decay: what a reason and a topic profile weigh
    visits      (users) decayed times with anything at all
    """

    user: Places
    item: Places
    starts: Places
    features: np.ndarray[tuple[int, int], np.dtype[np.float32]]
    strength: Doubles
    visits: Doubles


def habits(events: History, cut: float, horizon: float) -> Habits:
    """The habits that events up to `cut` show. Events are sorted by user and item (history_of)."""
    age = (cut - events.time) * STEPS / horizon
    new = np.ones(len(age), bool)
    new[1:] = (np.diff(events.user) != 0) | (np.diff(events.item) != 0)
    first = np.flatnonzero(new)
    user, item = events.user[first], events.item[first]
    if not len(first):
        return _none(len(events.users))
    often = [np.add.reduceat(0.5 ** (age / life), first) for life in HALF_LIVES]
    visits = _visits(events, age)
    amount = np.add.reduceat(events.weight * 0.5 ** (age / _AMOUNT), first)
    every = np.bincount(user, amount, len(events.users))
    times = np.diff(np.append(first, len(age))).astype(np.float64)
    total = np.add.reduceat(events.weight, first)
    newest, oldest = np.minimum.reduceat(age, first), np.maximum.reduceat(age, first)
    far = oldest.max() + 10
    gap = np.where(times > 1, (oldest - newest) / np.maximum(times - 1, 1), far)
    columns = [
        *(np.log1p(one) for one in often),
        *(logit((o + 0.02) / (v[user] + 0.5)) for o, v in zip(often, visits, strict=True)),
        np.log1p(amount),
        np.log1p(total / times),
        np.log((amount + 0.01) / (every[user] + 1)),
        np.log1p(times),
        np.log1p(newest),
        np.log1p(gap),
        (newest + 1) / (gap + 1),
    ]
    starts = np.searchsorted(user, np.arange(len(events.users) + 1))
    return Habits(user, item, starts, np.stack(columns, 1).astype(np.float32), often[2], visits[2])


def logit(chance: Doubles) -> Doubles:
    """ln(p / (1 - p)), p kept within 1e-5 of 0 and 1."""
    sure = np.clip(chance, 1e-5, 1 - 1e-5)
    found: Doubles = np.log(sure / (1 - sure))
    return found


def _visits(events: History, age: Doubles) -> list[Doubles]:
    """For each half-life, the decayed number of times at which each user had anything."""
    order = np.lexsort((age, events.user))
    user, when = events.user[order], age[order]
    new = np.ones(len(order), bool)
    new[1:] = (np.diff(user) != 0) | (np.diff(when) != 0)
    user, when = user[new], when[new]
    return [np.bincount(user, 0.5 ** (when / life), len(events.users)) for life in HALF_LIVES]


def _none(users: int) -> Habits:
    no = np.zeros(0, np.intp)
    return Habits(
        no, no, np.zeros(users + 1, np.intp), np.zeros((0, len(NAMES)), np.float32),
        np.zeros(0), np.zeros(users),
    )  # fmt: skip

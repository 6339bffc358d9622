"""What each user has had before: how often, how lately, how regularly.

For every pair (user, item) that has happened, features at one time of looking. Ages are counted in
steps, eight of them a horizon, so that the same weights serve weeks and seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.insight.recommend.history import Doubles, History, Places

Floats = NDArray[np.float32]
STEPS = 8  # a horizon has
HALF_LIVES = (2.0, 5.0, 13.0, 40.0)  # steps: days, weeks, months, for ever, where a step is a week
_SHARE = 10  # its place among NAMES
_AMOUNT = 20.0  # half-life of the amounts, in steps
NAMES = (
    *(f"often_{life:g}" for life in HALF_LIVES),
    *(f"rate_{life:g}" for life in HALF_LIVES),
    "amount", "per_time", "share", "times", "since", "gap", "due", "own",
)  # fmt: skip


@dataclass(frozen=True)
class Habits:
    """Pairs sorted by user, then item.

    user, item  (p) places
    starts      (users + 1) where each user's pairs begin
    features    (p, len(NAMES)) float32
    blank       (users, len(NAMES)) float32, the same of an item that the user never had
    strength    (p) own frequency with decay: what a reason and a topic profile weigh
    visits      (users) decayed times with anything at all
    """

    user: Places
    item: Places
    starts: Places
    features: Floats
    blank: Floats
    strength: Doubles
    visits: Doubles


def habits(events: History, cut: float, horizon: float) -> Habits:
    """The habits that events up to `cut` show. Events are sorted by user and item (history_of)."""
    age = (cut - events.time) * STEPS / horizon
    new = np.ones(len(age), bool)
    new[1:] = (np.diff(events.user) != 0) | (np.diff(events.item) != 0)
    first = np.flatnonzero(new)
    if not len(first):
        return _none(len(events.users))
    user, item = events.user[first], events.item[first]
    often = [np.add.reduceat(0.5 ** (age / life), first) for life in HALF_LIVES]
    visits = _visits(events, age)
    amount = np.add.reduceat(events.weight * 0.5 ** (age / _AMOUNT), first)
    every = np.bincount(user, amount, len(events.users))
    far = float(age.max()) + 10
    columns = [
        *(np.log1p(one) for one in often),
        *(rate(o, v[user]) for o, v in zip(often, visits, strict=True)),
        np.log1p(amount),
        *_pace(age, first, events.weight, far),
        np.ones(len(first)),
    ]
    columns.insert(_SHARE, np.log((amount + 0.01) / (every[user] + 1)))
    blank = np.zeros((len(events.users), len(NAMES)))
    blank[:, len(HALF_LIVES) : 2 * len(HALF_LIVES)] = np.stack(
        [rate(np.zeros(1), one) for one in visits], 1
    )
    blank[:, _SHARE] = np.log(0.01 / (every + 1))
    blank[:, [NAMES.index("since"), NAMES.index("gap")]] = np.log1p(far)
    starts = np.searchsorted(user, np.arange(len(events.users) + 1))
    features = np.stack(columns, 1).astype(np.float32)
    strength, often_had = often[2], visits[2]
    return Habits(user, item, starts, features, blank.astype(np.float32), strength, often_had)


def _pace(age: Doubles, first: Places, weight: Doubles, far: float) -> list[Doubles]:
    """per_time, times, since, gap, due."""
    times = np.diff(np.append(first, len(age))).astype(np.float64)
    newest, oldest = np.minimum.reduceat(age, first), np.maximum.reduceat(age, first)
    gap = np.where(times > 1, (oldest - newest) / np.maximum(times - 1, 1), far)
    return [
        np.log1p(np.add.reduceat(weight, first) / times),
        np.log1p(times),
        np.log1p(newest),
        np.log1p(gap),
        (newest + 1) / (gap + 1),
    ]


def rate(often: Doubles, visits: Doubles) -> Doubles:
    """The logit of how often of all visits, smoothed."""
    return logit((often + 0.02) / (visits + 0.5))


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
    size = len(events.users)
    return [np.bincount(user, 0.5 ** (when / n), size).astype(np.float64) for n in HALF_LIVES]


def _none(users: int) -> Habits:
    no = np.zeros(0, np.intp)
    return Habits(
        no, no, np.zeros(users + 1, np.intp), np.zeros((0, len(NAMES)), np.float32),
        np.zeros((users, len(NAMES)), np.float32), np.zeros(0), np.zeros(users),
    )  # fmt: skip

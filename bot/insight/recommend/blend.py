"""One chance for each user and item, from habit, crowd, neighbours and topics.

Two logistic models, as two questions are asked: will it be had `again` (pairs that happened), and
will it be had for the `first` time (all others). Both answer "within a horizon", so their chances
stand in one list. Each is taught by windows of the past: what was known at a cut, and what came
within a horizon after it. Nothing later than the cut is ever a feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from bot.insight.recommend import crowd, habit, logistic, nearby
from bot.insight.recommend.habit import Habits, habits
from bot.insight.recommend.history import Doubles, History, Places
from bot.insight.recommend.topics import Field, likeness

Floats = NDArray[np.float32]
CELLS = 2_000_000  # users x items of a chunk: some 60 MB with everything made of it
_CANDIDATES = 100  # of each sort a user, among what is new, that teach


@dataclass(frozen=True)
class Look:
    """What was known at one time.

    had, strength  (users, items) sparse: 1, and own frequency with decay
    crowd          (items, len(crowd.NAMES))
    ridge, cosine  (known, known) among the items of `known`, the most frequent ones
    """

    seen: Habits
    had: sparse.csr_matrix
    strength: sparse.csr_matrix
    crowd: Floats
    known: Places
    ridge: Floats
    cosine: Floats
    fields: Sequence[Field]

    @property
    def users(self) -> int:
        return int(self.had.shape[0])

    @property
    def items(self) -> int:
        return int(self.had.shape[1])

    @property
    def step(self) -> int:
        """Users of a chunk."""
        return max(1, CELLS // max(self.items, 1))


@dataclass(frozen=True)
class Blend:
    """Weights as logistic.fit gives them."""

    again: Doubles
    first: Doubles


def look(events: History, cut: float, horizon: float, fields: Sequence[Field]) -> Look:
    """What events up to `cut` say; events after it are not read."""
    past = events.until(cut)
    seen = habits(past, cut, horizon)
    items = len(events.items)
    had = nearby.had(seen, items)
    known = _most_frequent(seen, items)
    counts = nearby.together(had[:, known])
    taught = max(int((np.diff(seen.starts) > 0).sum()), 1)
    strength = had.copy()
    strength.data = seen.strength.astype(np.float32)
    return Look(
        seen, had, strength, crowd.crowd(past, seen, cut, horizon).astype(np.float32), known,
        nearby.ridge(counts, nearby.RIDGE * taught), nearby.cosine(counts), fields,
    )  # fmt: skip


def _most_frequent(seen: Habits, items: int) -> Places:
    count = np.bincount(seen.item, minlength=items)
    return np.sort(np.argsort(-count, kind="stable")[: nearby.MOST_ITEMS])


def names(which: str, fields: Sequence[Field]) -> tuple[str, ...]:
    """The features of `again` or of `first`, in the order of their weights."""
    own = habit.NAMES if which == "again" else ()
    return (*own, *crowd.NAMES, "ridge", "cosine", "breadth", *(f.title for f in fields))


def beside(found: Look, users: slice) -> list[Floats]:
    """Dense features (users, items) of a chunk: ridge, cosine, breadth, one for each field."""
    x = found.had[users][:, found.known]
    near = [_spread(x @ matrix, found) for matrix in (found.ridge, found.cosine)]
    mean = near[1].mean(axis=1, keepdims=True)
    near[1] /= np.where(mean > 0, mean, 1)
    broad = np.log1p(np.diff(found.seen.starts)[users]).astype(np.float32)
    about = [likeness(field, found.strength[users]) for field in found.fields]
    return [*near, np.broadcast_to(broad[:, None], near[0].shape), *about]


def _spread(score: Floats, found: Look) -> Floats:
    if len(found.known) == found.items:
        return score
    wide = np.zeros((len(score), found.items), np.float32)
    wide[:, found.known] = score
    return wide


def chances(blend: Blend, found: Look, users: slice) -> Floats:
    """(users, items) that each is had within a horizon."""
    dense = beside(found, users)
    crowds = len(crowd.NAMES)
    model = blend.first
    ours = np.delete(model, np.s_[crowds:-1], axis=1)
    score = np.repeat(logistic.logits(ours, found.crowd)[None, :], len(dense[0]), axis=0)
    for mean, scale, weight, part in zip(*model[:, crowds:-1], dense, strict=True):
        score += weight * np.clip((part - mean) / scale, -logistic.FURTHEST, logistic.FURTHEST)
    user, item, x = own_rows(found, users, dense)
    score[user, item] = logistic.logits(blend.again, x)
    return logistic.chances(score).astype(np.float32)


def own_rows(found: Look, users: slice, dense: Sequence[Floats]) -> tuple[Places, Places, Floats]:
    """Pairs of a chunk that happened: row in the chunk, item, features of `again`."""
    starts = found.seen.starts
    own = slice(starts[users.start], starts[users.stop])
    user, item = found.seen.user[own] - users.start, found.seen.item[own]
    parts = [part[user, item][:, None] for part in dense]
    return user, item, np.hstack([found.seen.features[own], found.crowd[item], *parts])


def new_rows(found: Look, users: slice, dense: Sequence[Floats]) -> tuple[Places, Places, Floats]:
    """The likeliest pairs of a chunk that have not happened, and the features of `first`."""
    had = found.had[users].toarray() > 0
    chosen = np.zeros(had.shape, bool)
    for score in (dense[0], np.broadcast_to(found.crowd[:, 1], had.shape)):
        left = np.where(had, -np.inf, score)
        few = min(_CANDIDATES, left.shape[1])
        at = np.argpartition(-left, few - 1, axis=1)[:, :few]
        np.put_along_axis(chosen, at, True, axis=1)
    user, item = np.nonzero(chosen & ~had & had.any(axis=1)[:, None])
    parts = [part[user, item][:, None] for part in dense]
    return user, item, np.hstack([found.crowd[item], *parts])


Rows = tuple[list[Floats], list[Doubles]]


def taught_by(found: Look, later: History, again: Rows, first: Rows) -> None:
    """Adds a window's rows: features at its cut, and whether it then happened."""
    came = set_of(later)
    for start in range(0, found.users, found.step):
        users = slice(start, min(start + found.step, found.users))
        dense = beside(found, users)
        for into, rows in ((again, own_rows), (first, new_rows)):
            user, item, x = rows(found, users, dense)
            into[0].append(x.astype(np.float32))
            key = (user + start) * found.items + item
            into[1].append(np.isin(key, came).astype(np.float64))


def set_of(later: History) -> Places:
    """Each pair that happened once, as user * items + item, sorted."""
    return np.unique(later.user * len(later.items) + later.item)


def fitted(rows: Rows) -> Doubles:
    return logistic.fit(np.vstack(rows[0]), np.concatenate(rows[1]))

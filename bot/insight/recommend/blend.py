"""One chance for each user and item, from habit, crowd, neighbours and topics.

Two steps. `promise`, a rough score of everything, chooses CANDIDATES for each user; a logistic
model weighs those exactly. Two such models, as two questions are asked: what will be had (`all`),
and what of that which the user never had (`new`). Weights are taught by windows of the past: what
was known at a cut, and what came within a horizon after it. Nothing later than the cut is ever a
feature.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from bot.insight.recommend import crowd, habit, nearby, neural
from bot.insight.recommend.habit import Habits, habits
from bot.insight.recommend.history import Doubles, History, Places
from bot.insight.recommend.listing import top
from bot.insight.recommend.topics import Field, likeness

Floats = NDArray[np.float32]
CELLS = 2_000_000  # users x items of a chunk: some 60 MB with everything made of it
CANDIDATES = 60  # a user, that are weighed exactly: weights are to tell the best from the good
NEW_SERVED = 120  # of new ones, so that rare items are among them and can have their turn
_BESIDE = ("ridge", "ridge_log", "cosine")
PLAIN = "ridge"  # the feature that has a say of its own beside the learnt blend (kind.py)
_LEAST = 0.01  # of a ridge score, before its logarithm
_TIES = 1e-4  # of popularity, where neighbours say nothing


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


def only(found: Look, users: Places) -> Look:
    """The same for these users alone, in this order."""
    seen = found.seen
    sizes = np.diff(seen.starts)[users]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    pairs = np.arange(starts[-1]) + np.repeat(seen.starts[:-1][users] - starts[:-1], sizes)
    ours = Habits(
        np.repeat(np.arange(len(users)), sizes), seen.item[pairs], starts, seen.features[pairs],
        seen.blank[users], seen.strength[pairs], seen.visits[users],
    )  # fmt: skip
    return replace(found, seen=ours, had=found.had[users], strength=found.strength[users])


def of_others(found: Look, events: History, cut: float, horizon: float) -> Look:
    """The same crowd and neighbours before other users, whose events up to `cut` are these.

    events  with the items of `found`, in their order
    """
    past = events.until(cut)
    seen = habits(past, cut, horizon)
    had = nearby.had(seen, found.items)
    strength = had.copy()
    strength.data = seen.strength.astype(np.float32)
    return replace(found, seen=seen, had=had, strength=strength)


def _most_frequent(seen: Habits, items: int) -> Places:
    count = np.bincount(seen.item, minlength=items)
    return np.sort(np.argsort(-count, kind="stable")[: nearby.MOST_ITEMS])


def names(which: str, fields: Sequence[Field]) -> tuple[str, ...]:
    """The features of `all` or of `new`, in the order of their weights."""
    own = habit.NAMES if which == "all" else ()
    return (*own, *crowd.NAMES, *_BESIDE, *(f.title for f in fields))


def beside(found: Look, users: slice) -> list[Floats]:
    """Dense features (users, items) of a chunk: ridge, its logarithm, cosine, and each field."""
    x = found.had[users][:, found.known]
    ridge, cosine = (_spread(x @ matrix, found) for matrix in (found.ridge, found.cosine))
    mean = cosine.mean(axis=1, keepdims=True)
    cosine /= np.where(mean > 0, mean, 1)
    about = [likeness(field, found.strength[users]) for field in found.fields]
    return [ridge, np.log(np.maximum(ridge, 0) + _LEAST), np.log1p(cosine), *about]


def _spread(score: Floats, found: Look) -> Floats:
    if len(found.known) == found.items:
        return score
    wide = np.zeros((len(score), found.items), np.float32)
    wide[:, found.known] = score
    return wide


def promise(found: Look, users: slice, dense: Sequence[Floats], new_only: bool) -> Floats:
    """(users, items) rough scores that choose candidates; -inf for what is not asked for."""
    popular = found.crowd[:, crowd.NAMES.index("popular_8")]
    own = found.seen.starts[users.start], found.seen.starts[users.stop]
    user, item = found.seen.user[slice(*own)] - users.start, found.seen.item[slice(*own)]
    if new_only:
        score: Floats = dense[0] + np.float32(_TIES) * popular[None, :]
        score[user, item] = -np.inf
        return score
    visits = found.seen.visits[users, None] + 0.5
    score = (np.log(0.02 / visits) + 0.35 * popular[None, :] + 0.6 * dense[0]).astype(np.float32)
    strength = found.seen.strength[slice(*own)]
    score[user, item] += np.log((strength + 0.02) / 0.02)
    return score


def rows(
    found: Look, users: slice, dense: Sequence[Floats], user: Places, item: Places, new_only: bool
) -> Floats:
    """Features of pairs, (pairs, names); `user` counts from the chunk's first."""
    parts = [found.crowd[item], *(part[user, item][:, None] for part in dense)]
    if new_only:
        return np.hstack(parts)
    own = found.seen.blank[user + users.start]
    start, stop = found.seen.starts[users.start], found.seen.starts[users.stop]
    key = (found.seen.user[start:stop] - users.start) * found.items + found.seen.item[start:stop]
    wanted = user * found.items + item
    at = np.minimum(np.searchsorted(key, wanted), max(len(key) - 1, 0))
    had = key[at] == wanted if len(key) else np.zeros(len(wanted), bool)
    own[had] = found.seen.features[start + at[had]]
    return np.hstack([own, *parts])


def candidates(
    found: Look, users: slice, dense: Sequence[Floats], new_only: bool, most: int = CANDIDATES
) -> tuple[Places, Places]:
    """The most promising pairs of a chunk, by user."""
    at, score = top(promise(found, users, dense, new_only), most)
    user = np.repeat(np.arange(len(at)), at.shape[1])
    there = np.isfinite(score).ravel()
    return user[there], at.ravel()[there]


def taught_by(found: Look, later: History, new_only: bool) -> tuple[Floats, Doubles]:
    """A window's rows: features of candidates at its cut, and whether each then happened.

    Only users with a history teach: of others nothing is known that could be weighed.
    """
    came = np.unique(later.user * found.items + later.item)
    x, y = [], []
    for users in chunks(found):
        dense = beside(found, users)
        user, item = candidates(found, users, dense, new_only)
        known = np.diff(found.seen.starts)[users][user] > 0
        user, item = user[known], item[known]
        x.append(rows(found, users, dense, user, item, new_only))
        key = (user + users.start) * found.items + item
        y.append(np.isin(key, came).astype(np.float64))
    return np.vstack(x), np.concatenate(y)


def chunks(found: Look) -> Iterator[slice]:
    """Users in slices of flat memory."""
    step = max(1, CELLS // max(found.items, 1))
    for start in range(0, found.users, step):
        yield slice(start, min(start + step, found.users))


def scored(
    weights: neural.Weights, found: Look, users: slice, new_only: bool
) -> tuple[Places, Places, Doubles]:
    """Candidates of a chunk as user (from the chunk's first), item and chance within a horizon."""
    dense = beside(found, users)
    user, item = candidates(found, users, dense, new_only, NEW_SERVED if new_only else CANDIDATES)
    x = rows(found, users, dense, user, item, new_only)
    return user, item, neural.chances(weights, x)

"""Lists of the best: top k with stable ties, varied within a list, every item given its turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.insight.recommend.history import Places

Floats = NDArray[np.float32]
MOST_CHANGED = 0.25  # of the lists may give their last place to an item nobody else is shown
_TRIES = 32  # users remembered for each item that is not shown


def top(score: Floats, k: int) -> tuple[Places, Floats]:
    """The k best of each row, best first, the lower place first where equal; -inf is no candidate.

    Returns places and scores, (n, k); a row with fewer candidates ends in -inf.
    """
    k = min(k, score.shape[1])
    if k < score.shape[1]:
        edge = np.partition(score, -k, axis=1)[:, -k]
        at = _edged(score, edge, k)
    else:
        at = np.broadcast_to(np.arange(k), score.shape)
    found = np.take_along_axis(score, at, 1)
    order = np.argsort(-found, axis=1, kind="stable")
    return np.take_along_axis(at, order, 1), np.take_along_axis(found, order, 1)


def _edged(score: Floats, edge: Floats, k: int) -> Places:
    """Ascending places of k cells a row: all above the edge, then the first of those on it."""
    above = score > edge[:, None]
    on = score == edge[:, None]
    room = k - above.sum(1)
    kept = above | (on & (np.cumsum(on, axis=1) <= room[:, None]))
    return np.nonzero(kept)[1].reshape(len(score), k)


def varied(at: Places, score: Floats, kinds: Places, k: int, strength: float) -> Places:
    """Which k places of each longer list to show, in order: maximal marginal relevance.

    at, score  (n, m) items and chances, best first, m >= k
    kinds      (items) what sort each item is
    strength   0..1: each item of a sort already shown takes this share off the chance

    Returns (n, k) columns of `at` (Carbonell and Goldstein, 1998, with sameness of sort).
    """
    rows = np.arange(len(at))
    sort = kinds[at]
    left = score.astype(np.float64, copy=True)
    chosen = np.zeros((len(at), k), np.intp)
    for place in range(k):
        pick = np.argmax(left, axis=1)
        chosen[:, place] = pick
        left[sort == sort[rows, pick][:, None]] *= 1 - strength
        left[rows, pick] = -np.inf
    return chosen


@dataclass
class Turns:
    """Gives the last place of a few lists to items that nobody is shown, where it costs least.

    Chunks of users are told in turn; memory is items x _TRIES, whatever the number of users.
    """

    items: int
    shown: NDArray[np.int64]
    cost: Floats
    user: Places

    @classmethod
    def over(cls, items: int) -> Turns:
        cost = np.full((items, _TRIES), np.inf, np.float32)
        return cls(items, np.zeros(items, np.int64), cost, np.full((items, _TRIES), -1, np.intp))

    def tell(self, first: int, score: Floats, at: Places, best: Floats) -> None:
        """A chunk of users from place `first`: all scores (n, items), their lists (n, k)."""
        listed = np.isfinite(best)
        self.shown += np.bincount(at[listed], minlength=self.items)
        loss = (best[:, -1:] - score).T  # (items, n)
        full = np.isfinite(best[:, -1]) & (best.shape[1] > 1)
        loss = np.where(np.isfinite(loss) & full[None, :], loss, np.inf).astype(np.float32)
        users = np.broadcast_to(np.arange(first, first + len(at)), loss.shape)
        cost, user = np.hstack([self.cost, loss]), np.hstack([self.user, users])
        order = np.argsort(cost, axis=1, kind="stable")[:, :_TRIES]
        self.cost = np.take_along_axis(cost, order, 1)
        self.user = np.take_along_axis(user, order, 1)

    def given(self, last: Places, wanted: int) -> dict[int, int]:
        """user -> item for its last place, so that `wanted` different items are shown if it can be.

        last  (users) the item in each user's last place; an item shown only there stays
        """
        shown = self.shown.copy()
        room = min(wanted - int((shown > 0).sum()), int(len(last) * MOST_CHANGED))
        found: dict[int, int] = {}
        item, at = np.nonzero(np.isfinite(self.cost) & (shown == 0)[:, None])
        order = np.lexsort((item, self.user[item, at], self.cost[item, at]))
        for one in order.tolist():
            if len(found) >= room:
                break
            user, new = int(self.user[item[one], at[one]]), int(item[one])
            if user in found or shown[new] or shown[last[user]] < 2:
                continue
            shown[last[user]] -= 1
            shown[new] += 1
            found[user] = new
        return found

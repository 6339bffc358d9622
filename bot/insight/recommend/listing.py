"""Lists of the best: top k with stable ties, varied within a list, every item given its turn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.insight.recommend.history import Doubles, Places

Floats = NDArray[np.float32]
MOST_CHANGED = 0.25  # of the lists may give their last place to an item nobody else is shown


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


def varied(at: Places, score: Doubles, kinds: Places, k: int, strength: float) -> Places:
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


def turns(
    shown: Places, item: Places, user: Places, cost: Doubles, users: int, last: Places, wanted: int
) -> dict[int, int]:
    """user -> item for its last place, so that `wanted` different items are shown, if it can be.

    shown             (items) how many lists hold each item
    item, user, cost  candidates that are in no list, and the chance that the swap costs
    last              (users) the item in each user's last place, -1: the list is not full

    The cheapest swaps come first, one a user and one an item, MOST_CHANGED of the users at most;
    an item that is shown only there stays. Ties go to the lower user, then the lower item.
    """
    shown = shown.copy()
    room = min(wanted - int((shown > 0).sum()), int(users * MOST_CHANGED))
    found: dict[int, int] = {}
    open_ = shown[item] == 0
    item, user, cost = item[open_], user[open_], cost[open_]
    for one in np.lexsort((item, user, cost)).tolist():
        if len(found) >= room:
            break
        who, new = int(user[one]), int(item[one])
        if who in found or shown[new] or last[who] < 0 or shown[last[who]] < 2:
            continue
        shown[last[who]] -= 1
        shown[new] += 1
        found[who] = new
    return found

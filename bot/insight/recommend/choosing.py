"""Which of several is taken: conditional logit (McFadden, 1974), drawn towards a rule at the start.

p_ui = exp(x_ui w) / sum over the user's offers j of exp(x_uj w)
minimises  -sum over u of mean over taken i of ln p_ui + l/2 |s (w - w0)|^2, s the features' scales

Only differences within a user count: how many take anything at all says nothing here. With little
taught, w stays near w0. Source: docs/explanation/recommendation.md
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bot.insight.recommend.history import Doubles, Places
from bot.insight.recommend.newton import descend

Floats = NDArray[np.float32]

STRENGTH = 1000.0  # users of this number move a weight half the way, where a feature tells one


def fit(
    x: Floats, taken: NDArray[np.bool_], size: Places, start: Doubles, strength: float = STRENGTH
) -> Doubles:
    """Weights w of the features, (k).

    x      (n, k) rows, each user's together
    taken  (n) whether it was; every user took one or more
    size   (users) how many rows each has; they add up to n
    start  (k) w0
    """
    scale = x.std(axis=0, dtype=np.float64)
    scale[scale < 1e-9] = 1.0
    z, first = x / scale, np.cumsum(size) - size
    wanted = taken / np.repeat(np.add.reduceat(taken.astype(np.float64), first), size)
    begin = start * scale

    def loss_at(weight: Doubles) -> tuple[float, Callable[[], Doubles]]:
        loss, p = _loss(z, wanted, first, size, weight, begin, strength)
        return loss, lambda: _step(z, wanted - p, p, first, strength, weight - begin)

    found: Doubles = descend(loss_at, begin) / scale
    return found


def _loss(
    z: Doubles, wanted: Doubles, first: Places, size: Places, weight: Doubles, begin: Doubles,
    strength: float,
) -> tuple[float, Doubles]:  # fmt: skip
    """The loss, and each row's p."""
    score = z @ weight
    score -= np.repeat(np.maximum.reduceat(score, first), size)
    total = np.repeat(np.add.reduceat(np.exp(score), first), size)
    away = weight - begin
    loss = -float(wanted @ (score - np.log(total))) + strength * float(away @ away) / 2
    return loss, np.exp(score) / total


def _step(
    z: Doubles, left: Doubles, p: Doubles, first: Places, strength: float, away: Doubles
) -> Doubles:
    gradient = z.T @ left - strength * away
    mean = np.add.reduceat(z * p[:, None], first)
    curve = (z * p[:, None]).T @ z - mean.T @ mean + strength * np.eye(len(away))
    found: Doubles = np.linalg.solve(curve, gradient)
    return found

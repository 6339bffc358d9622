"""Logistic regression by Newton's steps, for a few dozen features and millions of rows.

minimises  sum of -w [y ln p + (1 - y) ln (1 - p)] + l/2 |b|^2 over scaled features, l = STRENGTH;
the intercept is free. Source: docs/explanation/recommendation.md
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bot.insight.recommend.newton import descend

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]

STRENGTH = 10.0
FURTHEST = 30.0  # standard deviations: what is rare may count much, a mistake not without end
_BLOCK = 65_536  # rows


def fit(x: Floats, y: Doubles, strength: float = STRENGTH) -> Doubles:
    """Mean, scale and weight of each feature, and the intercept beside them: (3, k + 1).

    x  (n, k), n > 0
    y  (n) 0.0 or 1.0

    The same rows give the same weights; with one class the intercept stays finite.
    """
    mean = x.mean(axis=0, dtype=np.float64)
    scale = x.std(axis=0, dtype=np.float64)
    scale[scale < 1e-9] = 1.0
    weight = np.zeros(x.shape[1] + 1)
    rate = (y.sum() + 0.5) / (len(y) + 1)
    weight[-1] = np.log(rate / (1 - rate))
    penalty = np.append(np.full(x.shape[1], strength), 1e-6)

    def loss_at(at: Doubles) -> tuple[float, Callable[[], Doubles]]:
        loss, gradient, curve = _slopes(x, y, mean, scale, at, penalty)
        return loss, lambda: np.asarray(np.linalg.solve(curve, gradient))

    weight = descend(loss_at, weight)
    return np.stack([np.append(mean, 0.0), np.append(scale, 1.0), weight])


def logits(model: Doubles, x: Floats) -> Doubles:
    """ln(p / (1 - p)) of each row, (n)."""
    found: Doubles = scaled(model, x) @ model[2, :-1] + model[2, -1]
    return found


def scaled(model: Doubles, x: Floats) -> Doubles:
    """Features as the model's standard deviations from its means, within FURTHEST."""
    return _scaled(x, model[0, :-1], model[1, :-1])


def chances(logit: Doubles) -> Doubles:
    found: Doubles = 1 / (1 + np.exp(-np.clip(logit, -30, 30)))
    return found


def _scaled(x: Floats, mean: Doubles, scale: Doubles) -> Doubles:
    found: Doubles = np.clip((x - mean) / scale, -FURTHEST, FURTHEST)
    return found


def _slopes(
    x: Floats, y: Doubles, mean: Doubles, scale: Doubles, weight: Doubles, penalty: Doubles
) -> tuple[float, Doubles, Doubles]:
    """The loss, minus its gradient, and its matrix of second derivatives."""
    loss = float(penalty @ weight**2) / 2
    gradient, curve = -penalty * weight, np.diag(penalty)
    for start in range(0, len(y), _BLOCK):
        part = _scaled(x[start : start + _BLOCK], mean, scale)
        part = np.hstack([part, np.ones((len(part), 1))])
        logit, answer = part @ weight, y[start : start + _BLOCK]
        p = chances(logit)
        loss += float((np.logaddexp(0, logit) - answer * logit).sum())
        gradient += part.T @ (answer - p)
        curve += (part * (p * (1 - p))[:, None]).T @ part
    return loss, gradient, curve

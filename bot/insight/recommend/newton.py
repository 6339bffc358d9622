"""Newton's steps down a convex loss, each halved until it does not lead uphill."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
# Weights -> the loss there, and how to reckon the step from there (asked only of what is kept).
Loss = Callable[[Doubles], tuple[float, Callable[[], Doubles]]]

_ROUNDS, _HALVINGS = 30, 20
_STEADY = 1e-5  # of a weight: what moves less stands still


def descend(loss_at: Loss, start: Doubles) -> Doubles:
    """The weights of the least loss, (k); the same start gives the same weights."""
    weight = start.copy()
    loss, step_from = loss_at(weight)
    for _ in range(_ROUNDS):
        step = step_from()
        for _ in range(_HALVINGS):  # a whole step of Newton's may jump over the valley
            after = loss_at(weight + step)
            if after[0] <= loss:
                break
            step = step / 2
        else:
            break
        weight = weight + step
        loss, step_from = after
        if np.abs(step).max() < _STEADY:
            break
    return weight

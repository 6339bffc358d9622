"""Chances that mean what they say: a strictly growing curve from raw to calibrated chance.

Learnt on scores of rows that the model had not seen. Strictly growing, so that the order of any
two followers, and with it AUC, stays what it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Curve = dict[str, Any]

LEAST_OF_A_CLASS = 500  # rows of the rarer answer that isotonic regression asks for
OWN_SHARE = 1e-3  # of the raw chance in an isotonic curve: its flat stretches rise a little
_EDGE = 1e-6
_PARTS = 5


def learn(chance: Doubles, y: Doubles, seed: int = 0) -> tuple[Curve, str]:
    """The curve that lowers the log loss most on rows it was not learnt from, and why it.

    "none" where neither a sigmoid nor, from LEAST_OF_A_CLASS rows of the rarer answer on, isotonic
    regression lowers it.
    """
    rare = int(min(y.sum(), (1 - y).sum()))
    ways = {"none": _none, "sigmoid": _sigmoid}
    if rare >= LEAST_OF_A_CLASS:
        ways["isotonic"] = _isotonic
    loss = {name: _crossed(way, chance, y, seed) for name, way in ways.items()}
    best = min(loss, key=lambda name: loss[name])
    said = ", ".join(f"{name} {loss[name]:.4f}" for name in ways)
    limit = "" if rare >= LEAST_OF_A_CLASS else f"; isotonic needs {LEAST_OF_A_CLASS} of each"
    why = (
        f"calibration {best}: cross-fitted log loss {said} ({rare} rows of the rarer answer{limit})"
    )
    return ways[best](chance, y), why


def apply(curve: Mapping[str, Any], chance: Doubles) -> Doubles:
    """Calibrated chances, (n), within 0..1."""
    if curve["way"] == "sigmoid":
        return _expit(curve["slope"] * _logit(chance) + curve["shift"])
    if curve["way"] == "isotonic":
        risen = np.interp(chance, curve["x"], curve["y"])
        return np.asarray((1 - OWN_SHARE) * risen + OWN_SHARE * chance)
    return chance


def _crossed(way: Any, chance: Doubles, y: Doubles, seed: int) -> float:
    part = np.random.default_rng(seed).permutation(len(y)) % _PARTS
    found = np.empty(len(y))
    for one in range(_PARTS):
        held = part == one
        found[held] = apply(way(chance[~held], y[~held]), chance[held])
    sure = np.clip(found, _EDGE, 1 - _EDGE)
    return float(-np.where(y > 0, np.log(sure), np.log1p(-sure)).mean())


def _none(_chance: Doubles, _y: Doubles) -> Curve:
    return {"way": "none"}


def _logit(chance: Doubles) -> Doubles:
    sure = np.clip(chance, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(sure) - np.log1p(-sure))


def _expit(value: Doubles) -> Doubles:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -500, 500))))


def _sigmoid(chance: Doubles, y: Doubles) -> Curve:
    """Logistic regression on the log odds (Platt), by Newton's method with his targets.

    Falls back to "none" where it would not grow: the scores told nothing, or the contrary.
    """
    yes, no = y.sum(), (1 - y).sum()
    wanted = np.where(y > 0, (yes + 1) / (yes + 2), 1 / (no + 2))
    columns = np.column_stack([_logit(chance), np.ones(len(y))])
    at = _newton(columns, wanted, np.array([0.0, np.log((yes + 1) / (no + 1))]))
    if not at[0] > 0:
        return _none(chance, y)
    return {"way": "sigmoid", "slope": float(at[0]), "shift": float(at[1])}


def _newton(columns: Doubles, wanted: Doubles, at: Doubles) -> Doubles:
    """The weights of least log loss; a step that would raise it is halved."""
    loss = _loss(columns @ at, wanted)
    for _ in range(100):
        found = _expit(columns @ at)
        bent = (columns * (found * (1 - found))[:, None]).T @ columns + 1e-9 * np.eye(2)
        step = np.linalg.solve(bent, columns.T @ (wanted - found))
        while (tried := _loss(columns @ (at + step), wanted)) > loss and np.abs(step).max() > 1e-9:
            step = step / 2
        if np.abs(step).max() <= 1e-9:
            break
        at, loss = at + step, tried
    return at


def _loss(odds: Doubles, wanted: Doubles) -> float:
    return float((np.logaddexp(0, odds) - wanted * odds).sum())


def _isotonic(chance: Doubles, y: Doubles) -> Curve:
    """Pooled neighbours that violate the order, joined through the middle of each pool.

    Of equal chances a yes comes first, so that they are one pool.
    """
    order = np.lexsort((-y, chance))
    pools: list[list[float]] = []  # [weight, sum of x, sum of y]
    for x, answer in zip(chance[order].tolist(), y[order].tolist(), strict=True):
        pools.append([1.0, x, answer])
        while len(pools) > 1 and pools[-2][2] * pools[-1][0] >= pools[-1][2] * pools[-2][0]:
            last = pools.pop()
            pools[-1] = [a + b for a, b in zip(pools[-1], last, strict=True)]
    x_at, first = np.unique([one[1] / one[0] for one in pools], return_index=True)
    y_at = np.array([one[2] / one[0] for one in pools])[first]
    return {"way": "isotonic", "x": x_at.tolist(), "y": y_at.tolist()}

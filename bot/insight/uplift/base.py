"""The base models under every learner: one that adds, one that grows trees; chances and effects.

Both read matrices that `bot.insight.encode` made. What is fitted is a Part of arrays, so that
serving needs numpy alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.insight.candidate import Part
from bot.insight.propensity import trees
from bot.insight.propensity.linear import expit

Doubles = NDArray[np.float64]
Fit = Callable[[Doubles, Doubles, Doubles | None, int], Part]

STRENGTH = 1.0  # of the squared coefficients, beside the log loss or half the squared error
ROUNDS = {"chance": 60, "effect": 40}
LEAVES = {"chance": 6, "effect": 4}
RATE = 0.05
LEAST_LEAF = 20
LEAF_SHARE = 200  # a leaf has at least one row in so many
_AT_ONCE = 8192  # rows


@dataclass(frozen=True)
class Base:
    """A kind of model that learners are made of.

    encoding  the manner in which tables become its matrix
    chance    (X, y of 0 and 1, weights or None, seed) -> a Part that gives chances
    effect    (X, any numbers, weights or None, seed) -> a Part that gives means
    """

    name: str
    encoding: str
    chance: Fit
    effect: Fit


def said(part: Part, x: Doubles) -> Doubles:
    """What a fitted base model says of each row of a matrix, (n)."""
    if part.card["form"] == "linear":
        found: Doubles = x @ part.arrays["weights"] + part.arrays["bias"][0]
    else:
        found = np.full(len(x), float(part.card["base"]))
        for start in range(0, len(x), _AT_ONCE):
            found[start : start + _AT_ONCE] += trees.walked(part, x[start : start + _AT_ONCE])
    return expit(found) if part.card["link"] == "expit" else found


def _logistic(x: Doubles, y: Doubles, weight: Doubles | None, seed: int) -> Part:
    if y.min() == y.max():
        return _constant(x, float(np.log((y.sum() + 0.5) / (len(y) - y.sum() + 0.5))), "expit")
    regression = import_module("sklearn.linear_model").LogisticRegression
    fitted = regression(C=1 / STRENGTH, max_iter=1000, random_state=seed)
    fitted.fit(x, y, sample_weight=weight)
    return _linear(fitted.coef_[0], float(fitted.intercept_[0]), "expit")


def _ridge(x: Doubles, y: Doubles, weight: Doubles | None, seed: int) -> Part:
    fitted = import_module("sklearn.linear_model").Ridge(2 * STRENGTH)
    fitted.fit(x, y, sample_weight=weight)
    return _linear(fitted.coef_, float(fitted.intercept_), "same")


def _constant(x: Doubles, value: float, link: str) -> Part:
    return _linear(np.zeros(x.shape[1]), value, link)


def _linear(weights: Doubles, bias: float, link: str) -> Part:
    arrays = {"weights": np.asarray(weights, np.float64), "bias": np.array([bias])}
    return Part({"form": "linear", "link": link}, arrays)


def _boosted_chance(x: Doubles, y: Doubles, weight: Doubles | None, seed: int) -> Part:
    if y.min() == y.max():
        return _logistic(x, y, weight, seed)
    return _boosted("HistGradientBoostingClassifier", "chance", "expit", x, y, weight, seed)


def _boosted_effect(x: Doubles, y: Doubles, weight: Doubles | None, seed: int) -> Part:
    return _boosted("HistGradientBoostingRegressor", "effect", "same", x, y, weight, seed)


def _boosted(
    library: str, what: str, link: str, x: Doubles, y: Doubles, weight: Doubles | None, seed: int
) -> Part:
    booster: Any = getattr(import_module("sklearn.ensemble"), library)
    fitted = booster(
        max_iter=ROUNDS[what], max_leaf_nodes=LEAVES[what], learning_rate=RATE,
        min_samples_leaf=max(LEAST_LEAF, len(x) // LEAF_SHARE), l2_regularization=1.0,
        early_stopping=False, random_state=seed,
    )  # fmt: skip
    fitted.fit(x, y, sample_weight=weight)
    nodes = [trees.boosted_nodes(one[0].nodes) for one in fitted._predictors]
    base = float(np.ravel(fitted._baseline_prediction)[0])
    part = trees.part_of({}, nodes, link=link, single=False, base=base)
    return Part({"form": "trees", "link": link, "base": base, "single": False}, part.arrays)


LINEAR = Base("logistic", "scaled", _logistic, _ridge)
BOOSTED = Base("boosting", "codes", _boosted_chance, _boosted_effect)
BASES = {one.name: one for one in (LINEAR, BOOSTED)}

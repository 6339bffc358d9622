"""The learnt blend: logistic regression, and small neural networks beside it where rows are many.

chance = sigma of r times the plain logit and 1 - r times the blend's
blend's logit = s times the logistic regression's and 1 - s times the networks' mean

The plain logit is a logistic regression's on one feature alone, whose order does not move with the
season. The networks (one hidden layer of rectified units) are taught by scikit-learn, served by
numpy.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.insight.recommend import logistic
from bot.insight.recommend.history import Doubles

Floats = NDArray[np.float32]
Weights = Mapping[str, NDArray[Any]]

ENOUGH = 20_000  # rows from which networks are taught
HIDDEN, NETWORKS, ROUNDS = 32, 3, 5
_BATCH, _RATE, _DECAY = 512, 2e-3, 1e-3


@dataclass(frozen=True)
class Shares:
    """Who has how much say.

    linear  s, of the logistic regression where there are networks, too
    plain   r, of the one feature in column `column`
    """

    linear: float = 0.5
    plain: float = 0.0
    column: int = 0


def fit(x: Floats, y: Doubles, seed: int, shares: Shares) -> Weights:
    """Weights of (n, k) rows with 0.0 or 1.0, the same for the same seed."""
    model = logistic.fit(x, y)
    found: dict[str, NDArray[Any]] = {"linear": model}
    if shares.plain > 0:
        found["plain"] = logistic.fit(x[:, [shares.column]], y)
        found["mixed"] = np.array([shares.plain, shares.column])
    if len(y) < ENOUGH:
        return found
    nets = [_network(logistic.scaled(model, x), y, seed * NETWORKS + n) for n in range(NETWORKS)]
    found["share"] = np.array([shares.linear])
    for part in nets[0]:
        found[part] = np.stack([net[part] for net in nets]).astype(np.float32)
    return found


def _network(x: Doubles, y: Doubles, seed: int) -> dict[str, NDArray[Any]]:
    from sklearn.exceptions import ConvergenceWarning  # type: ignore[import-untyped]
    from sklearn.neural_network import MLPClassifier  # type: ignore[import-untyped]

    net = MLPClassifier(
        (HIDDEN,), alpha=_DECAY, batch_size=_BATCH, learning_rate_init=_RATE, max_iter=ROUNDS,
        random_state=seed,
    )  # fmt: skip
    with warnings.catch_warnings():
        # Few rounds are meant: more of them learn the users by heart.
        warnings.simplefilter("ignore", ConvergenceWarning)
        net.fit(x, y)
    (inner, outer), (first, last) = net.coefs_, net.intercepts_
    return {"inner": inner, "outer": outer[:, 0], "first": first, "last": last}


def chances(weights: Weights, x: Floats) -> Doubles:
    """The chance of each row, (n)."""
    model = weights["linear"]
    logit = logistic.logits(model, x)
    if "inner" in weights:
        z = logistic.scaled(model, x).astype(np.float32)
        parts = zip(*(weights[p] for p in ("inner", "outer", "first", "last")), strict=True)
        nets = [np.maximum(z @ a + c, 0) @ b + d[0] for a, b, c, d in parts]
        share = float(weights["share"][0])
        logit = share * logit + (1 - share) * np.mean(nets, axis=0)
    if "plain" in weights:
        say, column = float(weights["mixed"][0]), int(weights["mixed"][1])
        logit = say * logistic.logits(weights["plain"], x[:, [column]]) + (1 - say) * logit
    return logistic.chances(logit)

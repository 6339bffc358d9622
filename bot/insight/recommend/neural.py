"""The learnt blend: logistic regression, and small neural networks beside it where rows are many.

chance = sigma of s times the logistic regression's logit and 1 - s times the networks' mean logit.
The networks (one hidden layer of rectified units) are taught by scikit-learn, served by numpy.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
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


def fit(x: Floats, y: Doubles, seed: int, linear: float = 0.5) -> Weights:
    """Weights of (n, k) rows with 0.0 or 1.0, the same for the same seed.

    linear  s, the share of the logistic regression where there are networks, too
    """
    model = logistic.fit(x, y)
    found: dict[str, NDArray[Any]] = {"linear": model}
    if len(y) < ENOUGH:
        return found
    nets = [_network(logistic.scaled(model, x), y, seed * NETWORKS + n) for n in range(NETWORKS)]
    found["share"] = np.array([linear])
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
    return logistic.chances(logit)

"""A support vector machine with radial basis functions; chances by a sigmoid over its margin.

p = 1 / (1 + exp(a m + b)),  m = c + sum of w_i exp(-gamma |x - s_i|^2) over the support vectors.
The sigmoid is learnt on margins of rows that the machine had not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from bot.errors import InvalidInput
from bot.insight.candidate import Doubles, Part, Sample, Setting
from bot.insight.encode import encode, fit_encoder
from bot.insight.propensity.linear import expit
from bot.insight.table import Table

MOST_ROWS = 2000  # training takes the square of them, serving each support vector
_AT_ONCE = 2048  # rows: 32 MB beside 2,000 support vectors


@dataclass(frozen=True)
class SupportVectors:
    """gamma is in units of 1 / number of columns: "scale" of scikit-learn is near 1."""

    name: str = "support vector machine"
    rank: int = 4
    settings: Sequence[Setting] = tuple(
        {"C": c, "gamma": gamma} for c, gamma in ((1.0, 1.0), (1.0, 0.3), (0.3, 1.0))
    )

    def fit(self, sample: Sample, setting: Setting, seed: int) -> Part:
        calibrated = import_module("sklearn.calibration").CalibratedClassifierCV
        vectors = import_module("sklearn.svm").SVC

        sample = _fewer(sample, seed)
        encoder = fit_encoder(sample.table, sample.schema, "scaled")
        columns = encode(encoder, sample.table)
        gamma = setting["gamma"] / (columns.shape[1] * columns.var() or 1.0)
        machine = vectors(C=setting["C"], gamma=gamma)
        parts = int(min(3, sample.y.sum(), (1 - sample.y).sum()))
        if parts < 2:
            raise InvalidInput("its sigmoid needs two rows of each answer")
        fitted = calibrated(machine, method="sigmoid", cv=parts, ensemble=False)
        fitted.fit(columns, sample.y, sample_weight=sample.weight)
        whole = fitted.calibrated_classifiers_[0]
        sigmoid = whole.calibrators[0]
        card = {
            "form": "svm",
            "encoder": encoder,
            "gamma": float(gamma),
            "a": float(sigmoid.a_),
            "b": float(sigmoid.b_),
        }
        arrays = {
            "support": whole.estimator.support_vectors_,
            "weights": whole.estimator.dual_coef_[0],
            "bias": whole.estimator.intercept_,
        }
        return Part(card, arrays)


def _fewer(sample: Sample, seed: int) -> Sample:
    if len(sample.y) <= MOST_ROWS:
        return sample
    order = np.random.default_rng(seed).permutation(len(sample.y))
    order = order[np.argsort(sample.y[order], kind="stable")]
    at = np.linspace(0, len(order) - 1, MOST_ROWS).astype(np.intp)  # each class by its share
    return sample.take(np.sort(order[at]))


def score(part: Part, table: Table) -> Doubles:
    """The chance of each row, (n)."""
    columns = encode(part.card["encoder"], table)
    support, weights = part.arrays["support"], part.arrays["weights"]
    lengths = (support**2).sum(axis=1)
    margin = np.empty(len(columns))
    for start in range(0, len(columns), _AT_ONCE):
        rows = columns[start : start + _AT_ONCE]
        apart = rows @ support.T
        apart *= -2
        apart += lengths
        apart += (rows**2).sum(axis=1)[:, None]
        apart *= -part.card["gamma"]
        np.exp(apart, out=apart)
        margin[start : start + len(rows)] = apart @ weights
    margin += part.arrays["bias"][0]
    return expit(-(part.card["a"] * margin + part.card["b"]))

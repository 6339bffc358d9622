"""Logistic regression: p = 1 / (1 + exp(-(b + w x))), on scaled columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from bot.insight.candidate import Doubles, Part, Sample, Setting
from bot.insight.encode import encode, fit_encoder
from bot.insight.table import Table


@dataclass(frozen=True)
class Logistic:
    """C is the inverse of the weight of the squared coefficients against the log loss."""

    name: str = "logistic regression"
    rank: int = 0
    settings: Sequence[Setting] = tuple({"C": c} for c in (0.1, 0.003, 0.01, 0.03))

    def fit(self, sample: Sample, setting: Setting, seed: int) -> Part:
        regression = import_module("sklearn.linear_model").LogisticRegression

        encoder = fit_encoder(sample.table, sample.schema, "scaled")
        fitted = regression(C=setting["C"], max_iter=5000, random_state=seed)
        fitted.fit(encode(encoder, sample.table), sample.y, sample_weight=sample.weight)
        arrays = {"weights": fitted.coef_[0], "bias": fitted.intercept_}
        return Part({"form": "logistic", "encoder": encoder}, arrays)


def score(part: Part, table: Table) -> Doubles:
    """The chance of each row, (n)."""
    columns = encode(part.card["encoder"], table)
    return expit(columns @ part.arrays["weights"] + part.arrays["bias"][0])


def expit(value: Doubles) -> Doubles:
    """1 / (1 + exp(-value)); what exp could not hold is 0 or 1 anyway."""
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -700, 700))))

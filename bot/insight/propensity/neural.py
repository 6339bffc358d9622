"""A neural network of fully joined layers: max(0, x W + b) inside, a sigmoid at the end."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from bot.insight.candidate import Doubles, Part, Sample, Setting
from bot.insight.encode import encode, fit_encoder
from bot.insight.propensity.linear import expit
from bot.insight.table import Table

_AT_ONCE = 16384  # rows


@dataclass(frozen=True)
class Neural:
    """alpha weighs the squared weights; `rounds` through all rows, few: more learn them by heart.

    A stop by kept-back rows is no help: with few yes their accuracy is best when all is no.
    """

    name: str = "neural network"
    rank: int = 5
    settings: Sequence[Setting] = tuple(
        {"layers": list(layers), "alpha": alpha, "rounds": rounds}
        for layers, alpha, rounds in (((16,), 1.0, 30), ((32,), 3.0, 30), ((32,), 1.0, 80))
    )

    def fit(self, sample: Sample, setting: Setting, seed: int) -> Part:
        unfinished = import_module("sklearn.exceptions").ConvergenceWarning
        network = import_module("sklearn.neural_network").MLPClassifier

        sample = _weighed(sample, seed)
        encoder = fit_encoder(sample.table, sample.schema, "scaled")
        fitted = network(
            tuple(setting["layers"]),
            alpha=setting["alpha"],
            max_iter=setting["rounds"],
            random_state=seed,
        )
        with warnings.catch_warnings():  # the number of rounds is a limit of ours, not a fault
            warnings.simplefilter("ignore", unfinished)
            fitted.fit(encode(encoder, sample.table), sample.y)
        arrays = {}
        for number, (weights, bias) in enumerate(
            zip(fitted.coefs_, fitted.intercepts_, strict=True)
        ):
            arrays[f"weights {number}"], arrays[f"bias {number}"] = weights, bias
        return Part({"form": "mlp", "encoder": encoder, "layers": len(fitted.coefs_)}, arrays)


def _weighed(sample: Sample, seed: int) -> Sample:
    """Rows drawn by their weight, as not every release of scikit-learn weighs them here."""
    if sample.weight is None:
        return sample
    share = sample.weight / sample.weight.sum()
    rng = np.random.default_rng(seed)
    at = np.sort(rng.choice(len(share), len(share), p=share))
    return sample.take(at) if 0 < sample.y[at].mean() < 1 else sample


def score(part: Part, table: Table) -> Doubles:
    """The chance of each row, (n)."""
    columns = encode(part.card["encoder"], table)
    found = np.empty(len(columns))
    for start in range(0, len(columns), _AT_ONCE):
        found[start : start + _AT_ONCE] = _through(part, columns[start : start + _AT_ONCE])
    return expit(found)


def _through(part: Part, values: Doubles) -> Doubles:
    last = part.card["layers"] - 1
    for number in range(last + 1):
        values = values @ part.arrays[f"weights {number}"] + part.arrays[f"bias {number}"]
        if number < last:
            np.maximum(values, 0, out=values)
    return values[:, 0]

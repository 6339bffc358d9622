"""One fit: naive Bayes weights, and two linear margins a label, as the rows of a model.

d = log (share of a feature inside the label / share outside it), l = log of the share inside,
g = idf * sqrt(how much d differs between labels): what is rare and tells labels apart weighs.
Each text is brought to length 1, weighed by d for the first margin and by g for the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.nlp.learn.corpus import Corpus
from bot.nlp.learn.leaning import Blend

SMOOTHING = 0.5
ROOM = 50_000_000  # bytes that a loaded model may take
TOLERANCE = 0.01  # of a margin; a finer one decides no text otherwise (benchmarks/README.md)
STEPS = 32_000  # of a column's largest number; an int16 holds them
_NAME = 210  # bytes of a feature's name in the vocabulary, its place in the dict included

Truth = NDArray[np.bool_]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """`columns` of the corpus are the vocabulary; the rest is the model's."""

    columns: NDArray[np.intp]
    rows: NDArray[np.int16]
    scale: Doubles
    bias: Doubles


def fit(given: Corpus, at: Any, truth: Truth, several: bool, lean: Blend | None = None) -> Fit:
    """A fit to the texts `at`; `truth` (texts x labels) has only them.

    lean  where the labels say how pleased a text is, how polarity comes in (leaning.py)
    """
    columns, texts = given.part(at)
    share, ratio = _weights(texts, truth)
    telling = _telling(texts, ratio)
    weight = telling**2 * np.asarray(texts.sum(axis=0)).ravel()
    kept = _kept(weight, truth.shape[1])
    columns, texts = columns[kept], texts[:, kept]
    share, ratio, telling = share[kept], ratio[kept], telling[kept]
    own, plain, bias = _margins(texts, truth, ratio, telling)
    bayes = ratio if several else share - share.mean(axis=1, keepdims=True)
    if lean:
        bayes = lean.columns(bayes, columns)
    rows = np.hstack([own, ratio**2, plain, bayes, telling[:, None] ** 2])
    return Fit(columns, *_whole(rows), bias)


def _whole(rows: Doubles) -> tuple[NDArray[np.int16], Doubles]:
    """Whole steps, and what a step of each column is worth: half the room, and exact sums."""
    scale = np.maximum(np.abs(rows).max(axis=0, initial=0.0), 1e-9) / STEPS
    return np.round(rows / scale).astype(np.int16), scale


def _weights(texts: Any, truth: Truth) -> tuple[Doubles, Doubles]:
    """l and d, features x labels."""
    inside = np.asarray(texts.T @ truth.astype(np.float64)) + SMOOTHING
    outside = np.asarray(texts.sum(axis=0)).reshape(-1, 1) + 2 * SMOOTHING - inside
    share = np.log(inside / inside.sum(axis=0))
    return share, share - np.log(outside / outside.sum(axis=0))


def _telling(texts: Any, ratio: Doubles) -> Doubles:
    """g of each feature."""
    often = np.asarray(texts.sum(axis=0)).ravel()
    rare = np.log((1 + texts.shape[0]) / (1 + often)) + 1
    return np.asarray(rare * np.sqrt(ratio.std(axis=1)))


def _kept(weight: Doubles, labels: int) -> NDArray[np.intp]:
    """The features of most weight in all texts that there is room for, in the order they had."""
    most = ROOM // (_NAME + 2 * (4 * labels + 1))
    if len(weight) <= most:
        return np.arange(len(weight))
    return np.sort(np.argsort(-weight, kind="stable")[:most])


def _margins(
    texts: Any, truth: Truth, ratio: Doubles, telling: Doubles
) -> tuple[Doubles, Doubles, Doubles]:
    """Weights by features x labels for both margins, and their biases."""
    own, plain = np.zeros_like(ratio), np.zeros_like(ratio)
    bias = np.full((2, truth.shape[1]), -1.0)
    common = _weighed(texts, telling)
    for label in range(truth.shape[1]):
        wanted = truth[:, label]
        if wanted.all() or not wanted.any():
            bias[:, label] = 1.0 if wanted.any() else -1.0
            continue
        weights, bias[0, label] = _line(_weighed(texts, ratio[:, label]), wanted)
        own[:, label] = weights * ratio[:, label]
        weights, bias[1, label] = _line(common, wanted)
        plain[:, label] = weights * telling
    return own, plain, bias


def _weighed(texts: Any, weights: Doubles) -> Any:
    """Each feature times its weight, each text brought to length 1. `texts` holds ones."""
    data = weights[texts.indices]
    per_text = np.diff(texts.indptr)
    text_of = np.repeat(np.arange(len(per_text)), per_text)
    length = np.sqrt(np.bincount(text_of, data * data, minlength=len(per_text)))
    data /= np.maximum(length, 1e-6)[text_of]
    matrix = import_module("scipy.sparse").csr_matrix
    return matrix((data, texts.indices, texts.indptr), shape=texts.shape)


def _line(texts: Any, wanted: NDArray[np.bool_]) -> tuple[Doubles, float]:
    machine = import_module("sklearn.svm").LinearSVC
    fitted = machine(C=1.0, random_state=0, tol=TOLERANCE).fit(texts, wanted)
    return fitted.coef_[0], float(fitted.intercept_[0])

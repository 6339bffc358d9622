"""Learning: naive Bayes weights, a linear margin a label, and calibration on texts left out.

The steps, for each of the folds and then for all rows:

1. features that occur in two texts at least (short pieces: in one) become the vocabulary;
2. l = log of the smoothed share of each feature among a label's features, and for margins
   d = log (share inside the label / share outside it);
3. a linear support vector machine a label on d, each text brought to length 1.

What the folds said of texts that they had not seen fits `mix`, the threshold and the metrics.
scikit-learn is imported here, when learning begins; serving needs none of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.nlp.learn.evaluate import Judged, judge
from bot.nlp.learn.features import features
from bot.nlp.learn.model import Card, Doubles, Model, probabilities, strange
from bot.nlp.learn.reading import OUT_OF_SCOPE, Row, Table, fingerprint

SEED = 20160701
FOLDS = 5
MANY = 20_000  # rows; above it three folds say enough
SMOOTHING = 0.5
CERTAIN = 0.3  # strangeness below it is never refused
SHORT = 2  # a feature of no more characters may occur once
REFUSED = 0.05  # share of texts with an answer that may be refused

Truth = NDArray[np.bool_]


def train(table: Table, now: datetime, seed: int = SEED) -> Model:
    """A model of all rows. The same rows in the same order give the same model."""
    labels = table.labels()
    if len(labels) < 2:
        raise InvalidInput("two labels at least are needed to learn from", "label")
    seen = [sorted(features(row.text, row.context)) for row in table.rows]
    truth = np.array([[label in row.labels for label in labels] for row in table.rows])
    several = table.several or bool((truth.sum(axis=1) > 1).any())
    scores = _out_of_fold(seen, truth, several, seed)
    mix = _mix_several(scores, truth) if several else _mix_one(scores, truth)
    given = probabilities(scores, mix, several)
    threshold = _threshold_several(given, truth) if several else _refusal(given, truth, labels)
    card = Card(
        labels=labels,
        several=several,
        threshold=threshold,
        made_at=now.isoformat(timespec="seconds"),
        fingerprint=fingerprint(table.rows),
        rows=len(table.rows),
        support={label: int(count) for label, count in zip(labels, truth.sum(0), strict=True)},
        metrics={},
    )
    vocabulary, rows, bias = _fit(seen, truth, several)
    model = Model(card, vocabulary, rows, bias, mix)
    card.metrics.update(_metrics(model, table.rows, given))
    return model


def _metrics(model: Model, rows: Sequence[Row], given: Doubles) -> dict[str, float]:
    """What the folds reached on the texts that they had not seen."""
    judged = [
        Judged(row.labels, model.decide(line), line) for row, line in zip(rows, given, strict=True)
    ]
    found = judge(judged, model.card.labels, model.card.several)
    names = ("accuracy", "micro_f1", "macro_f1", "ece")
    metrics = {name: round(float(found[name]), 4) for name in names}
    rejection = found["out_of_scope"] or {}
    return metrics | {name: rejection[name] for name in ("rejected", "refused") if rejection}


def _out_of_fold(seen: Sequence[Sequence[str]], truth: Truth, several: bool, seed: int) -> Doubles:
    """Scores of each row by a model that was made without it."""
    count = min(len(seen), 3 if len(seen) > MANY else FOLDS)
    fold = _folds(truth, several, count, seed)
    scores = np.zeros((len(seen), 2 * truth.shape[1]))
    for number in range(count):
        inside = np.flatnonzero(fold != number).tolist()
        outside = np.flatnonzero(fold == number).tolist()
        vocabulary, rows, bias = _fit([seen[i] for i in inside], truth[inside], several)
        part = Model(_blank(truth.shape[1]), vocabulary, rows, bias, np.zeros((0, 0)))
        summed = _matrix([seen[i] for i in outside], vocabulary) @ rows.astype(np.float64)
        scores[outside] = part.scores(summed)
    return scores


def _blank(size: int) -> Card:
    return Card(tuple(map(str, range(size))), False, 0.0, "", "", 0, {}, {})


def _folds(truth: Truth, several: bool, count: int, seed: int) -> NDArray[np.int64]:
    """A fold for each row; one label a text: each label is spread over all folds."""
    order = np.random.default_rng(seed).permutation(len(truth))
    if not several:
        order = order[np.argsort(truth[order].argmax(axis=1), kind="stable")]
    fold = np.empty(len(truth), np.int64)
    fold[order] = np.arange(len(truth)) % count
    return fold


def _fit(
    seen: Sequence[Sequence[str]], truth: Truth, several: bool
) -> tuple[dict[str, int], NDArray[np.float32], Doubles]:
    """Vocabulary, rows and bias of a model."""
    sparse = import_module("scipy.sparse")
    machine = import_module("sklearn.svm").LinearSVC
    vocabulary = _vocabulary(seen)
    texts = _matrix(seen, vocabulary)
    inside = np.asarray(texts.T @ truth.astype(np.float64)) + SMOOTHING
    outside = np.asarray(texts.sum(axis=0)).reshape(-1, 1) + 2 * SMOOTHING - inside
    share = np.log(inside / inside.sum(axis=0))
    ratio = share - np.log(outside / outside.sum(axis=0))
    margins, bias = np.zeros_like(ratio), np.full(truth.shape[1], -1.0)
    for label in range(truth.shape[1]):
        wanted = truth[:, label]
        if wanted.all() or not wanted.any():
            bias[label] = 1.0 if wanted.any() else -1.0
            continue
        weighed = texts @ sparse.diags(ratio[:, label])
        length = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
        weighed = sparse.diags(1 / np.maximum(length, 1e-6)) @ weighed
        fitted = machine(C=1.0, random_state=0).fit(weighed, wanted)
        margins[:, label] = fitted.coef_[0] * ratio[:, label]
        bias[label] = fitted.intercept_[0]
    bayes = ratio if several else share - share.mean(axis=1, keepdims=True)
    return vocabulary, np.hstack([margins, ratio**2, bayes]).astype(np.float32), bias


def _vocabulary(seen: Sequence[Sequence[str]]) -> dict[str, int]:
    counts = Counter(name for names in seen for name in names)
    kept = sorted(name for name, times in counts.items() if times > 1 or len(name) <= SHORT)
    return {name: at for at, name in enumerate(kept)}


def _matrix(seen: Sequence[Sequence[str]], vocabulary: dict[str, int]) -> Any:
    """Texts x features, ones where a feature occurs."""
    at = [[vocabulary[name] for name in names if name in vocabulary] for names in seen]
    ends = np.cumsum([0, *map(len, at)])
    flat = np.array([i for line in at for i in line], np.int32)
    matrix = import_module("scipy.sparse").csr_matrix
    return matrix((np.ones(len(flat)), flat, ends), shape=(len(at), len(vocabulary)))


def _mix_one(scores: Doubles, truth: Truth) -> Doubles:
    """One factor for margins and one for naive Bayes: the likeliest on texts left out."""
    size = truth.shape[1]
    right = truth.argmax(axis=1)
    each = np.arange(len(truth))

    def surprise(factors: Doubles) -> float:
        logits = scores[:, :size] * factors[0] + scores[:, size:] * factors[1]
        top = logits.max(axis=1)
        total = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
        return float((total - logits[each, right]).mean())

    found = import_module("scipy.optimize").minimize(
        surprise, np.array([3.0, 0.05]), method="Nelder-Mead", bounds=[(0.1, 50), (0, 5)]
    )
    eye = np.eye(size)
    return np.vstack([eye * found.x[0], eye * found.x[1], np.zeros((1, size))])


def _mix_several(scores: Doubles, truth: Truth) -> Doubles:
    """A logistic line a label, in the margins of all labels and its own naive Bayes."""
    logistic = import_module("sklearn.linear_model").LogisticRegression
    size = truth.shape[1]
    mix = np.zeros((2 * size + 1, size))
    for label in range(size):
        wanted = truth[:, label]
        if wanted.all() or not wanted.any():
            mix[-1, label] = 10.0 if wanted.any() else -10.0
            continue
        given = np.hstack([scores[:, :size], scores[:, [size + label]] / 10])
        line = logistic(C=1.0, max_iter=1000).fit(given, wanted)
        mix[:size, label] = line.coef_[0][:size]
        mix[size + label, label] = line.coef_[0][size] / 10
        mix[-1, label] = line.intercept_[0]
    return mix


def _threshold_several(given: Doubles, truth: Truth) -> float:
    """The probability from which giving a label is best for F1 over all labels."""
    wanted = truth.sum()

    def f1(threshold: float) -> float:
        chosen = given >= threshold
        return float(2 * (chosen & truth).sum() / (chosen.sum() + wanted))

    return max((round(0.2 + 0.01 * step, 2) for step in range(51)), key=f1)


def _refusal(given: Doubles, truth: Truth, labels: tuple[str, ...]) -> float:
    """From which strangeness a text is refused; at least CERTAIN.

    As many strange texts as possible, while no more than REFUSED of the others are.
    """
    if OUT_OF_SCOPE not in labels:
        return 0.0
    at = labels.index(OUT_OF_SCOPE)
    best = np.delete(given, at, axis=1).max(axis=1)
    ours = strange(given[:, at], best)[~truth[:, at]]
    return round(max(CERTAIN, float(np.quantile(ours, 1 - REFUSED))), 4)

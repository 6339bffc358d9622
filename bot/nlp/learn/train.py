"""Learning: fits to folds, calibration on the texts left out, and a fit to all rows.

What the folds said of texts that they had not seen fits `mix`, the threshold and the metrics.
scikit-learn is imported here, when learning begins; serving needs none of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.nlp.learn.concepts import edition
from bot.nlp.learn.corpus import Corpus, corpus
from bot.nlp.learn.evaluate import CONFUSIONS, Judged, judge
from bot.nlp.learn.features import features
from bot.nlp.learn.fit import Truth, fit
from bot.nlp.learn.leaning import Blend, blend, leaning
from bot.nlp.learn.model import Card, Model, probabilities, signs_of_doubt, strange
from bot.nlp.learn.reading import OUT_OF_SCOPE, Row, Table, fingerprint
from bot.nlp.learn.softmax import Doubles

SEED = 20160701
FOLDS = 5
MANY = 200_000  # rows x labels; above it three folds say enough
CERTAIN = 0.3  # strangeness below it is never refused
FEW = 20  # rows out of scope; fewer fit no line
REFUSED = 0.05  # share of texts with an answer that may be refused


def train(table: Table, now: datetime, seed: int = SEED, folds: int | None = None) -> Model:
    """A model of all rows. The same rows in the same order give the same model.

    folds  parts for cross-validation; None: five, or three of many rows
    """
    labels = table.labels()
    if len(labels) < 2:
        raise InvalidInput("two labels at least are needed to learn from", "label")
    given = corpus(features(row.text, row.context) for row in table.rows)
    truth = np.array([[label in row.labels for label in labels] for row in table.rows])
    several = table.several or bool((truth.sum(axis=1) > 1).any())
    scores = _out_of_fold(given, truth, several, _parts(truth, folds), seed)
    lean = None if several or OUT_OF_SCOPE in labels else _lean(given, scores, truth)
    scores = _with_polarity(scores, lean, given.texts)
    mix = _mix(scores, truth, labels, several, lean)
    chances = probabilities(scores, mix, several)
    doubt = _doubt(chances, truth, labels) if not several else (0.0, 1.0, 0.0)
    threshold = (
        _threshold_several(chances, truth) if several else _refusal(chances, truth, labels, doubt)
    )
    card = Card(
        labels=labels,
        several=several,
        threshold=threshold,
        made_at=now.isoformat(timespec="seconds"),
        fingerprint=fingerprint(table.rows),
        rows=len(table.rows),
        support={label: int(count) for label, count in zip(labels, truth.sum(0), strict=True)},
        metrics={},
        doubt=doubt,
        lexica=edition(),
    )
    whole = fit(given, np.arange(len(truth)), truth, several, lean)
    vocabulary = [str(name) for name in given.names[whole.columns]]
    model = Model(card, vocabulary, whole.rows, whole.scale, whole.bias, mix)
    card.checked.update(_checked(model, table.rows, chances))
    card.metrics.update(_summary(card.checked))
    return model


def _parts(truth: Truth, folds: int | None) -> int:
    if folds is None:
        folds = 3 if truth.size > MANY else FOLDS
    if folds < 2:
        raise InvalidInput("two folds at least", "folds")
    return min(len(truth), folds)


def _checked(model: Model, rows: Sequence[Row], chances: Doubles) -> dict[str, Any]:
    """What the folds reached on the texts that they had not seen."""
    judged = [
        Judged(row.labels, model.decide(line), line)
        for row, line in zip(rows, chances, strict=True)
    ]
    found = judge(judged, model.card.labels, model.card.several)
    return {**found, "confusion": found["confusion"][:CONFUSIONS]}


def _summary(checked: Mapping[str, Any]) -> dict[str, float]:
    names = ("accuracy", "micro_f1", "macro_f1", "ece")
    metrics = {name: round(float(checked[name]), 4) for name in names}
    rejection = checked["out_of_scope"] or {}
    return metrics | {name: rejection[name] for name in ("rejected", "refused") if rejection}


def _out_of_fold(given: Corpus, truth: Truth, several: bool, count: int, seed: int) -> Doubles:
    """Scores of each row by a model that was made without it."""
    fold = _folds(truth, several, count, seed)
    scores = np.zeros((len(truth), 3 * truth.shape[1]))
    for number in range(count):
        inside, outside = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        part = fit(given, inside, truth[inside], several)
        model = Model(
            _blank(truth.shape[1]), (), part.rows, part.scale, part.bias, np.zeros((0, 0))
        )
        texts = given.texts[outside][:, part.columns]
        scores[outside] = model.scores(texts @ part.rows.astype(np.float64))
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


def _lean(given: Corpus, scores: Doubles, truth: Truth) -> Blend | None:
    """How polarity comes in; None where the labels say nothing of it."""
    polarity = leaning(given.names, given.texts, truth)
    if polarity is None:
        return None
    return blend(scores, polarity, np.asarray(given.texts @ polarity), truth)


def _with_polarity(scores: Doubles, lean: Blend | None, texts: Any) -> Doubles:
    """The scores as a model makes them that has the polarity in naive Bayes' columns."""
    if lean is None:
        return scores
    before, bayes = np.hsplit(scores, [scores.shape[1] // 3 * 2])
    return np.hstack([before, lean.bayes * bayes + texts @ lean.polarity])


def _mix(
    scores: Doubles, truth: Truth, labels: tuple[str, ...], several: bool, lean: Blend | None
) -> Doubles:
    if several:
        return _mix_several(scores, truth)
    if lean:
        return _lines((*lean.margins, 1.0), lean.constant)
    mix = _mix_one(scores, truth)
    if OUT_OF_SCOPE in labels:
        mix[-1] = _evened(truth, labels)
    return mix


def _lines(factors: Sequence[float], constant: Doubles) -> Doubles:
    """A mix in which a label's scores bear on it alone."""
    eye = np.eye(len(constant))
    return np.vstack([*(eye * factor for factor in factors), constant])


def _mix_one(scores: Doubles, truth: Truth) -> Doubles:
    """A factor each for the two margins and naive Bayes: the likeliest on texts left out."""
    size = truth.shape[1]
    right = truth.argmax(axis=1)
    each = np.arange(len(truth))
    blocks = scores.reshape(len(truth), 3, size)

    def surprise(factors: Doubles) -> float:
        logits = np.einsum("tbl,b->tl", blocks, factors)
        top = logits.max(axis=1)
        total = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
        return float((total - logits[each, right]).mean())

    found = import_module("scipy.optimize").minimize(
        surprise,
        np.array([1.5, 1.5, 0.05]),
        method="Nelder-Mead",
        bounds=[(0.05, 50)] * 2 + [(0, 5)],
    )
    return _lines(found.x, np.zeros(size))


def _evened(truth: Truth, labels: tuple[str, ...]) -> Doubles:
    """Constants that take out how many examples each intent has, out of scope left as it is.

    Rows with an out-of-scope label are examples that somebody wrote. That there are 1,500 of one
    intent and 400 of another says how wide its wording is, not how often it will be meant.
    """
    count = np.maximum(truth.sum(axis=0).astype(np.float64), 1)
    found = -np.log(count / np.median(count))
    found[labels.index(OUT_OF_SCOPE)] = 0.0
    return np.asarray(found)


def _mix_several(scores: Doubles, truth: Truth) -> Doubles:
    """A logistic line a label, in both margins of all labels and its own naive Bayes."""
    logistic = import_module("sklearn.linear_model").LogisticRegression
    size = truth.shape[1]
    mix = np.zeros((3 * size + 1, size))
    for label in range(size):
        wanted = truth[:, label]
        if wanted.all() or not wanted.any():
            mix[-1, label] = 10.0 if wanted.any() else -10.0
            continue
        given = np.hstack([scores[:, : 2 * size], scores[:, [2 * size + label]] / 10])
        line = logistic(C=1.0, max_iter=1000).fit(given, wanted)
        mix[: 2 * size, label] = line.coef_[0][:-1]
        mix[2 * size + label, label] = line.coef_[0][-1] / 10
        mix[-1, label] = line.intercept_[0]
    return mix


def _threshold_several(given: Doubles, truth: Truth) -> float:
    """The probability from which giving a label is best for F1 over all labels."""
    wanted = truth.sum()

    def f1(threshold: float) -> float:
        chosen = given >= threshold
        return float(2 * (chosen & truth).sum() / (chosen.sum() + wanted))

    return max((round(0.2 + 0.01 * step, 2) for step in range(51)), key=f1)


def _doubt(given: Doubles, truth: Truth, labels: tuple[str, ...]) -> tuple[float, ...]:
    """The line of `strange`, fitted on texts left out; plain odds where few are strange."""
    if OUT_OF_SCOPE not in labels or truth[:, labels.index(OUT_OF_SCOPE)].sum() < FEW:
        return (0.0, 1.0, 0.0)
    outside, best = _sides(given, labels)
    signs = np.array(signs_of_doubt(given, outside, best)).T
    logistic = import_module("sklearn.linear_model").LogisticRegression
    line = logistic(C=1.0, max_iter=1000).fit(signs, truth[:, labels.index(OUT_OF_SCOPE)])
    return tuple(round(float(part), 6) for part in (line.intercept_[0], *line.coef_[0]))


def _sides(given: Doubles, labels: tuple[str, ...]) -> tuple[Doubles, Doubles]:
    """The probability of being out of scope, and of the best answer."""
    at = labels.index(OUT_OF_SCOPE)
    return given[:, at], np.delete(given, at, axis=1).max(axis=1)


def _refusal(
    given: Doubles, truth: Truth, labels: tuple[str, ...], doubt: Sequence[float]
) -> float:
    """From which strangeness a text is refused; at least CERTAIN.

    As many strange texts as possible, while no more than REFUSED of the others are.
    """
    if OUT_OF_SCOPE not in labels:
        return 0.0
    ours = strange(given, *_sides(given, labels), doubt)[~truth[:, labels.index(OUT_OF_SCOPE)]]
    return round(max(CERTAIN, float(np.quantile(ours, 1 - REFUSED))), 4)

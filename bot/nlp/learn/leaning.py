"""Labels that say how pleased a text is: a few examples correct the word list.

Whether labels are of that kind is measured, by how much of the polarity's variance they explain on
the rows; their names say nothing. Then polarity is a fourth score beside those of fit.py. How much
each weighs is found on the texts that the folds left out, starting from a belief: polarity weighs
much, the other scores nothing. Twenty examples hardly change that, some hundreds do. In the model
the fourth score stands in the columns of naive Bayes: serving knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.nlp.learn.features import FEELING, STEPS
from bot.nlp.learn.softmax import Doubles

MOST = 3_000  # rows; more need no list
EXPLAINED = 0.15  # of the polarity's variance, by the labels
_BELIEF = np.array([0.0, 0.0, 0.0, 3.0])  # of the factors: both margins, naive Bayes, polarity
_FIRM = np.array([0.3, 0.3, 30.0, 1.0])  # how firmly: one over the variance
_FIRM_CONSTANT = 0.3
_LEAST = (0.05, 0.05, 0.0, 0.0)  # no factor below it


@dataclass(frozen=True)
class Blend:
    """How the scores of labels that lean are put together.

    margins   the factors of both margins
    bayes     the factor of naive Bayes
    polarity  what each feature says for each label, its factor multiplied in
    constant  of each label
    """

    margins: tuple[float, float]
    bayes: float
    polarity: Doubles
    constant: Doubles

    def columns(self, bayes: Doubles, at: NDArray[np.intp]) -> Doubles:
        """The columns of naive Bayes for the features `at`, with the polarity in them."""
        return np.asarray(self.bayes * bayes + self.polarity[at])


def leaning(names: Iterable[str], texts: Any, truth: NDArray[np.bool_]) -> Doubles | None:
    """What each feature says for each label by its polarity; None where labels do not lean."""
    if len(truth) > MOST:
        return None
    said = np.array([_step(name) for name in names])
    felt = texts @ said
    count = truth.sum(axis=0)
    means = (felt @ truth) / count
    between = (count * (means - felt.mean()) ** 2).sum()
    if between <= EXPLAINED * ((felt - felt.mean()) ** 2).sum():
        return None
    away = means - means.mean()
    return np.outer(said, away / np.ptp(away))


def _step(name: str) -> float:
    """What a feature adds to the polarity."""
    return _ADDED.get(name[len(FEELING) :], 0.0) if name.startswith(FEELING) else 0.0


_ADDED = {  # by each step that it reaches
    f"{side}{step}": sign * (step - before)
    for side, sign in (("+", 1), ("-", -1))
    for before, step in pairwise((0.0, *STEPS))
}


def blend(scores: Doubles, polarity: Doubles, felt: Doubles, truth: NDArray[np.bool_]) -> Blend:
    """The likeliest factors on texts left out, drawn to the belief.

    scores    texts x 3 labels: the margins and naive Bayes
    polarity  features x labels, see `leaning`; felt: texts x labels, what it makes of the texts
    """
    size = truth.shape[1]
    blocks = np.concatenate([scores, felt], axis=1).reshape(len(truth), 4, size)
    right, each = truth.argmax(axis=1), np.arange(len(truth))

    def surprise(given: Doubles) -> float:
        factors, constant = given[:4], given[4:]
        logits = np.einsum("tbl,b->tl", blocks, factors) + constant
        top = logits.max(axis=1)
        total = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
        doubt = (_FIRM * (factors - _BELIEF) ** 2).sum() + _FIRM_CONSTANT * (constant**2).sum()
        return float((total - logits[each, right]).sum() + doubt / 2)

    found = import_module("scipy.optimize").minimize(
        surprise,
        np.concatenate([_BELIEF, np.zeros(size)]),
        method="L-BFGS-B",
        bounds=[(least, None) for least in _LEAST] + [(None, None)] * size,
    )
    first, second, bayes, factor = (float(part) for part in found.x[:4])
    return Blend((first, second), bayes, factor * polarity, found.x[4:])

"""Sums of rows made probabilities, one label a text (model.py has the formula).

In Python's own numbers on purpose: for some forty labels they are as fast as numpy's, and what ran
right after a `dot` or an `exp` of numpy took 10 to 25 us longer where it was measured. That is most
likely the processor changing its speed for AVX-512; sums of integers had no such effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from operator import mul
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
TINY = 1e-12  # added to a sum of squares: a text that nothing is known of has none


class Chances(NamedTuple):
    """Of each label its weight; by `whole` divided they are probabilities, of this entropy."""

    weights: list[float]
    whole: float
    entropy: float

    @classmethod
    def of(cls, given: Doubles) -> Chances:
        """Of probabilities; they add up to 1."""
        some = [*filter(None, given.tolist())]  # of a probability of 0 there is no logarithm
        return cls(given.tolist(), 1.0, -float(sum(map(mul, some, map(log, some)))))


@dataclass(frozen=True)
class Softmax:
    """What the sums of a label's columns are multiplied by; the mix is multiplied in beforehand.

    squares, tiny  of d^2 and TINY, so that w d / sqrt(.) is the margin times its factor
    plain, bayes   of v g and l; constant is all that does not depend on the text
    common         of g^2
    """

    squares: Sequence[float]
    tiny: Sequence[float]
    plain: Sequence[float]
    bayes: Sequence[float]
    constant: Sequence[float]
    common: float

    @classmethod
    def of(cls, scale: Doubles, bias: Doubles, mix: Doubles) -> Softmax | None:
        """None for a mix in which a label's score bears on another label, or against its own."""
        size = bias.shape[1]
        blocks = mix[:-1].reshape(-1, size, size)
        if len(blocks) != 3 or np.count_nonzero(mix[:-1]) > np.count_nonzero(_lines(blocks)):
            return None
        own, plain, bayes = _lines(blocks)
        worth = scale[:size] * own
        if not worth.min() > 0:
            return None
        return cls(
            (scale[size : 2 * size] / worth**2).tolist(),
            (TINY / worth**2).tolist(),
            (scale[2 * size : 3 * size] * plain).tolist(),
            (scale[3 * size : 4 * size] * bayes).tolist(),
            (own * bias[0] + plain * bias[1] + mix[-1]).tolist(),
            float(scale[-1]),
        )

    def __call__(self, summed: Sequence[int]) -> Chances:
        """How probable the labels are, from the summed rows of one text."""
        size = len(self.squares)
        common = 1 / sqrt(summed[-1] * self.common + TINY)
        logits = [
            margin / sqrt(square * by + tiny) + common * to * plain + with_ * bayes + constant
            for margin, by, tiny, to, with_, constant, square, plain, bayes in zip(
                summed,
                self.squares,
                self.tiny,
                self.plain,
                self.bayes,
                self.constant,
                summed[size:],
                summed[2 * size :],
                summed[3 * size :],
                strict=False,
            )
        ]
        top = max(logits)
        below = [logit - top for logit in logits]
        weights = [*map(exp, below)]
        whole = sum(weights)
        return Chances(weights, whole, log(whole) - sum(map(mul, weights, below)) / whole)


def _lines(blocks: Doubles) -> Doubles:
    return np.diagonal(blocks, axis1=1, axis2=2)


def softmax(logits: Any) -> Doubles:
    """The probabilities of many texts, one a line."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))

"""Several learners joined: each counts by what it won on rows that it had not seen.

A trial says little about effects: the best of a dozen learners on one set of rows is mostly the
luckiest. So none is picked. A candidate's weight falls with what its mean Qini over all folds and
repetitions is behind the best: exp(-behind / (WIDTH x best)); none for one that is no better than
a random order. What is added up are z-scores, so that a candidate counts by its order, not by how
loudly it speaks. The sum then becomes an effect: effect = mean + slope x sum, with the slope
that fits unseen rows best, drawn towards 0 by its own uncertainty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.kinds import Progress
from bot.insight.split import Fold, folds
from bot.insight.uplift.learners import Matrices, Models
from bot.insight.uplift.qini import qini
from bot.insight.uplift.trial import Trial

Doubles = NDArray[np.float64]

FOLDS, REPEATS = 4, 2
WIDTH = 0.6
_LEAST_SPREAD = 1e-12
_LEAST_SLOPE = 1e-4  # of an effect for a deviation: keeps the order where nothing was proven


@dataclass(frozen=True)
class Unseen:
    """What candidates said of rows that they had not seen.

    names   of the candidates
    scores  (m, n) mean over the repetitions; NaN where no fold judged a row
    qinis   (m, k) of each fold of each repetition
    judged  (k) pairs: which repetition, and which rows it judged
    """

    names: Sequence[str]
    scores: Doubles
    qinis: Doubles
    judged: Sequence[tuple[int, NDArray[np.intp]]]


@dataclass(frozen=True)
class Parting:
    """How rows are parted to judge: whose they are, when they were, how often and by which luck."""

    group: NDArray[np.int64] | None = None
    time: Doubles | None = None
    folds: int = FOLDS
    repeats: int = REPEATS
    seed: int = 0

    def folds_of(self, trial: Trial) -> list[tuple[int, Fold]]:
        """Pairs of repetition and fold; by time there is but one way to part, so one repetition.

        Raises InvalidInput where a side would lack an arm.
        """
        repeats = 1 if self.time is not None else self.repeats
        # Both arms with both outcomes are spread evenly.
        kinds = 2.0 * trial.treated + trial.y
        found = [
            (repeat, fold)
            for repeat in range(repeats)
            for fold in folds(kinds, self.group, self.time, self.folds, self.seed + repeat)
        ]
        for side in (part for _, fold in found for part in (fold.teach, fold.judge)):
            if trial.treated[side].all() or not trial.treated[side].any():
                raise InvalidInput(
                    "when rows are parted to judge, one side has only treated rows or only others:"
                    " were both drawn over the same time and groups?"
                )
        return found


def cross_validated(
    names: Sequence[str], x: Matrices, trial: Trial, parting: Parting, progress: Progress
) -> Unseen:
    """All candidates over all folds. Raises InvalidInput where a fold would lack an arm."""
    parted = parting.folds_of(trial)
    total, seen = np.zeros((len(names), len(trial.y))), np.zeros(len(trial.y))
    qinis = np.zeros((len(names), len(parted)))
    for number, (repeat, fold) in enumerate(parted):
        progress("learners", number, len(parted))
        scores = _judged(names, x, trial, fold, parting.seed + repeat)
        total[:, fold.judge] += scores
        seen[fold.judge] += 1
        held = trial.take(fold.judge)
        qinis[:, number] = [qini(one, held) for one in scores]
    progress("learners", len(parted), len(parted))
    mean = np.where(seen > 0, total / np.maximum(seen, 1), np.nan)
    return Unseen(names, mean, qinis, [(repeat, fold.judge) for repeat, fold in parted])


def _judged(
    names: Sequence[str], x: Matrices, trial: Trial, fold: Fold, seed: int
) -> NDArray[np.float64]:
    teach = {manner: one[fold.teach] for manner, one in x.items()}
    judge = {manner: one[fold.judge] for manner, one in x.items()}
    models = Models.fit(names, teach, trial.take(fold.teach), seed)
    return np.array([models.effects(name, judge, trial.chance[fold.judge]) for name in names])


@dataclass(frozen=True)
class Blend:
    """weights       candidate -> what it counts, in all 1; those that count nothing are not here
    mean, spread  of each candidate's answers, by which they become z-scores
    effect, slope  what the sum becomes an effect by
    """

    weights: Mapping[str, float]
    mean: Mapping[str, float]
    spread: Mapping[str, float]
    effect: float = 0.0
    slope: float = 1.0

    def index(self, scores: Mapping[str, Doubles]) -> Doubles:
        """The sum of z-scores, (n), from each needed candidate's answers."""
        return np.asarray(
            sum(
                weight * (scores[name] - self.mean[name]) / self.spread[name]
                for name, weight in sorted(self.weights.items())  # the same sum as from a file
            )
        )

    def effects(self, scores: Mapping[str, Doubles]) -> Doubles:
        """What the treatment changes, (n), within -1..1 and in the order of `index`."""
        return self.effect + self.slope * self.index(scores)

    def to_json(self) -> dict[str, Any]:
        return {
            "weights": dict(self.weights), "mean": dict(self.mean), "spread": dict(self.spread),
            "effect": self.effect, "slope": self.slope,
        }  # fmt: skip

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Blend:
        return cls(**found)


def weights(qinis: Doubles) -> Doubles:
    """(m) that add up to 1, from (m) mean Qinis; all alike where none is above 0."""
    best = float(qinis.max())
    if best <= 0:
        return np.full(len(qinis), 1 / len(qinis))
    found = np.where(qinis > 0, np.exp((qinis - best) / (WIDTH * best)), 0.0)
    return np.asarray(found / found.sum())


def learn(unseen: Unseen, trial: Trial) -> Blend:
    """The blend of what was said of unseen rows."""
    seen = ~np.isnan(unseen.scores[0])
    blend = _joined(unseen, unseen.qinis.mean(axis=1), seen)
    held = trial.take(np.flatnonzero(seen))
    index = blend.index(_named(unseen, seen))
    return Blend(blend.weights, blend.mean, blend.spread, held.effect, slope(index, held))


def _joined(unseen: Unseen, qinis: Doubles, rows: NDArray[np.bool_]) -> Blend:
    counts = {
        name: float(weight)
        for name, weight in zip(unseen.names, weights(qinis), strict=True)
        if weight > 0
    }
    said = _named(unseen, rows)
    mean = {name: float(said[name].mean()) for name in counts}
    spread = {name: float(said[name].std()) or 1.0 for name in counts}
    spread = {name: one if one > _LEAST_SPREAD else 1.0 for name, one in spread.items()}
    return Blend(counts, mean, spread)


def _named(unseen: Unseen, rows: NDArray[np.bool_] | NDArray[np.intp]) -> dict[str, Doubles]:
    return {name: scores[rows] for name, scores in zip(unseen.names, unseen.scores, strict=True)}


def slope(index: Doubles, trial: Trial) -> float:
    """What one more of the index is worth in effect, by least squares of (y - mean) on (t - e).

    Drawn towards 0 as slope x (1 - error² / slope²), never below _LEAST_SLOPE.
    """
    turned = trial.treated - trial.chance
    columns = np.column_stack([turned, turned * (index - index.mean())])
    square = columns.T @ columns + 1e-12 * np.eye(2)
    centred = trial.y - trial.y.mean()
    found = np.linalg.solve(square, columns.T @ centred)
    left = centred - columns @ found
    error = float(np.linalg.inv(square)[1, 1] * left.var())
    value = float(found[1])
    kept = value * (1 - error / value**2) if value > 0 else 0.0
    return max(kept, _LEAST_SLOPE)


def unseen_by_blend(unseen: Unseen) -> Doubles:
    """The blend's index where its weights, too, come from other folds, (n); NaN where unjudged.

    A row that several repetitions judged takes the weights of the first.
    """
    found = np.full(unseen.scores.shape[1], np.nan)
    for number in reversed(range(len(unseen.judged))):
        others = np.arange(len(unseen.judged)) != number
        judged = unseen.judged[number][1]
        qinis = unseen.qinis[:, others].mean(axis=1) if others.any() else unseen.qinis[:, number]
        rows = np.zeros(unseen.scores.shape[1], bool)
        rows[judged] = True
        found[judged] = _joined(unseen, qinis, ~np.isnan(unseen.scores[0])).index(
            _named(unseen, judged)
        )
    return found

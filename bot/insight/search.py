"""Which setting of each candidate foretells best on rows it has not seen.

All settings are tried on the first fold; from fold to fold those that fall behind the best of
their candidate by more than BEHIND of AUC are dropped. What a candidate's best setting said of each
judged row is kept: the choice, the calibration and the combiners stand on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.candidate import Candidate, Combiner, Doubles, Part, Sample, Setting, score
from bot.insight.kinds import Progress
from bot.insight.metrics import Ranked, auc_of, figures
from bot.insight.split import Fold
from bot.insight.table import Table

BEHIND = 0.01


@dataclass(frozen=True)
class Roster:
    """What is tried, and the ways to join what was tried."""

    candidates: Sequence[Candidate]
    combiners: Sequence[Combiner] = ()


@dataclass(frozen=True)
class Tried:
    """The best setting of one candidate, or one combiner.

    scores    (n) of each row of the sample; NaN where no fold judged it
    settings  every setting that was tried, as {"setting", "auc", "folds"}
    """

    name: str
    rank: int
    setting: Setting
    scores: Doubles
    settings: Sequence[Mapping[str, Any]]
    joined: bool = False


@dataclass(frozen=True)
class Judge:
    """The mean over folds of the AUC, each fold counting by its rows."""

    ranked: Sequence[tuple[NDArray[np.intp], Ranked]]

    @classmethod
    def of(cls, y: Doubles, scores: Doubles, folds: Sequence[Fold]) -> Judge:
        return cls([(one.judge, Ranked.of(y[one.judge], scores[one.judge])) for one in folds])

    def auc(self, weight: Doubles) -> Doubles:
        """(draws,) from weights (draws, n); a fold whose draw has one class does not count."""
        found = np.array([auc_of(ranked, weight[:, at]) for at, ranked in self.ranked])
        sizes = np.array([[len(at)] for at, _ in self.ranked]) * ~np.isnan(found)
        total = sizes.sum(axis=0)
        mean = np.nansum(found * sizes, axis=0) / np.maximum(total, 1)
        return np.where(total > 0, mean, np.nan)


def search(
    sample: Sample, folds: Sequence[Fold], roster: Roster, seed: int, progress: Progress
) -> tuple[list[Tried], dict[str, str]]:
    """Each candidate's best, combiners last, and why candidates were left out."""
    parts = [(sample.take(one.teach), sample.table.take(one.judge)) for one in folds]
    whole = sum(len(one.settings) for one in roster.candidates) * len(folds)
    tried: list[Tried] = []
    left_out: dict[str, str] = {}
    done = 0
    for candidate in roster.candidates:
        try:
            tried.append(_settled(candidate, sample, folds, parts, seed, (progress, done, whole)))
        except InvalidInput as error:
            left_out[candidate.name] = str(error)
        done += len(candidate.settings) * len(folds)
    progress("candidates", whole, whole)
    alone = list(tried)
    for combiner in roster.combiners if len(alone) > 1 else ():
        if len(folds) > 1:
            tried.append(_combined(combiner, alone, sample, folds, seed))
        else:
            left_out[combiner.name] = "it learns on one fold and is judged on another: there is one"
    return tried, left_out


def fit(tried: Tried, roster: Roster, sample: Sample, seed: int, others: Sequence[Tried]) -> Part:
    """What was tried, taught on a whole sample; `others` has the members of a combiner."""
    if not tried.joined:
        candidate = next(one for one in roster.candidates if one.name == tried.name)
        return candidate.fit(sample, tried.setting, seed)
    combiner = next(one for one in roster.combiners if one.name == tried.name)
    members = [one for one in others if one.name in tried.setting["of"] and not one.joined]
    parts = {one.name: fit(one, roster, sample, seed, others) for one in members}
    return combiner.build(parts, tried.setting)


def _settled(
    candidate: Candidate,
    sample: Sample,
    folds: Sequence[Fold],
    parts: Sequence[tuple[Sample, Table]],
    seed: int,
    watch: tuple[Progress, int, int],
) -> Tried:
    progress, done, whole = watch
    count = len(candidate.settings)
    said = np.full((count, len(sample.y)), np.nan)
    per_fold = np.full((count, len(folds)), np.nan)
    running = list(range(count))
    for number, (fold, (teach, table)) in enumerate(zip(folds, parts, strict=True)):
        for one in running:
            progress(candidate.name, done + number * count + one, whole)
            part = candidate.fit(teach, candidate.settings[one], seed)
            said[one, fold.judge] = score(part, table)
            ranked = Ranked.of(sample.y[fold.judge], said[one, fold.judge])
            per_fold[one, number] = auc_of(ranked, np.ones((1, len(fold.judge))))[0]
        means = per_fold[:, : number + 1].mean(axis=1)
        best = means[running].max()
        running = [one for one in running if means[one] >= best - BEHIND]
    kept = max(running, key=lambda one: (means[one], -one))
    settings = [
        {
            "setting": dict(candidate.settings[one]),
            "auc": float(np.nanmean(per_fold[one])),
            "folds": int((~np.isnan(per_fold[one])).sum()),
        }
        for one in range(count)
    ]
    return Tried(candidate.name, candidate.rank, candidate.settings[kept], said[kept], settings)


def _combined(
    combiner: Combiner, alone: Sequence[Tried], sample: Sample, folds: Sequence[Fold], seed: int
) -> Tried:
    """A combiner learnt on some folds and judged on another, then learnt on all.

    All rows of a fold are joined in one way: rows joined in different ways are not to be compared.
    """
    names = [one.name for one in alone]
    scores = np.column_stack([one.scores for one in alone])
    fold = _judged_by(sample, folds)
    said = np.full(len(sample.y), np.nan)

    def learnt(at: NDArray[np.bool_]) -> Setting:
        return combiner.learn(scores[at], sample.y[at], fold[at], names, seed)

    for number in range(len(folds)):
        held = fold == number
        said[held] = combiner.join(scores[held], names, learnt((fold >= 0) & ~held))
    how = learnt(fold >= 0)
    return Tried(combiner.name, combiner.rank, how, said, [], joined=True)


def _judged_by(sample: Sample, folds: Sequence[Fold]) -> NDArray[np.int64]:
    """The number of the fold that judged each row, -1 for none."""
    found = np.full(len(sample.y), -1)
    for number, one in enumerate(folds):
        found[one.judge] = number
    return found


def cross_validated(tried: Tried, sample: Sample, folds: Sequence[Fold]) -> dict[str, float]:
    """The figures of a candidate on the judged rows; AUC as the mean over folds."""
    judged = ~np.isnan(tried.scores)
    found = figures(sample.y[judged], tried.scores[judged])
    whole = np.ones((1, len(sample.y)))
    found["auc"] = float(Judge.of(sample.y, tried.scores, folds).auc(whole)[0])
    return found

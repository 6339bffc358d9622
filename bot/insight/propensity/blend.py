"""Several models as one: the weighted mean of their log odds.

The weights are counts: the best model first, then again and again the one, of all, that raises the
AUC of the mean most, a model taken before too, until none raises it by LEAST_GAIN or MOST are in
(Caruana et al., Ensemble selection from libraries of models, ICML 2004). So few are needed, none
has a negative weight, and what all agree on is not weighed twice by a regression. The AUC is the
mean over folds, as the choice's: rows of two folds, or of two times, are never compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.insight.candidate import Codes, Doubles, Part, Setting, inner, nested, score
from bot.insight.metrics import auc
from bot.insight.propensity.linear import expit
from bot.insight.table import Table

MOST = 6
LEAST_GAIN = 0.0005
SURE = 1e-4  # chances nearer to 0 or 1 count as this near: one tree's certainty outvotes nobody


@dataclass(frozen=True)
class Blend:
    name: str = "blend"
    rank: int = 9  # above all it may be made of: it is kept only where none of them is as good

    def learn(
        self, scores: Doubles, y: Doubles, fold: Codes, names: Sequence[str], seed: int
    ) -> Setting:
        """{"of": names in the table's order, "weights": how often each was taken, shares of 1}."""
        odds = log_odds(scores)
        taken: list[int] = []
        total, reached = np.zeros(len(y)), -1.0
        while len(taken) < MOST:
            one, found = _best(total, odds, y, fold)
            if found < reached + LEAST_GAIN:
                break
            taken.append(one)
            total, reached = total + odds[:, one], found
        of = sorted(set(taken))
        weights = [taken.count(one) / len(taken) for one in of]
        return {"of": [names[one] for one in of], "weights": weights}

    def join(self, scores: Doubles, names: Sequence[str], how: Setting) -> Doubles:
        at = [list(names).index(name) for name in how["of"]]
        return expit(log_odds(scores[:, at]) @ np.array(how["weights"]))

    def build(self, parts: Mapping[str, Part], how: Setting) -> Part:
        card = {"form": "blend", "of": list(how["of"]), "weights": list(how["weights"])}
        return nested(card, {name: parts[name] for name in how["of"]})


def scored(part: Part, table: Table) -> Doubles:
    """The chance of each row, (n)."""
    total = np.zeros(table.rows)
    for name, weight in zip(part.card["of"], part.card["weights"], strict=True):
        total += weight * log_odds(score(inner(part, name), table))
    return expit(total)


def log_odds(chance: Doubles) -> Doubles:
    """log(p / (1 - p)), p kept within SURE of 0 and 1."""
    kept = np.clip(chance, SURE, 1 - SURE)
    found: Doubles = np.log(kept) - np.log1p(-kept)
    return found


def _best(total: Doubles, odds: Doubles, y: Doubles, fold: Codes) -> tuple[int, float]:
    """Which column, added, gives the highest AUC; of equals the first."""
    found = [_auc(total + odds[:, one], y, fold) for one in range(odds.shape[1])]
    at = int(np.argmax(found))
    return at, found[at]


def _auc(values: Doubles, y: Doubles, fold: Codes) -> float:
    """The mean over folds that have both answers, each counting by its rows; 0.5 without any."""
    sizes, found = [], []
    for number in np.unique(fold):
        at = fold == number
        one = auc(y[at], values[at])
        if not np.isnan(one):
            sizes.append(int(at.sum()))
            found.append(one)
    return float(np.average(found, weights=sizes)) if found else 0.5

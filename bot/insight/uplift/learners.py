"""Ways to learn an effect from a trial, each over the same base models.

m_t(x) is the chance of the outcome when treated, m_c(x) when left alone, e the chance of being
treated. A learner is a sum of what fitted models say, so that serving knows no learner.

    T      m_t(x) - m_c(x), a model each
    S      m(x, 1) - m(x, 0), one model that reads the treatment as a column
    K      S whose logistic model also has treatment times feature, held near 0: a deviation of
           PRIOR of the log odds for each standard deviation of a feature is what it expects
    X      (1 - e) d_t(x) + e d_c(x): d_t learns y - m_c(x) of the treated, d_c m_t(x) - y of the
           others (Kunzel, Sekhon, Bickel and Yu 2019)
    R      r(x) with the least sum of ((y - m(x)) - (t - e) r(x))², m = e m_t + (1 - e) m_c
           (Nie and Wager 2021)
    class  2 P(z = 1 | x) - 1, z = y of the treated and 1 - y of the others, weighted so that both
           arms count alike (class transformation: Jaskowski and Jaroszewicz 2012)
    response  m_t(x): who will do it when treated, whatever he would have done; no effect at all
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot.insight.candidate import Part
from bot.insight.uplift.base import BASES, BOOSTED, LINEAR, Base, said
from bot.insight.uplift.trial import Trial

Doubles = NDArray[np.float64]
Matrices = Mapping[str, Doubles]  # by the manner of encoding

PRIOR = 0.05
CLASSIC = ("S", "T", "X", "class")
RESPONSE = "response"
LEARNERS: Mapping[str, tuple[str, ...]] = {
    LINEAR.name: ("S", "K", "T", "X", "R", "class", RESPONSE),
    BOOSTED.name: ("S", "T", "X", "R", "class", RESPONSE),
}
NAMES = tuple(f"{learner} {base}" for base, ways in LEARNERS.items() for learner in ways)
# Learner -> (model, what its answer counts); e and 1-e stand for the chance of treatment.
_SUMS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "T": (("treated", "+"), ("alone", "-")),
    "X": (("effect of treated", "1-e"), ("effect of alone", "e")),
    "R": (("residual", "+"),),
    RESPONSE: (("treated", "+"),),
}


@dataclass
class Fitted:
    """Models of one base, fitted when first asked for, and what learners make of them."""

    base: Base
    x: Doubles
    trial: Trial
    seed: int
    parts: dict[str, Part] = field(default_factory=dict)

    def learn(self, learners: Iterable[str]) -> dict[str, Part]:
        """The models that these learners need, by name."""
        needed = dict.fromkeys(model for one in learners for model in models_of(one))
        return {model: self.part(model) for model in needed}

    def part(self, model: str) -> Part:
        if model not in self.parts:
            self.parts[model] = self._fit(model)
        return self.parts[model]

    def _fit(self, model: str) -> Part:
        t, y = self.trial.treated, self.trial.y
        if model in ("treated", "alone"):
            arm = t if model == "treated" else ~t
            return self._chance(self.x[arm], y[arm], self._weight(arm))
        if model == "K":
            return self._held_near(t.astype(np.float64)[:, None])
        if model == "S":
            return self._chance(joined(self.x, t, model), y, self._weight())
        if model == "class":
            arms = np.where(t, t.mean(), 1 - t.mean())
            weight = (0.5 / arms) if self._weight() is None else self.trial.weight / 2
            return self._chance(self.x, np.where(t, y, 1 - y), weight)
        if model == "residual":
            return self._residual()
        arm, other = (t, "alone") if model == "effect of treated" else (~t, "treated")
        sign = 1.0 if model == "effect of treated" else -1.0
        gained = sign * (y[arm] - said(self.part(other), self.x[arm]))
        return self.base.effect(self.x[arm], gained, None, self.seed)

    def _held_near(self, t: Doubles) -> Part:
        """Treatment times z-scores, PRIOR of each, so that the base's own penalty holds them."""
        mean, scale = self.x.mean(axis=0), self.x.std(axis=0)
        held = PRIOR / np.where(scale > 0, scale, np.inf)
        part = self._chance(
            np.hstack([self.x, t, t * (self.x - mean) * held]), self.trial.y, self._weight()
        )
        width = self.x.shape[1]
        weights = part.arrays["weights"].copy()
        weights[width + 1 :] *= held
        weights[width] -= weights[width + 1 :] @ mean
        return Part(part.card, {**part.arrays, "weights": weights})

    def _residual(self) -> Part:
        e, t = self.trial.chance, self.trial.treated
        mean = e * said(self.part("treated"), self.x) + (1 - e) * said(self.part("alone"), self.x)
        turned = t - e
        return self.base.effect(self.x, (self.trial.y - mean) / turned, turned**2, self.seed)

    def _chance(self, x: Doubles, y: Doubles, weight: Doubles | None) -> Part:
        return self.base.chance(x, y, weight, self.seed)

    def _weight(self, rows: NDArray[np.bool_] | None = None) -> Doubles | None:
        """None where everybody had the same chance; the arms' models then need no weights."""
        if np.ptp(self.trial.chance) == 0:
            return None
        weight = self.trial.weight / self.trial.weight.mean()
        return np.asarray(weight if rows is None else weight[rows])


def models_of(learner: str) -> tuple[str, ...]:
    """The fitted models that a learner's answer is made of."""
    return tuple(model for model, _ in _SUMS.get(learner, ((learner, "+"),)))


def joined(x: Doubles, treated: NDArray[np.bool_], model: str) -> Doubles:
    """The matrix with the treatment as a column; for K with treatment times feature as well."""
    t = treated.astype(np.float64)[:, None]
    return np.hstack([x, t, t * x]) if model == "K" else np.hstack([x, t])


def effects(learner: str, parts: Mapping[str, Part], x: Doubles, chance: Doubles) -> Doubles:
    """What a learner says of each row, (n): the change of the chance; `response`: the chance."""
    if learner in ("S", "K"):
        everybody = np.ones(len(x), bool)
        treated = said(parts[learner], joined(x, everybody, learner))
        return np.asarray(treated - said(parts[learner], joined(x, ~everybody, learner)))
    if learner == "class":
        return 2 * said(parts["class"], x) - 1
    counts = {"+": np.ones(len(x)), "-": -np.ones(len(x)), "e": chance, "1-e": 1 - chance}
    return np.asarray(sum(counts[how] * said(parts[name], x) for name, how in _SUMS[learner]))


def parted(name: str) -> tuple[str, Base]:
    """A candidate's learner and base, from its name such as "X boosting"."""
    learner, base = name.rsplit(" ", 1)
    return learner, BASES[base]


@dataclass(frozen=True)
class Models:
    """Everything fitted on one set of rows: base -> model -> Part."""

    parts: Mapping[str, Mapping[str, Part]]

    @classmethod
    def fit(cls, names: Sequence[str], x: Matrices, trial: Trial, seed: int) -> Models:
        """The models that candidates of these names need."""
        wanted: dict[str, list[str]] = {}
        for name in names:
            learner, base = parted(name)
            wanted.setdefault(base.name, []).append(learner)
        return cls(
            {
                base: Fitted(BASES[base], x[BASES[base].encoding], trial, seed).learn(learners)
                for base, learners in wanted.items()
            }
        )

    def effects(self, name: str, x: Matrices, chance: Doubles) -> Doubles:
        """What the candidate of this name says of each row, (n)."""
        learner, base = parted(name)
        return effects(learner, self.parts[base.name], x[base.encoding], chance)

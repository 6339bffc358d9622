"""At which hour somebody answers: his own acts, leaning on the account's habit by a learnt weight.

Of follower i let n_ih be the acts in hour h and N_i their sum; q_h is the account's habit. His
hours are drawn from a Dirichlet of mean q and weight s:

    p_ih = (n_ih + s q_h) / (N_i + s)

so s acts weigh as much as the habit. s is the one under which all followers' counts are the
likeliest (Dirichlet-multinomial), which is what the counts themselves say about how much people
differ: where all are alike it is great, where each has his own hours it is small. Hours next to
each other may be counted together first (`smooth`), as an act at 20:00 speaks for 19 and 21, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput

Doubles = NDArray[np.float64]

HOURS = 24
LEAST_PEOPLE = 20  # with two acts or more: one act says nothing about how people differ
_LEAST, _MOST = 0.1, 10_000.0  # of the weight s


@dataclass(frozen=True)
class Habit:
    """What an account's followers have in common.

    shares  (24) q, in all 1
    weight  s, in acts
    people  by how many of them the weight was learnt; 0: by none, it is the usual one
    """

    shares: Doubles
    weight: float
    people: int

    def hours(self, acts: Doubles) -> Doubles:
        """Everybody's shares of the hours, (n, 24), from his acts (n, 24)."""
        total = acts.sum(axis=1, keepdims=True)
        return np.asarray((acts + self.weight * self.shares) / (total + self.weight))

    def best(self, acts: Doubles, allowed: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """The hour of the greatest share of each, (n), the earliest of equals.

        allowed  (24) hours at which one may write; None: all. Raises InvalidInput for none.
        """
        found = self.hours(acts)
        if allowed is not None:
            if not allowed.any():
                raise InvalidInput("no hour is left at which one may write")
            found = np.where(allowed, found, -1.0)
        return np.asarray(found.argmax(axis=1))

    def own(self, acts: Doubles) -> Doubles:
        """How much of it is his own habit, (n), 0..1: N / (N + s)."""
        total = acts.sum(axis=1)
        return np.asarray(total / (total + self.weight))

    def to_json(self) -> dict[str, Any]:
        return {"shares": self.shares.tolist(), "weight": self.weight, "people": self.people}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Habit:
        return cls(np.array(found["shares"], np.float64), found["weight"], found["people"])


USUAL_WEIGHT = 12.0  # where nothing can be learnt; that of bot.profile.rhythm


def learn(acts: Doubles) -> Habit:
    """The habit and the weight of followers, from their acts by hour (n, 24).

    With fewer than LEAST_PEOPLE who acted twice: the usual weight. Nobody's acts: even hours.
    Raises ValueError for counts below 0 or another number of hours.
    """
    if acts.ndim != 2 or acts.shape[1] != HOURS or (acts < 0).any():
        raise ValueError(f"acts by hour are (n, {HOURS}) and not below 0")
    total = float(acts.sum())
    # Half an act for each hour: an hour that nobody has used yet is not impossible.
    shares = (acts.sum(axis=0) + 0.5) / (total + 0.5 * HOURS)
    telling = acts[acts.sum(axis=1) >= 2]
    if len(telling) < LEAST_PEOPLE:
        return Habit(shares, USUAL_WEIGHT, 0)
    found = import_module("scipy.optimize").minimize_scalar(
        lambda at: -log_likelihood(telling, shares, float(np.exp(at))),
        bounds=(np.log(_LEAST), np.log(_MOST)), method="bounded",
    )  # fmt: skip
    return Habit(shares, float(np.exp(found.x)), len(telling))


def log_likelihood(acts: Doubles, shares: Doubles, weight: float) -> float:
    """Of counts under the Dirichlet-multinomial, without the factor that has no s."""
    gammaln = import_module("scipy.special").gammaln
    total, prior = acts.sum(axis=1), weight * shares
    each = gammaln(acts + prior) - gammaln(prior)
    return float((gammaln(weight) - gammaln(total + weight)).sum() + each.sum())


def foretold(habit: Habit, taught: Doubles, later: Doubles) -> Doubles:
    """Log likelihood of later acts by what earlier ones say, (n): each person's, summed.

    taught, later  (n, 24) acts by hour
    """
    return np.asarray((later * np.log(habit.hours(taught))).sum(axis=1))


def smooth(acts: Doubles, beside: float = 0.25) -> Doubles:
    """Acts with this share of each hour's counted at either neighbour, round the clock."""
    before, after = np.roll(acts, 1, axis=1), np.roll(acts, -1, axis=1)
    return np.asarray((1 - 2 * beside) * acts + beside * (before + after))

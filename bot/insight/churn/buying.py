"""Who is still a customer, and when he buys next: the BG/NBD model (Fader, Hardie and Lee 2005).

While somebody is a customer he buys at random times, with a rate of his own drawn from a gamma
(r, alpha). After each purchase he leaves with a chance of his own, drawn from a beta (a, b). Nobody
says that he leaves, so of each person only three numbers count: x repeat purchases, the last of
them t_x after the first purchase, and T from the first purchase until now.

    L(x, t_x, T) = B(a, b + x) / B(a, b) G(r + x) alpha^r / G(r)
                   ((alpha + T)^-(r + x) + [x > 0] a / (b + x - 1) (alpha + t_x)^-(r + x))
    alive        = 1 / (1 + [x > 0] a / (b + x - 1) ((alpha + T) / (alpha + t_x))^(r + x))

Times are in one unit, whichever; alpha is in it, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput

Doubles = NDArray[np.float64]

LEAST_REPEATS = 30  # repeat purchases of all people together
_FURTHEST = 8.0  # logarithm of a parameter, in units in which the longest T is 10
_STARTS = ((0.0, 0.0, 0.0, 0.0), (-1.0, 1.0, -0.5, 1.0), (1.0, 1.0, -2.0, 1.0))
_LONGEST = 10.0


@dataclass(frozen=True)
class Histories:
    """x     (n) purchases after the first
    last  (n) t_x: from the first purchase to the last, 0 where x is 0
    age   (n) T: from the first purchase until now
    """

    x: Doubles
    last: Doubles
    age: Doubles

    def __post_init__(self) -> None:
        if (self.x < 0).any() or (self.last < 0).any() or (self.last > self.age).any():
            raise ValueError("x and last are not negative, and last is at most age")


@dataclass(frozen=True)
class Buying:
    """A fitted model; alpha in the unit of the times."""

    r: float
    alpha: float
    a: float
    b: float

    def log_likelihood(self, of: Histories) -> Doubles:
        """Of each person, (n)."""
        return _log_likelihood(np.log([self.r, self.alpha, self.a, self.b]), of)

    def alive(self, of: Histories) -> Doubles:
        """The chance that each is still a customer, (n); 1 for who bought once (see docs)."""
        odds = np.log(self.a) - np.log(self.b + np.maximum(of.x, 1) - 1)
        odds = odds + (self.r + of.x) * (np.log(self.alpha + of.age) - np.log(self.alpha + of.last))
        return np.where(of.x > 0, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)

    def buys_within(self, of: Histories, time: float) -> Doubles:
        """The chance of at least one purchase within `time` from now, (n).

        Who is a customer now stays one until his next purchase, and his rate is a gamma
        (r + x, alpha + T): alive x (1 - ((alpha + T) / (alpha + T + time))^(r + x)).
        """
        now = self.alpha + of.age
        waits = np.exp((self.r + of.x) * (np.log(now) - np.log(now + time)))
        return np.asarray(self.alive(of) * (1 - waits))

    def next_in(self, of: Histories, share: float = 0.5) -> Doubles:
        """When the next purchase has come with this chance, if he is still a customer, (n).

        (alpha + T) ((1 - share)^(-1 / (r + x)) - 1), the quantile of a Lomax distribution.
        """
        power = -np.log1p(-share) / (self.r + of.x)
        return np.asarray((self.alpha + of.age) * np.expm1(np.minimum(power, 700)))

    def purchases_within(self, of: Histories, time: float) -> Doubles:
        """How many purchases are to be expected within `time` from now, (n)."""
        hyp2f1 = import_module("scipy.special").hyp2f1
        a = self.a if abs(self.a - 1) > 1e-6 else 1 + 1e-6  # the formula has a gap there
        power, now = self.r + of.x, self.alpha + of.age
        hyper = hyp2f1(power, self.b + of.x, a + self.b + of.x - 1, time / (now + time))
        kept = np.exp(power * (np.log(now) - np.log(now + time)))
        found = (a + self.b + of.x - 1) / (a - 1) * (1 - kept * hyper) * self.alive(of)
        return np.asarray(np.maximum(found, 0.0))


def fit(of: Histories) -> Buying:
    """The parameters of the greatest likelihood.

    Raises InvalidInput for histories that cannot tell them: hardly anybody bought again.
    """
    repeats = int(of.x.sum())
    if repeats < LEAST_REPEATS:
        raise InvalidInput(
            f"{repeats} repeat purchases; {LEAST_REPEATS} are needed to learn how people buy and"
            " leave: bring a longer log"
        )
    unit = float(of.age.max()) / _LONGEST
    rows, counts = np.unique(
        np.column_stack([of.x, of.last / unit, of.age / unit]), axis=0, return_counts=True
    )
    held = Histories(rows[:, 0], rows[:, 1], rows[:, 2])
    minimize = import_module("scipy.optimize").minimize

    def loss(at: Doubles) -> float:
        return -float((_log_likelihood(at, held) * counts).sum()) / len(of.x)

    bounds = [(-_FURTHEST, _FURTHEST)] * 4
    found = [
        minimize(loss, start, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-13})
        for start in _STARTS
    ]
    best = min(found, key=lambda one: float(one.fun))
    r, alpha, a, b = np.exp(best.x).tolist()
    return Buying(r, alpha * unit, a, b)


def _log_likelihood(at: Doubles, of: Histories) -> Doubles:
    """`at` holds the logarithms of r, alpha, a, b."""
    gammaln = import_module("scipy.special").gammaln
    r, alpha, a, b = np.exp(at)
    power = r + of.x
    shared = gammaln(power) - gammaln(r) + r * np.log(alpha)
    shared += gammaln(a + b) + gammaln(b + of.x) - gammaln(b) - gammaln(a + b + of.x)
    stays = -power * np.log(alpha + of.age)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.log(a) - np.log(b + of.x - 1) - power * np.log(alpha + of.last)
    return np.asarray(shared + np.logaddexp(stays, np.where(of.x > 0, left, -np.inf)))

"""How many messages somebody bears: the hazard of leaving, learnt from who left after how many.

Discrete time (Cox 1972, Prentice and Gloeckler 1978): a row is a follower on a day at risk, with
the touches of his last 7 and 30 days and whatever else is known, and whether he left (unfollowed or
opted out) on that day. The hazard of that day is

    h = 1 / (1 + exp(-(b + w_7 touches_7 + w_30 touches_30 + v z)))     w_7, w_30 >= 0

z are other features, as z-scores. The touches' weights are not below 0: that more messages keep
people could only be the other way round, as those who stay get more. All are fitted together by
penalised likelihood, PENALTY per squared weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

LEAST_EVENTS = 30  # who left; with fewer the fixed cap holds
LEAST_EVENTS_A_FEATURE = 10  # a common rule for logistic models (Peduzzi et al. 1996)
PENALTY = 1.0
WINDOWS = ("touches_7", "touches_30")
MONTH_DAYS = 30


@dataclass(frozen=True)
class Days:
    """Follower-days at risk.

    week, month  (n) touches of the 7 and of the 30 days before
    left         (n) 1.0 where he left on that day; with `count` how many did
    features     name -> (n), any numbers; NaN is the mean
    count        (n) how many days each row stands for; None: one
    """

    week: Doubles
    month: Doubles
    left: Doubles
    features: Mapping[str, Doubles]
    count: Doubles | None = None

    @property
    def days(self) -> Doubles:
        """(n) how many days each row stands for."""
        return np.ones(len(self.left)) if self.count is None else self.count


@dataclass(frozen=True)
class Cap:
    """touches  most in 7 days; `learnt` False: the fixed cap, and `why`"""

    touches: int
    learnt: bool
    why: str


@dataclass(frozen=True)
class Hazard:
    """A fitted hazard, per day.

    weights  of WINDOWS and then of `names`
    """

    bias: float
    weights: Doubles
    names: Sequence[str]
    mean: Doubles
    scale: Doubles
    days: int
    events: int

    def per_day(self, week: Doubles, month: Doubles, features: Mapping[str, Doubles]) -> Doubles:
        """The chance to leave on a day, (n)."""
        columns = np.column_stack([week, month, *self._scaled(features, len(week))])
        return np.asarray(1 / (1 + np.exp(-(self.bias + columns @ self.weights))))

    def gone_within(
        self, week: Doubles, month: Doubles, features: Mapping[str, Doubles], more: int = 0
    ) -> Doubles:
        """The chance to leave within MONTH_DAYS, (n), touches staying as they are.

        more  so many further touches today: they count in the week for 7 of the days
        """
        soon = self.per_day(week + more, month + more, features)
        later = self.per_day(week, month + more, features)
        return np.asarray(1 - (1 - soon) ** 7 * (1 - later) ** (MONTH_DAYS - 7))

    def most_touches(
        self, limit: float, features: Mapping[str, Doubles], others: Doubles, most: int
    ) -> NDArray[np.int64]:
        """Of each follower, (n): how many touches in 7 days keep the day's hazard within `limit`.

        others  (n) touches of the 30 days that are older than 7 days; `most` is never passed
        0: even without any he is beyond it
        """
        found = np.full(len(others), -1, np.int64)
        for touches in range(most + 1):
            week = np.full(len(others), float(touches))
            borne = self.per_day(week, others + touches, features) <= limit
            found[borne] = touches
        return np.maximum(found, 0)

    def _scaled(self, features: Mapping[str, Doubles], rows: int) -> list[Doubles]:
        found = []
        for name, mean, scale in zip(self.names, self.mean, self.scale, strict=True):
            values = features.get(name, np.full(rows, np.nan))
            found.append(np.where(np.isnan(values), 0.0, (values - mean) / scale))
        return found

    def to_json(self) -> dict[str, Any]:
        return {
            "bias": self.bias, "weights": self.weights.tolist(), "names": list(self.names),
            "mean": self.mean.tolist(), "scale": self.scale.tolist(), "days": self.days,
            "events": self.events,
        }  # fmt: skip

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Hazard:
        arrays = {name: np.array(found[name], np.float64) for name in ("weights", "mean", "scale")}
        return cls(**{**found, **arrays})


def learn(of: Days) -> Hazard | None:
    """The hazard; None where fewer than LEAST_EVENTS left, or nobody stayed.

    Only as many features as LEAST_EVENTS_A_FEATURE allows are taken, in the order given.
    """
    events = int(of.left.sum())
    if events < LEAST_EVENTS or events == of.days.sum():
        return None
    allowed = max(0, events // LEAST_EVENTS_A_FEATURE - len(WINDOWS))
    names = list(of.features)[:allowed]
    mean, scale, columns = _scaling([of.features[name] for name in names])
    x = np.column_stack([of.week, of.month, *columns])
    at = _fitted(x, of.left, of.days)
    return Hazard(float(at[0]), at[1:], names, mean, scale, int(of.days.sum()), events)


def _scaling(values: Sequence[Doubles]) -> tuple[Doubles, Doubles, list[Doubles]]:
    means, scales, columns = [], [], []
    for one in values:
        known = one[~np.isnan(one)]
        mean = float(known.mean()) if len(known) else 0.0
        scale = float(known.std()) if len(known) else 0.0
        means.append(mean)
        scales.append(scale or 1.0)
        columns.append(np.where(np.isnan(one), 0.0, (one - mean) / (scale or 1.0)))
    return np.array(means), np.array(scales), columns


def _fitted(x: Doubles, y: Doubles, days: Doubles) -> Doubles:
    """Bias and weights of the least penalised loss; equal rows are counted once."""
    rows, at = np.unique(x, axis=0, return_inverse=True)
    at = np.ravel(at)
    every = np.bincount(at, days, minlength=len(rows))
    left = np.bincount(at, y, minlength=len(rows))
    design = np.column_stack([np.ones(len(rows)), rows])

    def loss(w: Doubles) -> tuple[float, Doubles]:
        odds = design @ w
        chance = 1 / (1 + np.exp(-np.clip(odds, -700, 700)))
        value = float((every * np.logaddexp(0, odds) - left * odds).sum())
        slope = design.T @ (every * chance - left)
        slope[1:] += PENALTY * w[1:]
        return value + PENALTY / 2 * float((w[1:] ** 2).sum()), slope

    start = np.zeros(design.shape[1])
    start[0] = np.log(y.sum() / (days.sum() - y.sum()))
    bounds = [(None, None), (0, None), (0, None), *[(None, None)] * (design.shape[1] - 3)]
    minimize = import_module("scipy.optimize").minimize
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x, np.float64)


def cap(hazard: Hazard | None, limit: float, fixed: int, most: int | None = None) -> Cap:
    """The account's cap for 7 days: the most touches a week, kept up for 30 days, under which an
    average follower's hazard stays within `limit` a day; the fixed cap where nothing is learnt.

    limit  of leaving on a day, such as 0.001; most: never more than this (twice the fixed cap)
    Raises ValueError for a limit outside 0..1.
    """
    if not 0 < limit < 1:
        raise ValueError("the limit of a hazard lies between 0 and 1")
    if hazard is None:
        return Cap(fixed, False, f"fewer than {LEAST_EVENTS} left: the fixed cap holds")
    ceiling = 2 * fixed if most is None else most
    weeks = np.arange(ceiling + 1, dtype=np.float64)
    found = hazard.per_day(weeks, weeks * 30 / 7, {})
    borne = np.flatnonzero(found <= limit)
    touches = int(borne.max()) if len(borne) else 0
    said = (
        f"{touches} a week: {found[touches]:.4%} leave a day ({hazard.events} of {hazard.days} "
        f"follower-days); limit {limit:.4%}"
    )
    return Cap(touches, True, said)

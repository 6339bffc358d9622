"""How well chances foretell answers, with bootstrap intervals.

A draw takes rows, or whole groups, with replacement; a row then counts as often as it was taken.
So every figure is one of weighted rows, and all draws of a block are reckoned at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Codes = NDArray[np.int64]

NAMES = ("auc", "pr_auc", "log_loss", "brier", "lift_10")
LEAST_CHANCE = 1e-6  # in the log loss, so that one certain mistake is not infinitely bad
_BLOCK = 4_000_000  # cells of a block of draws: 32 MB
_WORK = 40_000_000  # cells of all draws, between 100 and 1,000 draws


@dataclass(frozen=True)
class Ranked:
    """Answers by falling score, equal scores side by side.

    order   (n) places of rows
    starts  where each run of equal scores begins
    """

    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    y: Doubles

    @classmethod
    def of(cls, y: Doubles, score: Doubles) -> Ranked:
        order = np.argsort(-score, kind="stable")
        steps = np.flatnonzero(np.diff(score[order]) != 0) + 1
        return cls(order, np.concatenate([np.zeros(1, np.intp), steps]), y[order])

    def runs(self, weight: Doubles) -> tuple[Doubles, Doubles]:
        """Weight of yes and of all in each run, (draws, runs), from (draws, n)."""
        taken = weight[:, self.order]
        every = np.add.reduceat(taken, self.starts, axis=1)
        return np.add.reduceat(taken * self.y, self.starts, axis=1), every


def auc(y: Doubles, score: Doubles, weight: Doubles | None = None) -> float:
    """The chance that a yes has a higher score than a no; a tie is half. NaN with one class."""
    return float(auc_of(Ranked.of(y, score), _one(len(y), weight))[0])


def auc_of(ranked: Ranked, weight: Doubles) -> Doubles:
    """AUC of each draw, (draws,), from weights (draws, n)."""
    yes, every = ranked.runs(weight)
    return _auc(yes, every - yes)


def figures(y: Doubles, chance: Doubles, weight: Doubles | None = None) -> dict[str, float]:
    """Each of NAMES for these rows; NaN for what needs both answers and has one."""
    found = _figures(Ranked.of(y, chance), _losses(y, chance), _one(len(y), weight))
    return {name: float(found[name][0]) for name in NAMES}


def with_intervals(
    y: Doubles,
    chance: Doubles,
    group: Codes | None = None,
    weight: Doubles | None = None,
    seed: int = 0,
    count: int | None = None,
) -> dict[str, Any]:
    """Each of NAMES as {"value", "low", "high"} (95 %), and rows, yes, rate and groups.

    count  of draws; None: as many as the rows leave time for, 100 to 1,000
    """
    value = figures(y, chance, weight)
    ranked, losses = Ranked.of(y, chance), _losses(y, chance)
    blocks = [
        _figures(ranked, losses, block if weight is None else block * weight)
        for block in draws(len(y), group, seed, count)
    ]
    found: dict[str, Any] = {
        "rows": len(y),
        "yes": int(y.sum()),
        "rate": float(y.mean()) if len(y) else None,
        "groups": None if group is None else int(np.unique(group).size),
    }
    for name in NAMES:
        drawn = np.concatenate([block[name] for block in blocks])
        found[name] = _interval(value[name], drawn)
    return found


def draws(
    rows: int, group: Codes | None = None, seed: int = 0, count: int | None = None
) -> Iterator[Doubles]:
    """Blocks (draws, rows) of how often each row was taken; the same for the same arguments."""
    rng = np.random.default_rng(seed)
    of = None if group is None else np.unique(group, return_inverse=True)[1]
    names = rows if of is None else int(of.max()) + 1
    left = count or int(np.clip(_WORK // max(rows, 1), 100, 1000))
    most = max(1, _BLOCK // max(rows, 1))
    while left > 0:
        taken = _taken(rng, min(most, left), names)
        left -= len(taken)
        yield taken if of is None else taken[:, of]


def _taken(rng: np.random.Generator, count: int, names: int) -> Doubles:
    """How often each name came in `count` draws of as many names as there are."""
    places = rng.integers(0, names, (count, names)) + np.arange(count)[:, None] * names
    found = np.bincount(places.ravel(), minlength=count * names).reshape(count, names)
    return np.asarray(found, np.float64)


def gain(y: Doubles, score: Doubles, shares: Doubles) -> Doubles:
    """The share of all yes among the highest `shares` of rows; ties count in part."""
    yes, every = Ranked.of(y, score).runs(np.ones((1, len(y))))
    return np.asarray(_gain(yes, every, shares)[0])


def _one(rows: int, weight: Doubles | None) -> Doubles:
    return np.ones((1, rows)) if weight is None else weight[None, :]


def _losses(y: Doubles, chance: Doubles) -> tuple[Doubles, Doubles]:
    """Log loss and squared error of each row."""
    sure = np.clip(chance, LEAST_CHANCE, 1 - LEAST_CHANCE)
    return -np.where(y > 0, np.log(sure), np.log1p(-sure)), (chance - y) ** 2


def _figures(
    ranked: Ranked, losses: tuple[Doubles, Doubles], weight: Doubles
) -> dict[str, Doubles]:
    yes, every = ranked.runs(weight)
    total = weight.sum(axis=1)
    return {
        "auc": _auc(yes, every - yes),
        "pr_auc": _precision(yes, every),
        "log_loss": weight @ losses[0] / total,
        "brier": weight @ losses[1] / total,
        "lift_10": _gain(yes, every, np.array([0.1]))[:, 0] / 0.1,
    }


def _auc(yes: Doubles, no: Doubles) -> Doubles:
    passed = np.cumsum(yes, axis=1) - yes / 2  # yes before each run, and half of the run's own
    pairs = yes.sum(axis=1) * no.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Doubles = np.where(pairs > 0, (no * passed).sum(axis=1) / pairs, np.nan)
    return found


def _precision(yes: Doubles, every: Doubles) -> Doubles:
    """Average precision: the mean, over every yes, of the share of yes down to its run."""
    total = yes.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.cumsum(yes, axis=1) / np.cumsum(every, axis=1)
        found = np.where(yes > 0, yes * share, 0.0).sum(axis=1) / total
    return np.where(total > 0, found, np.nan)


def _gain(yes: Doubles, every: Doubles, shares: Doubles) -> Doubles:
    total, found = every.sum(axis=1), np.full((len(yes), len(shares)), np.nan)
    down, won = np.cumsum(every, axis=1), np.cumsum(yes, axis=1)
    for draw in np.flatnonzero((won[:, -1] > 0) & (total > 0)):
        at = np.concatenate([[0.0], down[draw] / total[draw]])
        found[draw] = np.interp(shares, at, np.concatenate([[0.0], won[draw] / won[draw, -1]]))
    return found


def _interval(value: float, drawn: Doubles) -> dict[str, float | None]:
    known = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(known):
        return {"value": None, "low": None, "high": None}
    low, high = np.quantile(known, [0.025, 0.975])
    return {"value": value, "low": float(low), "high": float(high)}

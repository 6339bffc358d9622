"""How well scores sort people by what a treatment changes: uplift and Qini curves.

Sort by falling score; rows of equal score stand or fall together, and the curve is straight
between them. Within the first share f of all rows let T, C be the weights of the treated and the
others, and Y_T, Y_C the weighted outcomes; T* is the weight of all treated. The weight of a row is
the inverse of the chance of its arm; where that is the same for all, weights are counts.

    Qini curve    q(f) = (Y_T - Y_C T / C) / T*      (Radcliffe 2007; 0 of C where C is 0)
    uplift curve  u(f) = (Y_T / T - Y_C / C) f
    coefficient   Q = integral of q over 0..1 - q(1) / 2

Both curves end at the effect on everybody; Q is the area between the curve and the straight line
that a random order gives. `share_of_best` is Q over the Q of an order that knew each outcome: the
treated who did it and the others who did not stand first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.insight.metrics import draws
from bot.insight.uplift.trial import Trial

Doubles = NDArray[np.float64]
DRAWS = 200
_BLOCK = 32  # draws at once


@dataclass(frozen=True)
class Curve:
    """Points from (0, 0) to (1, effect): the share of people, and what is won per person of all."""

    share: Doubles
    qini: Doubles
    uplift: Doubles

    @property
    def coefficient(self) -> float:
        return float(_coefficient(self.share, self.qini))


def curve(score: Doubles, trial: Trial) -> Curve:
    """The curves of the order that the scores give. Raises ValueError without rows of an arm."""
    if trial.treated.all() or not trial.treated.any():
        raise ValueError("a curve needs rows of both arms")
    return _Ranked.of(score, trial).curve()


def qini(score: Doubles, trial: Trial) -> float:
    """The coefficient."""
    return curve(score, trial).coefficient


def drawn(score: Doubles, trial: Trial, counts: Doubles) -> Doubles:
    """The coefficient of each draw, (draws), from how often it took each row, (draws, n)."""
    return _Ranked.of(score, trial).coefficients(counts)


def best_qini(trial: Trial) -> float:
    """The coefficient of the order that knew each outcome."""
    return qini(2.0 * (trial.y == trial.treated) + trial.treated, trial)


@dataclass(frozen=True)
class _Ranked:
    """Rows by falling score with the starts of runs of equal scores."""

    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    columns: Doubles  # (4, n) in that order: T, C, Y_T, Y_C of each row

    @classmethod
    def of(cls, score: Doubles, trial: Trial) -> _Ranked:
        order = np.argsort(-score, kind="stable")
        steps = np.flatnonzero(np.diff(score[order]) != 0) + 1
        weight, one = trial.weight, trial.treated
        held = np.stack([weight * one, weight * ~one])
        columns = np.concatenate([held, held * trial.y])[:, order]
        return cls(order, np.concatenate([np.zeros(1, np.intp), steps]), columns)

    def curve(self) -> Curve:
        share, t, c, y_t, y_c = (one[0] for one in self._sums(np.ones((1, len(self.order)))))
        q = (y_t - y_c * _over(t, c)) / t[-1]
        uplift = (_over(y_t, t) - _over(y_c, c)) * share
        return Curve(*(np.concatenate([[0.0], one]) for one in (share, q, uplift)))

    def coefficients(self, counts: Doubles) -> Doubles:
        """Of each draw, (draws,), from how often each row is taken (draws, n)."""
        share, t, c, y_t, y_c = self._sums(counts)
        q = (y_t - y_c * _over(t, c)) / t[:, -1:]
        first = np.zeros((len(q), 1))
        return np.asarray(_coefficient(np.hstack([first, share]), np.hstack([first, q])))

    def _sums(self, counts: Doubles) -> tuple[Doubles, ...]:
        """Down to each run of equal scores: the share of rows, and T, C, Y_T, Y_C."""
        taken = counts[:, self.order]
        rows = np.cumsum(np.add.reduceat(taken, self.starts, axis=1), axis=1)
        sums = (
            np.cumsum(np.add.reduceat(taken * one, self.starts, axis=1), axis=1)
            for one in self.columns
        )
        return (rows / rows[:, -1:], *sums)


def _over(above: Doubles, below: Doubles) -> Doubles:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def _coefficient(share: Doubles, q: Doubles) -> Any:
    return np.trapezoid(q, share, axis=-1) - q[..., -1] / 2


def compared(
    scores: Mapping[str, Doubles],
    trial: Trial,
    against: str,
    group: NDArray[np.int64] | None = None,
    seed: int = 0,
    count: int = DRAWS,
) -> dict[str, dict[str, Any]]:
    """Each score's coefficient and its difference to one of them, with 95 % intervals.

    All are drawn from the same bootstrap rows (or groups), so that differences are of pairs.
    """
    ranked = {name: _Ranked.of(score, trial) for name, score in scores.items()}
    found: dict[str, list[Doubles]] = {name: [] for name in scores}
    for block in draws(len(trial.y), group, seed, count):
        for start in range(0, len(block), _BLOCK):
            for name, one in ranked.items():
                found[name].append(one.coefficients(block[start : start + _BLOCK]))
    at = {name: np.concatenate(blocks) for name, blocks in found.items()}
    best = best_qini(trial)
    exact = {name: qini(score, trial) for name, score in scores.items()}
    return {
        name: {
            "qini": _interval(exact[name], at[name]),
            "share_of_best": exact[name] / best if best else 0.0,
            f"over {against}": _interval(exact[name] - exact[against], at[name] - at[against]),
        }
        for name in scores
    }


def _interval(value: float, drawn: Doubles) -> dict[str, float]:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"value": value, "low": float(low), "high": float(high)}


def deciles(said: Doubles, trial: Trial, parts: int = 10) -> list[dict[str, Any]]:
    """What the treatment changed in each tenth, the highest effects said first; ties by place.

    uplift  treated less others, weighted; None where an arm is not in the tenth
    error   its standard error
    """
    order = np.argsort(-said, kind="stable")
    tenths = [at for at in np.array_split(order, parts) if len(at)]
    return [
        {
            "part": number,
            "rows": len(at),
            "said": float(said[at].mean()),
            **_effect(trial.take(at)),
        }
        for number, at in enumerate(tenths, 1)
    ]


def _effect(trial: Trial) -> dict[str, Any]:
    if trial.treated.all() or not trial.treated.any():
        return {"treated": None, "control": None, "uplift": None, "error": None}
    means, error = [], 0.0
    for arm in (trial.treated, ~trial.treated):
        weight, y = trial.weight[arm], trial.y[arm]
        mean = float(np.average(y, weights=weight))
        error += float((weight**2 * (y - mean) ** 2).sum() / weight.sum() ** 2)
        means.append(mean)
    return {
        "treated": means[0], "control": means[1],
        "uplift": means[0] - means[1], "error": error**0.5,
    }  # fmt: skip

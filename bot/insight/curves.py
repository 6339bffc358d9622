"""The tables behind the pictures: gain and lift, calibration, learning."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bot.insight.candidate import Doubles, Part, Sample, score
from bot.insight.metrics import auc, gain
from bot.insight.split import Fold

_SHARES = (0.01, 0.02, 0.05, *(tenth / 10 for tenth in range(1, 11)))
_BINS = 10
_PARTS = (0.1, 0.25, 0.5, 1.0)
_Z = 1.96  # of a 95 % interval


def gains(y: Doubles, chance: Doubles) -> list[dict[str, float]]:
    """For the highest `share` of rows: `gain`, their share of all yes, and `lift`, gain / share."""
    won = gain(y, chance, np.array(_SHARES))
    return [
        {"share": share, "gain": float(g), "lift": float(g / share)}
        for share, g in zip(_SHARES, won, strict=True)
        if not np.isnan(g)
    ]


def calibration(y: Doubles, chance: Doubles) -> list[dict[str, float]]:
    """Tenths of the rows by chance: mean chance `said`, share of yes `found` in low..high, rows."""
    order = np.argsort(chance, kind="stable")
    found = []
    for at in np.array_split(order, min(_BINS, max(1, len(order)))):
        if len(at):
            low, high = wilson(float(y[at].sum()), len(at))
            line = {"said": float(chance[at].mean()), "found": float(y[at].mean())}
            found.append({**line, "low": low, "high": high, "rows": len(at)})
    return found


def calibration_error(lines: Sequence[dict[str, float]]) -> float:
    """The mean distance of said and found over the tenths, each by its rows."""
    rows = sum(line["rows"] for line in lines)
    return sum(abs(line["said"] - line["found"]) * line["rows"] for line in lines) / max(rows, 1)


def wilson(yes: float, rows: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    share, square = yes / rows, _Z**2 / rows
    middle = (share + square / 2) / (1 + square)
    wide = _Z * np.sqrt(share * (1 - share) / rows + square / (4 * rows)) / (1 + square)
    return float(max(0.0, middle - wide)), float(min(1.0, middle + wide))


def learning(
    teach: Callable[[Sample], Part], sample: Sample, fold: Fold, seed: int
) -> list[dict[str, float]]:
    """AUC on the judging rows, and on the taught ones, by how many teach: whether more would help.

    Parts are nested and take whole groups.
    """
    judge, answers = sample.table.take(fold.judge), sample.y[fold.judge]
    turn = _turns(sample, fold, seed)
    found = []
    for share in _PARTS:
        at = fold.teach[turn < share]
        few = sample.take(at)
        if min(few.y.sum(), (1 - few.y).sum()) < 5:
            continue
        part = teach(few)
        known, new = auc(few.y, score(part, few.table)), auc(answers, score(part, judge))
        found.append({"rows": len(at), "taught": known, "judged": new})
    return found


def _turns(sample: Sample, fold: Fold, seed: int) -> Doubles:
    """A number in 0..1 for each teaching row, the same within a group."""
    rng = np.random.default_rng(seed)
    if sample.group is None:
        return (rng.permutation(len(fold.teach)) + 0.5) / len(fold.teach)
    of = np.unique(sample.group[fold.teach], return_inverse=True)[1]
    names = int(of.max()) + 1
    return np.asarray(((rng.permutation(names) + 0.5) / names)[of])

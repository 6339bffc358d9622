"""Who was treated: by the toss of a coin, or not; and what in a table gives it away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.candidate import Part, Sample
from bot.insight.leakage import check_columns
from bot.insight.metrics import Ranked, auc_of, draws
from bot.insight.schema import Schema
from bot.insight.split import folds
from bot.insight.table import Table
from bot.insight.uplift.base import LINEAR, said

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

EVEN = 0.55  # AUC of telling the treated by their features, up to which the draw counts as even
LEAST_CHANCE = 0.02  # and 1 less that: weights stay below 50
_DRAWS = 100
_RARE = 20  # rows with another value than the usual one, from which on a column can give away
_LUCK = 1e-9
_FOLDS = 3


@dataclass(frozen=True)
class Drawn:
    """way     share, estimated, or the column of chances
    chance  (n) of being treated
    part    the model that estimates it, None where none is needed
    """

    way: str
    chance: Doubles
    part: Part | None = None
    notes: Sequence[str] = field(default=())


def chance(given: Any, table: Table, treated: Flags, x: Doubles, seed: int) -> Drawn:
    """The chance of treatment of each row.

    given  None: everybody's is the share that was treated, unless the features tell who was;
           share, estimated: as said; anything else: the column that holds it
    x      (n, k) features, scaled
    """
    even = np.full(len(treated), treated.mean())
    if given == "share":
        return Drawn("share", even)
    if given not in (None, "estimated"):
        return Drawn(str(given), column_of_chances(table, str(given)))
    found, low = _told(treated, x, seed)
    if given is None and low <= EVEN:
        return Drawn("share", even)
    part = LINEAR.chance(x, treated.astype(np.float64), None, seed)
    note = (
        f"features tell who was treated (AUC {found:.3f}): not a coin's toss; each row counts by "
        "the inverse of its estimated chance, and what no column says stays a doubt"
    )
    return Drawn("estimated", said_chance(part, x), part, (note,))


def said_chance(part: Part, x: Doubles) -> Doubles:
    """An estimated chance of treatment, kept off 0 and 1."""
    return np.asarray(np.clip(said(part, x), LEAST_CHANCE, 1 - LEAST_CHANCE))


def column_of_chances(table: Table, name: str) -> Doubles:
    """Raises InvalidInput, with the line, for what is no chance within 0..1."""
    found = table.numbers(name)
    wrong = ~((found > 0) & (found < 1))
    if wrong.any():
        line = int(np.argmax(wrong)) + 2
        raise InvalidInput(
            f"line {line}, column {name}: a chance of treatment lies between 0 and 1, both "
            "excluded: who had no choice teaches nothing"
        )
    return found


def _told(treated: Flags, x: Doubles, seed: int) -> tuple[float, float]:
    """AUC of telling the treated from the others on unseen rows, and its lower end (95 %)."""
    y = treated.astype(np.float64)
    scores = np.empty(len(y))
    for fold in folds(y, None, None, _FOLDS, seed):
        part = LINEAR.chance(x[fold.teach], y[fold.teach], None, seed)
        scores[fold.judge] = said(part, x[fold.judge])
    ranked = Ranked.of(y, scores)
    drawn = np.concatenate([auc_of(ranked, block) for block in draws(len(y), None, seed, _DRAWS)])
    whole = float(auc_of(ranked, np.ones((1, len(y))))[0])
    return whole, float(np.quantile(drawn, 0.025))


# --- columns that give away what is to be learnt --------------------------------------------------


def without_tellers(
    sample: Sample, treated: Flags, keep: Collection[str] = ()
) -> tuple[Sample, list[dict[str, Any]]]:
    """The rows without columns that are known only after the outcome, or that tell the arm.

    keep  columns that stay whatever they tell
    Raises InvalidInput where nothing is left.
    """
    arm = replace(sample, y=treated.astype(np.float64))
    away = [
        {"check": "tells the outcome", "column": name, "said": "left out: " + why}
        for name, why in _tellers(sample).items()
    ]
    away += [
        {"check": "tells the treatment", "column": name, "said": "left out: " + why}
        for name, why in _tellers(arm).items()
    ]
    away = [one for one in away if one["column"] not in keep]
    names = {one["column"] for one in away}
    left = {name: one for name, one in sample.schema.columns.items() if name not in names}
    if not left:
        raise InvalidInput(
            "no column is left to learn from: "
            + "; ".join(f"{one['column']}: {one['said']}" for one in away)
        )
    table = Table({name: sample.table.columns[name] for name in left}, sample.table.rows)
    schema = Schema(left, {**sample.schema.left_out, **dict.fromkeys(names, "tells too much")})
    return replace(sample, table=table, schema=schema), away


def _tellers(sample: Sample) -> dict[str, str]:
    """Column -> why it gives the answer of the sample away."""
    found = {one["column"]: one["said"] for one in check_columns(sample)}
    for name in sample.schema.columns:
        if name not in found and (why := _one_sided(sample, name)):
            found[name] = why
    return found


def _one_sided(sample: Sample, name: str) -> str | None:
    """Whether all rows with the usual value, or all without it, have one answer, which luck would
    not do."""
    codes = np.unique(np.asarray(sample.table.columns[name]), return_inverse=True)[1]
    usual = codes == np.bincount(codes).argmax()
    for rows, which in ((~usual, "with another value than the usual one"), (usual, "as usual")):
        count, yes = int(rows.sum()), int(sample.y[rows].sum())
        share = sample.y.mean() if yes else 1 - sample.y.mean()
        if _RARE <= count < len(codes) and yes in (0, count) and share**count <= _LUCK:
            return f"all {count} rows {which} have one answer; if it is known before, --keep {name}"
    return None

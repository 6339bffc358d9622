"""Signs that a model looks better than it will be: what it reads may give the answer away.

Each warning is {"check", "column", "said"}. Only a feature that is the target itself is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.candidate import Doubles, Sample
from bot.insight.metrics import auc
from bot.insight.schema import Schema, texts
from bot.insight.split import Fold, times
from bot.insight.table import Table

Warnings = list[dict[str, Any]]

ALONE = 0.95  # AUC of one column alone from which on it is said
MISSING = 0.9  # AUC of "is missing" alone


def refuse_target(table: Table, y: Doubles, target: str) -> None:
    """Raises InvalidInput for a feature that is the target's column or repeats it cell by cell."""
    for name, cells in table.columns.items():
        if name == target or _repeats(cells, y):
            raise InvalidInput(
                f"column {name} is the target {target} itself: a model would only copy it; "
                f"leave it out (--leave-out {name})"
            )


def check_columns(sample: Sample) -> Warnings:
    """Columns that alone foretell nearly everything, or are known only where the answer is."""
    found: Warnings = []
    for name in sample.schema.columns:
        alone = _alone(sample, name)
        alone = max(alone, 1 - alone)
        if alone >= ALONE:
            said = f"alone has an AUC of {alone:.3f}: is it known before the answer is?"
            found.append(_warning("alone", name, said))
        elif late := _after_the_fact(sample, name):
            found.append(_warning("after the fact", name, late))
    return found


def check_rows(sample: Sample, fold: Fold) -> Warnings:
    """Equal rows, or rows of one group, among those that teach and those that judge."""
    found: Warnings = []
    keys = _keys(sample)
    known = np.unique(keys[fold.teach])
    twins = int(np.isin(keys[fold.judge], known).sum())
    if twins > 0.01 * len(fold.judge):
        said = (
            f"{twins} of {len(fold.judge)} judging rows have an equal row among the teaching ones: "
            "if rows belong to persons, say whose they are (--group)"
        )
        found.append(_warning("equal rows", None, said))
    if sample.group is not None:
        judging = np.unique(sample.group[fold.judge])
        both = int(np.isin(judging, sample.group[fold.teach]).sum())
        if both:
            said = (
                f"{both} of {len(judging)} judging groups also teach, with earlier rows: the "
                "figures are for known and new ones together"
            )
            found.append(_warning("groups on both sides", None, said))
    return found


def check_dates(
    table: Table, left_out: Mapping[str, str], time: str | None, features: Sequence[str]
) -> Warnings:
    """Date columns that nobody named as the time, and such that lie after it."""
    found: Warnings = []
    dated = [n for n, why in left_out.items() if why.startswith("dates") and n in features]
    for name in dated:
        if time is None:
            found.append(_warning("no time", name, "holds dates, and no time is given: with "
                                  f"--time {name} later rows would judge"))  # fmt: skip
        elif name != time and (later := _later(table, name, time)):
            found.append(_warning("later than the row", name, f"lies after {time} in {later} rows: "
                                  "what is computed from it knows the future"))  # fmt: skip
    return found


def check_order(time: Doubles, taught_until: float) -> Warnings:
    """Rows to judge by that are not later than what taught the model."""
    early = int((time <= taught_until).sum())
    if not early:
        return []
    said = (
        f"{early} of {len(time)} rows are not later than those that taught the model: "
        "figures on the past flatter"
    )
    return [_warning("time goes backwards", None, said)]


def ids_left_out(schema: Schema) -> Warnings:
    """Columns that the schema left out, each with its reason."""
    return [_warning("left out", name, why) for name, why in schema.left_out.items()]


def _warning(check: str, column: str | None, said: str) -> dict[str, Any]:
    return {"check": check, "column": column, "said": said}


def _repeats(cells: Any, y: Doubles) -> bool:
    if isinstance(cells, np.ndarray):
        values = np.unique(cells)
        return len(values) == 2 and bool(((cells == values[1]) == (y > 0)).all()
                                         or ((cells == values[0]) == (y > 0)).all())  # fmt: skip
    return len(set(cells)) == 2 and len(set(zip(cells, y.tolist(), strict=True))) == 2


def _alone(sample: Sample, name: str) -> float:
    """AUC of one column; words by the share of yes in the other half of the rows."""
    cells = sample.table.columns[name]
    if isinstance(cells, np.ndarray):
        known = ~np.isnan(cells)
        if len(np.unique(sample.y[known])) < 2:
            return 0.5
        return auc(sample.y[known], cells[known])
    codes = np.unique(np.array(cells), return_inverse=True)[1]
    return _by_halves(codes, sample.y)


def _by_halves(codes: NDArray[np.intp], y: Doubles) -> float:
    half = np.arange(len(y)) % 2 == 0
    said = np.empty(len(y))
    for teach in (half, ~half):
        rows = np.bincount(codes[teach], minlength=int(codes.max()) + 1)
        yes = np.bincount(codes[teach], y[teach], minlength=len(rows))
        said[~teach] = ((yes + y.mean()) / (rows + 1))[codes[~teach]]
    found = auc(y, said)
    return 0.5 if np.isnan(found) else found


def _after_the_fact(sample: Sample, name: str) -> str | None:
    """A value that only rows of one answer have."""
    cells = sample.table.columns[name]
    if not isinstance(cells, np.ndarray):
        missing = np.array([cell == "" for cell in cells])
        if 0 < missing.sum() < len(missing):
            return _missing(sample.y, missing)
        return None
    missing = np.isnan(cells)
    if 0 < missing.sum() < len(missing) and (said := _missing(sample.y, missing)):
        return said
    counts = Counter(cells[sample.y == 0].tolist())
    if len(counts) == 1 and len(np.unique(cells[sample.y == 1])) > 1:
        return "is the same in every row that answered no: it may be written when the answer comes"
    return None


def _missing(y: Doubles, missing: NDArray[np.bool_]) -> str | None:
    alone = auc(y, missing.astype(np.float64))
    if max(alone, 1 - alone) < MISSING:
        return None
    return "is missing almost exactly by the answer: it may be filled in when the answer comes"


def _keys(sample: Sample) -> NDArray[np.int64]:
    """A number for each row that rows of equal features share."""
    key = np.zeros(len(sample.y), np.int64)
    for name in sample.schema.columns:
        cells = sample.table.columns[name]
        values = cells if isinstance(cells, np.ndarray) else np.array(texts(sample.table, name))
        codes = np.unique(values, return_inverse=True)[1]
        key = np.unique(key * (int(codes.max()) + 1) + codes, return_inverse=True)[1]
    return key


def _later(table: Table, name: str, time: str) -> int:
    given = np.array([bool(cell) for cell in texts(table, name)])
    some = table.take(np.flatnonzero(given))
    return int((times(some, name) > times(some, time)).sum())

"""Who teaches and who judges: later rows judge where a time is known, a group is never parted.

One rule for the held-out part and for the folds. By time: rows are cut at times, and each fold is
judged by what was known before it. By group: whole groups. Otherwise: each class is spread evenly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.table import Table

Places = NDArray[np.intp]
Doubles = NDArray[np.float64]
_FAR = 1.75
FIRST_PART = 0.4  # of the rows teach before the first fold by time is judged


@dataclass(frozen=True)
class Fold:
    """Places of rows, ascending; none in both."""

    teach: Places
    judge: Places


def manner(group: NDArray[np.int64] | None, time: Doubles | None) -> str:
    """How the rows are parted: time, group or stratified."""
    if time is not None and np.unique(time).size > 1:
        return "time"
    return "stratified" if group is None else "group"


def hold_out(
    y: Doubles,
    group: NDArray[np.int64] | None,
    time: Doubles | None,
    share: float,
    seed: int,
) -> Fold:
    """A part that only judges: about `share` of the rows, the last ones where a time is known.

    Where one time alone, the last, holds far more than that share, a part of its rows judges and
    the others teach: no teaching row is later than a judging one.
    """
    how = manner(group, time)
    if how == "time":
        assert time is not None
        judge = np.flatnonzero(time >= _cut(np.sort(time), 1 - share))
        if len(judge) > _FAR * share * len(time) and np.unique(time[judge]).size == 1:
            parts = round(len(judge) / (share * len(time)))
            inside = None if group is None else group[judge]
            judge = judge[_numbered(y[judge], inside, parts, seed) == 0]
        return Fold(np.setdiff1d(np.arange(len(time)), judge), judge)
    number = _numbered(y, group if how == "group" else None, max(2, round(1 / share)), seed)
    return Fold(np.flatnonzero(number != 0), np.flatnonzero(number == 0))


def folds(
    y: Doubles,
    group: NDArray[np.int64] | None,
    time: Doubles | None,
    count: int,
    seed: int,
) -> tuple[Fold, ...]:
    """Up to `count` folds whose both sides have both classes.

    Raises InvalidInput where there is none: too few rows of a class.
    """
    how = manner(group, time)
    if how == "time":
        assert time is not None
        found = _by_time(time, count)
    else:
        number = _numbered(y, group if how == "group" else None, count, seed)
        found = [
            Fold(np.flatnonzero(number != k), np.flatnonzero(number == k)) for k in range(count)
        ]
    usable = tuple(one for one in found if _both(y[one.teach]) and _both(y[one.judge]))
    if not usable:
        raise InvalidInput(
            "too few rows of one answer to teach on some and judge on others: bring more rows"
        )
    return usable


def _both(y: Doubles) -> bool:
    return bool(len(y)) and bool(y.min() != y.max())


def _cut(ordered: Doubles, share: float) -> float:
    """The time, of those that rows have, that parts them nearest to this share; not the first."""
    starts = np.flatnonzero(np.diff(ordered) > 0) + 1
    return float(ordered[starts[np.argmin(np.abs(starts - share * len(ordered)))]])


def _by_time(time: Doubles, count: int) -> list[Fold]:
    ordered = np.sort(time)
    shares = np.linspace(FIRST_PART, 1.0, count + 1)[:-1]
    cuts = [*sorted({_cut(ordered, share) for share in shares}), np.inf]
    return [
        Fold(np.flatnonzero(time < start), np.flatnonzero((time >= start) & (time < end)))
        for start, end in pairwise(cuts)
    ]


def _numbered(
    y: Doubles, group: NDArray[np.int64] | None, count: int, seed: int
) -> NDArray[np.int64]:
    """A fold for each row: shuffled, then dealt out in turn, rows of a class or whole groups."""
    rng = np.random.default_rng(seed)
    if group is None:
        order = rng.permutation(len(y))
        order = order[np.argsort(y[order], kind="stable")]
        number = np.empty(len(y), np.int64)
        number[order] = np.arange(len(y)) % count
        return number
    return _grouped(group, count, rng)


def _grouped(group: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """The largest groups first, each to the fold that has the fewest rows."""
    names, of, sizes = np.unique(group, return_inverse=True, return_counts=True)
    order = rng.permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    filled = np.zeros(count, np.int64)
    given = np.empty(len(names), np.int64)
    for one in order:
        given[one] = int(np.argmin(filled))
        filled[given[one]] += sizes[one]
    return np.asarray(given[of])


def coded(cells: Sequence[str]) -> NDArray[np.int64]:
    """Names as whole numbers from 0 as they first stand; each "" is a group of its own."""
    seen: dict[str, int] = {}
    found = [seen.setdefault(cell or f"\0{line}", len(seen)) for line, cell in enumerate(cells)]
    return np.array(found, np.int64)


def times(table: Table, name: str) -> Doubles:
    """A column of numbers or of ISO dates as numbers that grow.

    Raises InvalidInput with the line of the first cell that is neither.
    """
    cells = table.columns.get(name)
    if isinstance(cells, np.ndarray):
        found = table.numbers(name)
    else:
        known = {cell: _instant(cell) for cell in dict.fromkeys(table.texts(name))}
        found = np.array([known[cell] for cell in table.texts(name)])
    if np.isnan(found).any():
        line = int(np.argmax(np.isnan(found)))
        said = table.texts(name)[line][:40]
        raise InvalidInput(
            f"line {line + 2}, column {name}: {said!r} is neither a number nor a date (2026-12-01)"
        )
    return found


def _instant(cell: str) -> float:
    """Seconds of an ISO date, without an offset as of UTC; a number as it is; NaN for neither."""
    try:
        return float(cell)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(cell)
    except ValueError:
        return float("nan")
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()

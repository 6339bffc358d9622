"""The first pass: what can only be known when every row was seen.

Kept are eight bytes a row for the duplicates' key, and for each column that wants a statistic or
an interpolation; the figures are exact. A text column's mode counts at most MOST_WORDS words.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import nan
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.imports.cells import Cell, Clean
from bot.imports.mapping import Mapping
from bot.imports.reading import Value
from bot.imports.sources import Line

MOST_WORDS = 100_000
KEEP, TWIN, PART, MERGED = 0, 1, 2, 3
_STATISTICS = ("mean", "median", "mode", "interpolate")
_WHOLE = 2**64 - 1
_SPAN = 1000  # rows that are read together
_FAULT = itemgetter(2)


@dataclass
class Survey:
    """What the second pass needs.

    roles   by row: KEEP, TWIN (dropped), PART (waits for its last twin), MERGED (the last one)
    edges   column number -> the lowest and highest value that is no outlier
    fills   column number -> what a missing cell gets; a function of the row's number
    """

    rows: int = 0
    roles: NDArray[np.uint8] | None = None
    edges: dict[int, tuple[float, float]] = field(default_factory=dict)
    fills: dict[int, Callable[[int], Value]] = field(default_factory=dict)


class _Figures:
    """All numbers of a column, and how often each word stands there."""

    def __init__(self, cell: Cell) -> None:
        policy = cell.column.policy
        self.header, self.policy = cell.column.header, policy
        self.numbers = (
            array("d")
            if policy.outliers_by or policy.missing in ("mean", "median", "interpolate")
            else None
        )
        self.words: Counter[Any] | None = Counter() if policy.missing == "mode" else None

    def add(self, found: Sequence[Clean]) -> None:
        if self.numbers is not None:
            self.numbers.extend([nan if one.value is None else one.value for one in found])
        if self.words is not None:
            values = [one.value for one in found if one.value is not None]
            self.words.update(tuple(one) if isinstance(one, list) else one for one in values)
            if len(self.words) > MOST_WORDS:
                why = f"has more than {MOST_WORDS:,} different values: no mode"
                raise InvalidInput(f"columns[{self.header}].missing: {why}", self.header)


def survey(
    mapping: Mapping,
    cells: Sequence[Cell],
    places: Sequence[int],
    rows: Iterable[Line],
    progress: Callable[[int], object],
) -> Survey:
    """Read all rows once. `places`: where in a row each cell stands."""
    figures = {
        number: _Figures(cell)
        for number, cell in enumerate(cells)
        if cell.column.policy.outliers_by or cell.column.policy.missing in _STATISTICS
    }
    by = [number for number, cell in enumerate(cells) if cell.column.to in mapping.by]
    wanted = range(len(cells)) if by else sorted(figures)
    keys, done, stream = array("Q"), 0, iter(rows)
    while lines := list(islice(stream, _SPAN)):
        columns = columns_of(lines, places)
        found = {number: cells[number].read_all(columns[number]) for number in wanted}
        for number, figure in figures.items():
            figure.add(found[number])
        if by:
            keys.extend(_keys(cells, list(found.values()), by))
        done += len(lines)
        progress(len(lines))
    made = Survey(done, _roles(keys, mapping.keep) if by else None)
    for number, figure in figures.items():
        _conclude(made, number, figure)
    for number, cell in enumerate(cells):
        if cell.column.policy.missing == "constant":
            made.fills[number] = _always(constant(cell))
    return made


def columns_of(lines: Sequence[Line], places: Sequence[int]) -> list[list[str]]:
    """The cells at these places, column by column; rows that cannot be read are empty."""
    needed = max(places, default=-1) + 1
    rows = [
        line.cells if len(line.cells) >= needed and not line.fault else _padded(line, needed)
        for line in lines
    ]
    return [list(map(itemgetter(place), rows)) for place in places]


def _padded(line: Line, needed: int) -> list[str]:
    cells = [] if line.fault else line.cells
    return [*cells, *[""] * (needed - len(cells))]


def _keys(cells: Sequence[Cell], found: Sequence[Sequence[Clean]], by: Sequence[int]) -> list[int]:
    """A key a row, 0 for those that will be rejected: they are nobody's twins."""
    if len(by) == 1:
        keys = [_hashed(str(one.value)) if one.value is not None else 0 for one in found[by[0]]]
    else:
        keys = [key_of(row, range(len(by))) for row in zip(*(found[n] for n in by), strict=True)]
    for cell, column in zip(cells, found, strict=True):
        if any(map(_FAULT, column)):
            keys = [0 if one.fault else key for one, key in zip(column, keys, strict=True)]
        if cell.column.policy.missing == "drop":
            keys = [0 if one.value is None else key for one, key in zip(column, keys, strict=True)]
    return keys


def key_of(found: Sequence[Clean], by: Sequence[int]) -> int:
    """64 bits of what tells rows apart; 0 where a part of it is missing: such rows have no twin."""
    values = [found[number].value for number in by]
    if None in values:
        return 0
    return _hashed("\0".join(map(str, values)))


def _hashed(text: str) -> int:
    return (hash(text) & _WHOLE) or 1


def _roles(keys: array[int], keep: str) -> NDArray[np.uint8]:
    held = np.frombuffer(keys, dtype=np.uint64) if len(keys) else np.zeros(0, np.uint64)
    roles = np.zeros(len(held), np.uint8)
    order = np.argsort(held, kind="stable")  # within a key, in the order of the file
    ordered = held[order]
    same = (ordered[1:] == ordered[:-1]) & (ordered[1:] != 0)
    after_first = np.concatenate(([False], same)) if len(held) else same
    before_last = np.concatenate((same, [False])) if len(held) else same
    if keep in ("first", "reject"):
        roles[order[after_first]] = TWIN
    elif keep == "last":
        roles[order[before_last]] = TWIN
    else:
        roles[order[before_last]] = PART
        roles[order[after_first & ~before_last]] = MERGED
    return roles


def _conclude(made: Survey, number: int, figure: _Figures) -> None:
    policy, numbers = figure.policy, figure.numbers
    every = np.frombuffer(numbers, dtype=np.float64) if numbers else np.zeros(0)
    known = every[~np.isnan(every)]
    if policy.outliers_by and len(known):
        made.edges[number] = _edges(known, policy.outliers_by, policy.outliers_k)
    if policy.missing == "interpolate" and len(known):
        made.fills[number] = _interpolation(every)
    elif policy.missing in ("mean", "median") and len(known):
        # Outliers that are not kept are not what the column is like, either.
        inner = _without(known, made.edges.get(number)) if policy.outliers != "keep" else known
        value = float(np.mean(inner) if policy.missing == "mean" else np.median(inner))
        made.fills[number] = _always(_plain(value))
    elif policy.missing == "mode" and figure.words:
        best = min(figure.words.items(), key=lambda pair: (-pair[1], str(pair[0])))[0]
        made.fills[number] = _always(list(best) if isinstance(best, tuple) else best)


def constant(cell: Cell) -> Value:
    """The declared constant, read as a cell would be. Raises InvalidInput."""
    given = cell.column.policy.constant
    text = ("true" if given else "false") if isinstance(given, bool) else str(given)
    found = cell.read(text)
    if found.fault or found.value is None:
        at = f"columns[{cell.column.header}].missing.constant"
        raise InvalidInput(f"{at}: {text[:40]} is no {cell.column.type}", at)
    return found.value


def _edges(known: NDArray[np.float64], by: str, k: float) -> tuple[float, float]:
    if by == "z":
        middle, spread = float(np.mean(known)), float(np.std(known))
        return middle - k * spread, middle + k * spread
    low, high = (float(edge) for edge in np.percentile(known, (25, 75)))
    return low - k * (high - low), high + k * (high - low)


def _without(known: NDArray[np.float64], edges: tuple[float, float] | None) -> NDArray[np.float64]:
    if edges is None:
        return known
    inner = known[(known >= edges[0]) & (known <= edges[1])]
    return inner if len(inner) else known


def _interpolation(every: NDArray[np.float64]) -> Callable[[int], Value]:
    """On the straight line between the neighbours that have a value; at the ends the nearest."""
    places = np.flatnonzero(~np.isnan(every))
    values = every[places]
    return lambda row: _plain(float(np.interp(row, places, values)))


def _always(value: Value) -> Callable[[int], Value]:
    return lambda row: value


def _plain(value: float) -> int | float:
    return int(value) if value.is_integer() else round(value, 6)

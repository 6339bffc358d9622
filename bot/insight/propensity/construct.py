"""Columns made of columns: what two answers together say beyond what each says alone.

Every column becomes a few codes (words and small sets of numbers as they are, other numbers by
their quantiles). A logistic regression on the codes alone gives each row a chance p0, and leaves
r = y - p0. What a cross of columns tells beyond them is, summed over its cells c,

    gain = sum of (S_c^2 - V_c) / (W_c + M),  S_c = sum of r,  W_c = sum of p0 (1 - p0),
    V_c = sum over groups of (the group's share of S_c)^2:

V_c is what S_c^2 would be by chance when the rows of a person hang together (without groups every
row is one), so a cross of nothing gains about zero however many cells it has. The crosses that gain
most become columns, each cell worth S_c / (W_c + M): a step of Newton towards its log odds. A row
that teaches gets the worth of its cell without its own part of the rows; no group is ever in two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import combinations, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.candidate import Candidate, Doubles, Part, Sample, Setting, inner, nested, score
from bot.insight.schema import Column, Schema, texts, typed
from bot.insight.split import folds
from bot.insight.table import Table

Codes = NDArray[np.int64]

MOST_LEVELS = 40  # a column with more words is crossed with nothing
BINS = 6  # of a column of numbers that has more than FEW_NUMBERS
FEW_NUMBERS = 12
MOST_CROSSES = 12
PRIOR = 3.0  # M: the rows' worth of doubt in each cell, in units of p0 (1 - p0)
PARTS = 5
VARIES = 0.5  # of the groups that have several rows: then a column belongs to the occasion
_MOST_PAIRS = 2000
_MOST_CELLS = 2**62


@dataclass(frozen=True)
class Crossed:
    """Crosses first, then another candidate on the table that has them as further columns."""

    within: Candidate
    name: str
    rank: int
    settings: Sequence[Setting]
    most: int = MOST_CROSSES

    def fit(self, sample: Sample, setting: Setting, seed: int) -> Part:
        crosses, table = learn(sample, seed, self.most)
        wider = replace(sample, table=table, schema=_wider(sample.schema, crosses))
        model = self.within.fit(wider, setting, seed)
        return nested({"form": "crossed"}, {"crosses": crosses, "model": model})


def scored(part: Part, table: Table) -> Doubles:
    """The chance of each row, (n)."""
    return score(inner(part, "model"), build(inner(part, "crosses"), table))


def learn(sample: Sample, seed: int, most: int = MOST_CROSSES) -> tuple[Part, Table]:
    """The crosses that gain most, and the table with them for the rows that teach.

    Raises InvalidInput where no cross tells anything.
    """
    specs = _specs(sample)
    codes = {name: _coded(spec, sample.table) for name, spec in specs.items()}
    expected = _alone(codes, specs, sample)
    beyond = _Beyond(
        sample.y - expected, expected * (1 - expected), _whose(sample), _weights(sample)
    )
    chosen = _chosen(codes, specs, beyond, sample.group, most)
    if not chosen:
        raise InvalidInput("no two columns together tell more than each alone")
    part_of = _parts(sample, seed)
    arrays: dict[str, NDArray[Any]] = {}
    columns = dict(sample.table.columns)
    for number, names in enumerate(chosen):
        keys, cell = np.unique(_crossed(codes, specs, names), return_inverse=True)
        arrays[f"keys {number}"] = keys
        arrays[f"worth {number}"] = beyond.worth(cell, len(keys))
        columns[_title(names)] = _out_of_part(beyond, cell, len(keys), part_of)
    used = sorted({name for names in chosen for name in names})
    card = {
        "crosses": [list(names) for names in chosen],
        "codes": {name: specs[name] for name in used},
    }
    return Part(card, arrays), Table(columns, sample.table.rows)


def build(crosses: Part, table: Table) -> Table:
    """A table with the crosses as further columns; a cell that was never taught is worth 0."""
    specs = crosses.card["codes"]
    codes = {name: _coded(spec, table) for name, spec in specs.items()}
    columns = dict(table.columns)
    for number, names in enumerate(crosses.card["crosses"]):
        key = _crossed(codes, specs, names)
        keys, worth = crosses.arrays[f"keys {number}"], crosses.arrays[f"worth {number}"]
        at = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
        columns[_title(names)] = np.where(keys[at] == key, worth[at], 0.0)
    return Table(columns, table.rows)


def _title(names: Sequence[str]) -> str:
    return " x ".join(names)


def _wider(schema: Schema, crosses: Part) -> Schema:
    added = {_title(names): Column("number") for names in crosses.card["crosses"]}
    return Schema({**schema.columns, **added}, schema.left_out)


# Codes: a column as whole numbers from 0, the last for what is missing or was never taught.


def _specs(sample: Sample) -> dict[str, dict[str, Any]]:
    """How each column becomes codes, as JSON; columns with too many words are left out."""
    found = {}
    for name, column in sample.schema.columns.items():
        if column.kind == "number":
            cells = sample.table.columns[name]
            assert isinstance(cells, np.ndarray), "schema.typed comes first"
            spec = {"edges": _edges(cells), "missing": list(column.missing)}
            if spec["edges"]:
                found[name] = {"column": name, **spec}
        elif 1 < len(column.levels) <= MOST_LEVELS:
            found[name] = {"column": name, "levels": list(column.levels)}
    return found


def _edges(values: Doubles) -> list[float]:
    """Where the bins of a column of numbers end: at every number if few, else at quantiles."""
    known = values[~np.isnan(values)]
    different = np.unique(known)
    if len(different) <= FEW_NUMBERS:
        return [float(one) for one in (different[1:] + different[:-1]) / 2]
    inside = np.linspace(0, 1, BINS + 1)[1:-1]
    edges = np.unique(np.quantile(known, inside))
    return [float(one) for one in edges if one < different[-1]]


def _count(spec: Mapping[str, Any]) -> int:
    return len(spec["levels"]) + 1 if "levels" in spec else len(spec["edges"]) + 2


def _coded(spec: Mapping[str, Any], table: Table) -> Codes:
    name, last = spec["column"], _count(spec) - 1
    if "levels" in spec:
        place = {word: number for number, word in enumerate(spec["levels"])}
        return np.array([place.get(word, last) for word in texts(table, name)], np.int64)
    column = Column("number", (), tuple(spec["missing"]))
    values = typed(table, Schema({name: column}, {})).columns[name]
    found = np.searchsorted(spec["edges"], values, side="left").astype(np.int64)
    return np.where(np.isnan(np.asarray(values)), last, found)


def _crossed(
    codes: Mapping[str, Codes], specs: Mapping[str, Mapping[str, Any]], names: Sequence[str]
) -> Codes:
    """One whole number for each combination of the columns' codes."""
    found = np.zeros(len(codes[names[0]]), np.int64)
    for name in names:
        found = found * _count(specs[name]) + codes[name]
    return found


# What a cross tells beyond its columns.


@dataclass(frozen=True)
class _Beyond:
    """r, p0 (1 - p0), whose row it is, and how much it counts: each (n)."""

    left: Doubles
    spread: Doubles
    whose: Codes
    weight: Doubles

    def worth(self, cell: Codes, cells: int) -> Doubles:
        """S / (W + M) of each cell, (cells)."""
        return self.sum(cell, cells) / (self.width(cell, cells) + PRIOR)

    def gain(self, cell: Codes, cells: int) -> float:
        """The formula at the head of this file."""
        owner = np.unique(self.whose * cells + cell, return_inverse=True)
        shares = np.bincount(owner[1], self.left * self.weight)
        chance = np.bincount(owner[0] % cells, shares**2, cells)
        told = self.sum(cell, cells) ** 2 - chance
        return float((told / (self.width(cell, cells) + PRIOR)).sum())

    def sum(self, cell: Codes, cells: int) -> Doubles:
        found: Doubles = np.bincount(cell, self.left * self.weight, cells).astype(np.float64)
        return found

    def width(self, cell: Codes, cells: int) -> Doubles:
        found: Doubles = np.bincount(cell, self.spread * self.weight, cells).astype(np.float64)
        return found

    def take(self, at: NDArray[Any]) -> _Beyond:
        return _Beyond(self.left[at], self.spread[at], self.whose[at], self.weight[at])


def _alone(
    codes: Mapping[str, Codes], specs: Mapping[str, Mapping[str, Any]], sample: Sample
) -> Doubles:
    """p0 of each row by the codes alone."""
    regression = import_module("sklearn.linear_model").LogisticRegression

    wide = np.zeros((len(sample.y), sum(_count(spec) for spec in specs.values())))
    start, rows = 0, np.arange(len(sample.y))
    for name, spec in specs.items():
        wide[rows, start + codes[name]] = 1.0
        start += _count(spec)
    fitted = regression(C=0.1, max_iter=500).fit(wide, sample.y, sample_weight=sample.weight)
    found: Doubles = fitted.predict_proba(wide)[:, 1]
    return found


def _chosen(
    codes: Mapping[str, Codes],
    specs: Mapping[str, Mapping[str, Any]],
    beyond: _Beyond,
    group: Codes | None,
    most: int,
) -> list[tuple[str, ...]]:
    """The crosses that gain most; of the same gain the one that stands first in the table."""
    pairs: list[tuple[str, ...]] = []
    pairs.extend(islice(combinations(codes, 2), _MOST_PAIRS))
    occasion = _occasion(codes, specs, group)
    if len(occasion) > 2:
        pairs.append(occasion)
    gains = {}
    for names in pairs:
        keys, cell = np.unique(_crossed(codes, specs, names), return_inverse=True)
        gains[names] = beyond.gain(cell, len(keys))
    order = sorted(pairs, key=lambda names: -gains[names])
    return [names for names in order[:most] if gains[names] > 0]


def _occasion(
    codes: Mapping[str, Codes], specs: Mapping[str, Mapping[str, Any]], group: Codes | None
) -> tuple[str, ...]:
    """The columns that differ from row to row of one group: together they are the occasion."""
    if group is None:
        return ()
    several = np.bincount(group) > 1
    if not several.any():
        return ()
    found, cells = [], 1
    for name, code in codes.items():
        most = np.zeros(len(several), np.int64)
        least = np.full(len(several), _count(specs[name]))
        np.maximum.at(most, group, code)
        np.minimum.at(least, group, code)
        if (most > least)[several].mean() > VARIES:
            found.append(name)
            cells *= _count(specs[name])
    return tuple(found) if cells < _MOST_CELLS else ()


def _whose(sample: Sample) -> Codes:
    return np.arange(len(sample.y)) if sample.group is None else sample.group


def _weights(sample: Sample) -> Doubles:
    return np.ones(len(sample.y)) if sample.weight is None else sample.weight


def _parts(sample: Sample, seed: int) -> Codes:
    """The part of each row, of PARTS; a group is in one."""
    found = np.zeros(len(sample.y), np.int64)
    for number, one in enumerate(folds(sample.y, sample.group, None, PARTS, seed)):
        found[one.judge] = number
    return found


def _out_of_part(beyond: _Beyond, cell: Codes, cells: int, part_of: Codes) -> Doubles:
    """The worth of each row's cell by the rows of the other parts."""
    found = np.empty(len(cell))
    for number in range(int(part_of.max()) + 1):
        own = part_of == number
        found[own] = beyond.take(~own).worth(cell[~own], cells)[cell[own]]
    return found

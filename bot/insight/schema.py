"""What each column of a table is: number, ordered words, words, or nothing to learn from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.table import Cells, Table

NOT_GIVEN = frozenset({"", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "?"})
MANY = 50  # from here on, columns whose values hardly repeat are taken for names of rows
WORDS = 5  # different words that a column of numbers may hold for "not known"
_NAMED_ID = re.compile(r"(?:^|[_\s-])(?:id|ID|Id|uuid|UUID|openid|unionid)$|[a-z]I[dD]$|编号$")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ][\d:.+Z-]*)?$")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_LESS = re.compile(r"less|under|below|up to|<|不足|以下|低于|小于", re.IGNORECASE)
_MORE = re.compile(r"more|over|above|plus|greater|gt|\+|>|以上|高于|大于|超过", re.IGNORECASE)
_NEVER = frozenset({"never", "none", "no", "zero", "从不", "从未", "无", "没有"})
_UNSAID = frozenset({"", "unknown", "other", "n/a", "na", "?", "不详", "未知", "其他"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class Column:
    """kind     number | ordered | category
    levels   the words of `ordered` from low to high, of `category` the most frequent first
    missing  the words that a number column uses for "not known"
    """

    kind: str
    levels: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schema:
    """The feature columns in the table's order, and why the others are none."""

    columns: Mapping[str, Column]
    left_out: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        return {
            "columns": {
                name: {"kind": one.kind, "levels": list(one.levels), "missing": list(one.missing)}
                for name, one in self.columns.items()
            },
            "left_out": dict(self.left_out),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Schema:
        columns = {
            name: Column(one["kind"], tuple(one["levels"]), tuple(one["missing"]))
            for name, one in value["columns"].items()
        }
        return cls(columns, dict(value["left_out"]))


def detect(table: Table, keep: Collection[str] = ()) -> Schema:
    """What every column of a table is. `keep` names columns that no rule of ids may leave out."""
    columns, left_out = {}, {}
    for name, cells in table.columns.items():
        found = _detected(name, cells, name in keep)
        if isinstance(found, Column):
            columns[name] = found
        else:
            left_out[name] = found
    return Schema(columns, left_out)


def typed(table: Table, schema: Schema) -> Table:
    """The schema's columns alone, numbers as float64 arrays, the others as texts.

    Raises InvalidInput for a column that is not there, and with the line for a cell that is no
    number where the model was taught numbers.
    """
    found: dict[str, Cells] = {}
    for name, column in schema.columns.items():
        if name not in table.columns:
            raise InvalidInput(f"the model reads the column {name}, which is not in the table")
        if column.kind == "number":
            found[name] = _numbers(name, table.columns[name], column.missing)
        else:
            found[name] = texts(table, name)
    return Table(found, table.rows)


def texts(table: Table, name: str) -> Sequence[str]:
    """A column as texts; each different number is written once, so that a million are quick."""
    cells = table.columns[name]
    if not isinstance(cells, np.ndarray):
        return cells
    values, at = np.unique(cells, return_inverse=True)
    words = ["" if np.isnan(value) else f"{value:g}" for value in values]
    return [words[place] for place in at.tolist()]


def rows_of(table: Table, start: int, end: int) -> Table:
    """The rows from `start` to before `end`, without a copy of arrays."""
    columns = {name: cells[start:end] for name, cells in table.columns.items()}
    return Table(columns, min(end, table.rows) - start)


def shifted(error: InvalidInput, rows: int) -> InvalidInput:
    """The same refusal, its line counted from the start of the whole, `rows` before the slice."""
    said = re.sub(r"line (\d+)", lambda m: f"line {int(m.group(1)) + rows}", str(error), count=1)
    return InvalidInput(said, error.field)


def _detected(name: str, cells: Cells, kept: bool) -> Column | str:
    """The column's kind, or the reason why it is no feature."""
    if not kept and _NAMED_ID.search(name):
        return "its name says that it names something: an id teaches no rule for others"
    if isinstance(cells, np.ndarray):
        return _number(cells, (), kept)
    counts = Counter(cells)
    if len(counts) == 1:
        return "constant: the same in every row"
    words = [word for word in counts if word not in NOT_GIVEN and _float(word) is None]
    if not words:
        missing = tuple(sorted(set(counts) & NOT_GIVEN))
        return _number(_numbers(name, cells, missing), missing, kept)
    if len(words) <= WORDS and len(counts) - len(words) > 2 * WORDS:
        missing = tuple(sorted({*words, *(set(counts) & NOT_GIVEN)}))
        return _number(_numbers(name, cells, missing), missing, kept)
    return _worded(counts, len(cells), kept)


def _number(values: NDArray[np.float64], missing: tuple[str, ...], kept: bool) -> Column | str:
    known = values[np.isfinite(values)]
    if not len(known) or (len(known) == len(values) and (known == known[0]).all()):
        return "constant: the same in every row"
    if not kept and len(known) > MANY and _runs(known):
        return "a running number: every row has its own"
    return Column("number", (), missing)


def _runs(known: NDArray[np.float64]) -> bool:
    """Whole numbers without a repetition that fill their range, or only grow."""
    if (known != np.floor(known)).any():
        return False
    steps = np.diff(known)
    if (steps > 0).all():
        return True
    ordered = np.sort(known)
    return bool((np.diff(ordered) == 1).all())


def _worded(counts: Counter[str], rows: int, kept: bool) -> Column | str:
    given = [word for word in counts if word]
    if all(_ISO.match(word) for word in given):
        return "dates: give what follows from them, such as days since, as a number"
    if not kept and len(given) > MANY and len(given) > 0.5 * (rows - counts.get("", 0)):
        return "almost every row has its own value: it names rows"
    order = in_order(given)
    if order:
        return Column("ordered", order)
    return Column("category", tuple(sorted(counts, key=lambda word: (-counts[word], word))))


def in_order(words: Collection[str]) -> tuple[str, ...]:
    """Words such as "never", "less1", "1~3", "4~8", "gt8" from low to high; () without an order.

    What only says that nothing is known ("unknown", "other") has no place and counts as missing.
    """
    said = [word for word in words if word.strip().lower() not in _UNSAID]
    places = {word: _place(word) for word in said}
    known = [place for place in places.values() if place is not None]
    if len(said) < 3 or len(known) < len(said) or len(set(known)) < len(known):
        return ()
    return tuple(sorted(said, key=lambda word: places[word] or 0.0))


def _place(word: str) -> float | None:
    plain = word.strip().lower()
    if plain in _NEVER:
        return -1.0
    if plain[:3] in _MONTHS and plain.isalpha():
        return float(_MONTHS.index(plain[:3]) + 1)
    found = _NUMBER.search(plain.replace(",", ""))
    if found is None:
        return None
    value = float(found.group())
    if re.search(r"\d\s*[ap]m$", plain):
        return value % 12 + (12 if plain.endswith("pm") else 0)
    return value + (0.5 if _MORE.search(plain) else -0.5 if _LESS.search(plain) else 0.0)


def _float(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _numbers(name: str, cells: Cells, missing: tuple[str, ...]) -> NDArray[np.float64]:
    """Numbers of text cells; infinities count as missing, as no rule can be drawn at them."""
    if isinstance(cells, np.ndarray):
        return np.where(np.isinf(cells), np.nan, cells) if np.isinf(cells).any() else cells
    unknown = NOT_GIVEN.union(missing)
    try:
        found = np.array([np.nan if cell in unknown else float(cell) for cell in cells])
    except ValueError:
        raise InvalidInput(_strange(name, cells, unknown)) from None
    found[~np.isfinite(found)] = np.nan
    return found


def _strange(name: str, cells: Sequence[str], unknown: Collection[str]) -> str:
    for line, cell in enumerate(cells, 2):
        if cell not in unknown and _float(cell) is None:
            return f"line {line}, column {name}: {cell[:40]!r} is not a number"
    raise AssertionError("every cell is a number")  # pragma: no cover

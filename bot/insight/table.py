"""Rows with named columns, as files and the product's own features bring them."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput, NotFound

Cells = Sequence[str] | NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """Columns of equal length.

    columns  text cells as a file has them ("" is missing), or float64 (NaN is missing)
    """

    columns: Mapping[str, Cells]
    rows: int

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.columns)

    def texts(self, name: str) -> Sequence[str]:
        """A column as texts. Raises InvalidInput for a name that is none of the table's."""
        found = self._column(name)
        if isinstance(found, np.ndarray):
            return ["" if np.isnan(value) else f"{value:g}" for value in found]
        return found

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A column as numbers, NaN where missing.

        Raises InvalidInput with the line of the first cell that is no number.
        """
        found = self._column(name)
        if isinstance(found, np.ndarray):
            return found
        try:
            return np.array([float(cell) if cell else np.nan for cell in found])
        except ValueError:
            raise InvalidInput(_not_a_number(name, found)) from None

    def take(self, at: NDArray[Any]) -> Table:
        """The rows at these places, in this order."""
        places = at.tolist()
        return Table(
            {
                name: cells[at] if isinstance(cells, np.ndarray) else [cells[i] for i in places]
                for name, cells in self.columns.items()
            },
            len(places),
        )

    def _column(self, name: str) -> Cells:
        try:
            return self.columns[name]
        except KeyError:
            there = ", ".join(self.columns)
            raise InvalidInput(f"no column {name}; there are {there}") from None


def _not_a_number(name: str, cells: Sequence[str]) -> str:
    for line, cell in enumerate(cells, 2):
        try:
            float(cell or "nan")
        except ValueError:
            return f"line {line}, column {name}: {cell[:40]!r} is not a number"
    raise AssertionError("every cell is a number")  # pragma: no cover


def read(path: str | Path) -> Table:
    """A CSV or JSONL file, `.gz` too, in UTF-8 with or without a mark.

    Raises NotFound; InvalidInput with the line for what cannot be read.
    """
    name = str(path)
    with readable(name):
        raw = Path(path).read_bytes()
        data = gzip.decompress(raw) if name.endswith(".gz") else raw
        text = data.decode("utf-8-sig")
    plain = name.removesuffix(".gz")
    return _json_lines(text, name) if plain.endswith((".jsonl", ".ndjson")) else _csv(text, name)


@contextmanager
def readable(name: str) -> Iterator[None]:
    """What keeps a file from being read, as NotFound or InvalidInput that name it."""
    try:
        yield
    except FileNotFoundError:
        raise NotFound(f"{name}: no such file") from None
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{name}: cannot be read: {error}") from None


def csv_lines(file: Iterable[str], name: str) -> Iterator[list[str]]:
    """The header, then each line that is not empty, all of one width.

    Raises InvalidInput with the line, where it is reached.
    """
    reader = csv.reader(file)
    try:
        header = next(reader, None)
        if not header:
            raise InvalidInput(f"{name}: is empty")
        if len(set(header)) != len(header):
            raise InvalidInput(f"{name}: a column's name stands twice in the first line")
        yield header
        for line in reader:
            if line and len(line) != len(header):
                said = f"{len(line)} cells where the first line has {len(header)}"
                raise InvalidInput(f"{name}: line {reader.line_num}: {said}")
            if line:
                yield line
    except csv.Error as error:
        raise InvalidInput(f"{name}: line {reader.line_num}: {error}") from None


def _csv(text: str, name: str) -> Table:
    header, *lines = csv_lines(io.StringIO(text, newline=""), name)
    return Table({title: [line[i] for line in lines] for i, title in enumerate(header)}, len(lines))


def _json_lines(text: str, name: str) -> Table:
    found: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise InvalidInput(f"{name}: line {number}: is not a JSON object")
        found.append(row)
    if not found:
        raise InvalidInput(f"{name}: is empty")
    titles = dict.fromkeys(title for row in found for title in row)
    return Table({t: [_cell(row.get(t)) for row in found] for t in titles}, len(found))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def write(path: str | Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """A CSV file of these rows, `.gz` too; how many there were."""
    count = 0
    with _opened(str(path)) as out:
        writer = csv.writer(out)
        writer.writerow(header)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def _opened(name: str) -> TextIO:
    if name.endswith(".gz"):
        return gzip.open(name, "wt", encoding="utf-8", newline="")
    return open(name, "w", encoding="utf-8", newline="")

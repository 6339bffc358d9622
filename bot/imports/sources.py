"""The rows of a CSV, XLSX or JSONL file, one after the other, as texts."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from bot.errors import InvalidInput
from bot.imports.sniffing import CSV, JSONL, XLSX, delimiter_of, sniff, unpacked

GUARDED = ("'=", "'+", "'-", "'@")  # by an export or a reject file, for spreadsheets
_MOST_LINES = 100  # of one record: a cell that is longer is a quote that was left open
_LOOK = 200  # lines whose keys make the columns of a JSONL file
_NO_NAME = re.compile(r"[-+]?[\d.,:/%¥￥ ]+|o[\w-]{27}")


class Line(NamedTuple):
    """A row. `number` is the line where it begins; `fault` a reason, "" where it is whole."""

    number: int
    cells: list[str]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A table that can be read again and again. `lines`: of a text, about its rows; else 0."""

    path: Path
    kind: str
    packed: bool
    fingerprint: str
    encoding: str
    delimiter: str
    sheet: str
    headed: bool
    header: tuple[str, ...]
    lines: int = 0

    def rows(self) -> Iterator[Line]:
        """Every row but the header; rows with nothing in them are no rows. Raises InvalidInput."""
        if self.kind == XLSX:
            return _sheet_rows(self.path, self.sheet, self.headed, len(self.header))
        if self.kind == JSONL:
            return _json_rows(self.path, self.packed, self.encoding, self.header)
        return self._csv_rows()

    def _csv_rows(self) -> Iterator[Line]:
        lines = _csv_lines(
            self.path, self.packed, self.encoding, self.delimiter, width=len(self.header)
        )
        return islice(lines, 1 if self.headed else 0, None)


def open_source(
    path: Path,
    *,
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    headed: bool | None = None,
) -> Source:
    """Look at a file; what is not given is guessed. Raises NotFound, InvalidInput."""
    found = sniff(path, encoding)
    if found.kind == XLSX:
        sheet, first = _first_row(path, sheet)
    elif found.kind == JSONL:
        first, headed = _keys(path, found.packed, found.encoding), True
    else:
        delimiter = delimiter or delimiter_of(found.sample)
        lines = _csv_lines(path, found.packed, found.encoding, delimiter)
        first = next((line.cells for line in lines), [])
    if not first:
        raise InvalidInput(f"{path.name}: has no row")
    headed = _is_header(first) if headed is None else headed
    return Source(
        path=path,
        kind=found.kind,
        packed=found.packed,
        fingerprint=found.fingerprint,
        encoding=found.encoding,
        delimiter=delimiter if found.kind == CSV else "",
        sheet=sheet,
        headed=headed,
        header=_named(first if headed else [""] * len(first)),
        lines=found.lines,
    )


def _is_header(cells: Sequence[str]) -> bool:
    """Names, not values: no number, amount, date or openid stands where a name should."""
    return not any(_NO_NAME.fullmatch(cell.strip()) for cell in cells if cell.strip())


def _named(cells: Iterable[str]) -> tuple[str, ...]:
    """Every column has a name, and no two have the same."""
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        cell = cell[1:] if cell.startswith(GUARDED) else cell
        name = " ".join(cell.split()) or f"column {place}"
        times = 1
        while (name if times == 1 else f"{name} ({times})") in names:
            times += 1
        names.append(name if times == 1 else f"{name} ({times})")
    return tuple(names)


def _judged(number: int, cells: list[str], width: int) -> Line:
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        return Line(number, cells, "columns")
    return Line(number, cells, "encoding" if "\ufffd" in "".join(cells) else "")


# --- CSV ---------------------------------------------------------------------------------------


def _csv_lines(
    path: Path, packed: bool, encoding: str, delimiter: str, width: int = sys.maxsize
) -> Iterator[Line]:
    with unpacked(path, packed) as raw:
        text = io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="")
        reader, before = csv.reader(text, delimiter=delimiter), 0
        try:
            for cells in reader:
                after = reader.line_num
                if after - before > _MOST_LINES:
                    raise InvalidInput(f"{path.name}: line {before + 1}: a quote is not closed")
                if any(map(str.strip, cells)):
                    yield _judged(before + 1, cells, width)
                before = after
        except csv.Error as error:
            why = f"{error}; is a quote not closed?"
            raise InvalidInput(f"{path.name}: line {before + 1}: {why}") from None


# --- JSONL -------------------------------------------------------------------------------------


def _json_lines(path: Path, packed: bool, encoding: str) -> Iterator[tuple[int, str]]:
    with unpacked(path, packed) as raw:
        text = io.TextIOWrapper(raw, encoding=encoding, errors="replace")
        for number, line in enumerate(text, start=1):
            if line.strip():
                yield number, line.rstrip("\r\n")


def _object(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _keys(path: Path, packed: bool, encoding: str) -> list[str]:
    names: dict[str, None] = {}
    for _, line in islice(_json_lines(path, packed, encoding), _LOOK):
        names.update(dict.fromkeys(_object(line) or {}))
    return list(names)


def _json_rows(path: Path, packed: bool, encoding: str, header: Sequence[str]) -> Iterator[Line]:
    for number, line in _json_lines(path, packed, encoding):
        found = _object(line)
        if found is None:
            yield Line(number, [line], "json")
            continue
        cells = [_text(found.get(name)) for name in header]
        yield _judged(number, cells, len(header))


# --- XLSX --------------------------------------------------------------------------------------


def _sheet(path: Path, name: str) -> tuple[Any, Any]:
    """(workbook, sheet), to be closed by the caller. Raises InvalidInput."""
    from openpyxl import load_workbook  # a quarter of a second, for who needs it

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions that no row needs
        try:
            book = load_workbook(path, read_only=True, data_only=True)
        except Exception as error:  # openpyxl lets out whatever its XML meets
            why = f"the workbook is damaged: {type(error).__name__}"
            raise InvalidInput(f"{path.name}: {why}") from None
    if name and name not in book.sheetnames:
        book.close()
        names = "、".join(book.sheetnames[:20])
        raise InvalidInput(f"{path.name}: there is no sheet {name[:40]!r}; it has {names}", "sheet")
    return book, book[name] if name else book.worksheets[0]


def _first_row(path: Path, name: str) -> tuple[str, list[str]]:
    for line in _sheet_lines(path, name):
        return (name or _sheet_name(path)), line.cells
    return name, []


def _sheet_name(path: Path) -> str:
    book, sheet = _sheet(path, "")
    book.close()
    return str(sheet.title)


def _sheet_lines(path: Path, name: str) -> Iterator[Line]:
    book, sheet = _sheet(path, name)
    try:
        rows = sheet.iter_rows(values_only=True)
        for number, row in enumerate(rows, start=1):
            cells = [_text(value) for value in row]
            if any(map(str.strip, cells)):
                yield Line(number, cells)
    finally:
        book.close()


def _sheet_rows(path: Path, name: str, headed: bool, width: int) -> Iterator[Line]:
    for line in islice(_sheet_lines(path, name), 1 if headed else 0, None):
        yield _judged(line.number, line.cells, width)


def _text(value: Any) -> str:
    """A cell that has a type already, as a person would have written it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        whole_day = value.time() == time.min and value.tzinfo is None
        return value.date().isoformat() if whole_day else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return "|".join(map(_text, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)

"""The rows of a CSV, XLSX or JSONL file, one after the other, as texts."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import warnings
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from bot.errors import InvalidInput
from bot.imports.sniffing import CSV, JSONL, XLSX, delimiter_of, sniff, unpacked

GUARDED = ("'=", "'+", "'-", "'@")  # by an export or a reject file, for spreadsheets
MOST_COLUMNS = 2_000
_MOST_ROWS = 1 << 20  # of a sheet: Excel has no more
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
    if len(first) > MOST_COLUMNS:
        raise InvalidInput(f"{path.name}: has more than {MOST_COLUMNS:,} columns")
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
    names: dict[str, None] = {}
    for place, cell in enumerate(cells, start=1):
        cell = cell[1:] if cell.startswith(GUARDED) else cell
        name = " ".join(cell.split()) or f"column {place}"
        times = 1
        while (name if times == 1 else f"{name} ({times})") in names:
            times += 1
        names[name if times == 1 else f"{name} ({times})"] = None
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


@contextmanager
def _sheet(path: Path, name: str) -> Iterator[Any]:
    """The sheet of that name, or the first. Raises InvalidInput."""
    from openpyxl import load_workbook  # a quarter of a second, for who needs it

    with path.open("rb") as raw:  # closed here: openpyxl leaves it open where it fails
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that no row needs
            try:
                book = load_workbook(raw, read_only=True, data_only=True)
            except Exception as error:  # openpyxl lets out whatever its XML meets
                why = f"the workbook is damaged: {type(error).__name__}"
                raise InvalidInput(f"{path.name}: {why}") from None
        with closing(book):
            if name and name not in book.sheetnames:
                names = "、".join(book.sheetnames[:20])
                why = f"there is no sheet {name[:40]!r}; it has {names}"
                raise InvalidInput(f"{path.name}: {why}", "sheet")
            yield book[name] if name else book.worksheets[0]


def _first_row(path: Path, name: str) -> tuple[str, list[str]]:
    with closing(_sheet_lines(path, name)) as lines:
        for line in lines:
            return (name or _sheet_name(path)), line.cells
    return name, []


def _sheet_name(path: Path) -> str:
    with _sheet(path, "") as sheet:
        return str(sheet.title)


def _sheet_lines(path: Path, name: str) -> Generator[Line]:
    with _sheet(path, name) as sheet:
        sheet.reset_dimensions()  # a row is as wide as its cells, whatever the sheet says of itself
        for number, row in enumerate(_sheet_cells(path, sheet), start=1):
            if number > _MOST_ROWS:  # rows that the sheet leaves out are given as empty ones
                raise InvalidInput(f"{path.name}: has lines that no table has, or is too large")
            cells = [_text(value) for value in row] if row else []
            if any(map(str.strip, cells)):
                yield Line(number, cells)


def _sheet_cells(path: Path, sheet: Any) -> Iterator[Sequence[Any]]:
    rows = sheet.iter_rows(values_only=True)
    while True:
        try:
            row = next(rows, None)
        except Exception as error:  # as with the workbook's other parts
            why = f"the workbook is damaged: {type(error).__name__}"
            raise InvalidInput(f"{path.name}: {why}") from None
        if row is None:
            return
        yield row


def _sheet_rows(path: Path, name: str, headed: bool, width: int) -> Iterator[Line]:
    for line in islice(_sheet_lines(path, name), 1 if headed else 0, None):
        cells = line.cells + [""] * (width - len(line.cells))
        yield _judged(line.number, cells, width)


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

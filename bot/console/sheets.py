"""Tables of figures: on a page, and as a file that a spreadsheet opens and that does nothing there.

A cell that a spreadsheet would take for a formula gets an apostrophe before it, as in every file
that leaves the house (bot.imports.exporting). The file is written row by row as it is read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from flask import stream_with_context
from werkzeug.wrappers import Response

from bot.imports.exporting import harmless

Cell = str | int | float | None
_BOM = "\ufeff"  # else Excel reads Chinese as something else


@dataclass(frozen=True)
class Sheet:
    """A table. `rows` may be read once only; texts are to the left, numbers to the right."""

    heads: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def shown(cell: Cell) -> str:
    """A cell for people."""
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:,.2f}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def guarded(cell: Cell) -> Cell:
    """A cell for a file; numbers stay numbers, those below zero too."""
    if isinstance(cell, str):
        return harmless(cell)
    return round(cell, 4) if isinstance(cell, float) else cell


def download(sheet: Sheet, name: str) -> Response:
    """The table as NAME.csv, streamed. `name`: letters, digits and - of ASCII."""
    answer = Response(stream_with_context(_encoded(sheet)), mimetype="text/csv", content_type=_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


_TYPE = "text/csv; charset=utf-8"


def encoded(sheet: Sheet) -> bytes:
    """The whole file."""
    return b"".join(_encoded(sheet))


def _encoded(sheet: Sheet) -> Iterator[bytes]:
    part = io.StringIO()
    writer = csv.writer(part)
    part.write(_BOM)
    for row in _all(sheet):
        writer.writerow([guarded(cell) for cell in row])
        yield part.getvalue().encode()
        part.seek(0)
        part.truncate()


def _all(sheet: Sheet) -> Iterator[Sequence[Cell]]:
    yield sheet.heads
    yield from sheet.rows

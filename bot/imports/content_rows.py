"""A table of products, articles or whatever the library holds, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.content.library import Given
from bot.content.rows import columns, document_of
from bot.errors import InvalidInput
from bot.imports.sources import Source


def given(source: Source, kind: str) -> tuple[Iterator[Given], list[str]]:
    """The documents of a table, and the columns that are not used. kind: of rows that say none.

    Raises InvalidInput for a table without the columns that every piece needs.
    """
    fields, ignored = columns(source.header)
    return _rows(source, fields, kind), ignored


def _rows(source: Source, fields: list[str], kind: str) -> Iterator[Given]:
    for line in source.rows():
        document: Any
        try:
            if line.fault:
                raise InvalidInput(f"the row cannot be read: {line.fault}")
            document = document_of(fields, line.cells, kind)
        except InvalidInput as error:
            document = error
        yield f"line {line.number}", document

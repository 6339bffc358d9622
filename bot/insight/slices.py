"""A CSV file a slice of rows at a time, for what is said of each row by itself: flat memory."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

from bot.errors import InvalidInput, NotFound
from bot.insight.table import Table, read

ROWS = 65_536


def slices(path: str | Path) -> Iterator[Table]:
    """Tables of up to ROWS rows, in order, at least one; JSONL comes as one.

    Raises what table.read raises, where the slice that is wrong is reached.
    """
    name = str(path)
    if name.removesuffix(".gz").endswith((".jsonl", ".ndjson")):
        yield read(path)
        return
    try:
        with _opened(name) as file:
            yield from _csv(file, name)
    except FileNotFoundError:
        raise NotFound(f"{name}: no such file") from None
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{name}: cannot be read: {error}") from None


def _opened(name: str) -> TextIO:
    if name.endswith(".gz"):
        return gzip.open(name, "rt", encoding="utf-8-sig", newline="")
    return open(name, encoding="utf-8-sig", newline="")


def _csv(file: TextIO, name: str) -> Iterator[Table]:
    reader = csv.reader(file)
    try:
        header = next(reader, None)
        if not header:
            raise InvalidInput(f"{name}: is empty")
        if len(set(header)) != len(header):
            raise InvalidInput(f"{name}: a column's name stands twice in the first line")
        some = list(islice(_even(reader, len(header), name), ROWS))
        while True:
            columns = zip(*some, strict=True) if some else ([] for _ in header)
            yield Table(dict(zip(header, map(list, columns), strict=True)), len(some))
            some = list(islice(_even(reader, len(header), name), ROWS))
            if not some:
                return
    except csv.Error as error:
        raise InvalidInput(f"{name}: line {reader.line_num}: {error}") from None


def _even(reader: Iterator[list[str]], width: int, name: str) -> Iterator[list[str]]:
    for line in reader:
        if len(line) == width:
            yield line
        elif line:
            at = getattr(reader, "line_num", 0)
            said = f"{len(line)} cells where the first line has {width}"
            raise InvalidInput(f"{name}: line {at}: {said}")

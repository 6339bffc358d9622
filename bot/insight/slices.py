"""A CSV file a slice of rows at a time, for what is said of each row by itself: flat memory."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

from bot.insight.table import Table, csv_lines, read, readable

ROWS = 8_192  # eight times as many take three times the memory and no less time


def slices(path: str | Path) -> Iterator[Table]:
    """Tables of up to ROWS rows, in order, at least one; JSONL comes as one.

    Raises what table.read raises, where the slice that is wrong is reached.
    """
    name = str(path)
    if name.removesuffix(".gz").endswith((".jsonl", ".ndjson")):
        yield read(path)
        return
    with readable(name), _opened(name) as file:
        yield from _csv(file, name)


def _opened(name: str) -> TextIO:
    if name.endswith(".gz"):
        return gzip.open(name, "rt", encoding="utf-8-sig", newline="")
    return open(name, encoding="utf-8-sig", newline="")


def _csv(file: TextIO, name: str) -> Iterator[Table]:
    lines = csv_lines(file, name)
    header = next(lines)
    some = list(islice(lines, ROWS))
    while True:
        columns = zip(*some, strict=True) if some else ([] for _ in header)
        yield Table(dict(zip(header, map(list, columns), strict=True)), len(some))
        some = list(islice(lines, ROWS))
        if not some:
            return

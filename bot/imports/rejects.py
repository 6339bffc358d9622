"""Rows that were not taken: each with why, and as it stood, to be put right and imported.

They are kept sealed in the store with the import, until they are forgotten; a file of them is
written for who asks for it, and is readable by its owner only. A cell that a spreadsheet would take
for a formula gets an apostrophe there, as in an export; the import takes it off again.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from bot.errors import InvalidInput
from bot.i18n import t
from bot.imports.exporting import harmless
from bot.imports.mapping import PERSON
from bot.imports.rows import Fault
from bot.imports.sources import Line
from bot.store import import_rejects as store

OWN_COLUMNS = ("import_line", "import_field", "import_reason", "import_原因")
KEPT_DAYS = 30
# Names of people that stand anywhere in a row, whatever the mapping says of the column.
_LOOKS = (
    ("openid", re.compile(r"(?<![\w-])o[A-Za-z0-9_-]{27}(?![\w-])", re.ASCII)),
    ("phone", re.compile(r"(?<![0-9])(?:\+?86[- ]?)?(1[3-9][0-9]{9})(?![0-9])")),
)


class Reject(NamedTuple):
    """`who`: what its cells for a person say, in the order of PERSON; empty: nothing readable."""

    line: Line
    faults: tuple[Fault, ...]
    who: Sequence[object] = ()


def keep(run_id: int, header: Sequence[str], rejects: Sequence[Reject]) -> None:
    """Keep them in the store, in the transaction that moves past them."""
    if rejects:
        store.keep(
            run_id,
            header,
            [
                store.Rejected(one.line.number, one.faults, one.line.cells, list(_named(one)))
                for one in rejects
            ],
        )


def _named(reject: Reject) -> Iterator[tuple[str, str]]:
    for target, name in zip(PERSON, reject.who, strict=False):
        if name is not None:
            yield target, str(name)
    text = "\n".join(reject.line.cells)
    for target, form in _LOOKS:
        for found in form.finditer(text):
            yield target, found[found.re.groups]


def kept(run_id: int) -> Iterator[Reject]:
    """The rejects of an import, in the order of the file."""
    for row in store.rows(run_id):
        faults = tuple((column, reason) for column, reason in row.faults)
        yield Reject(Line(row.line, list(row.cells)), faults)


def table(header: Sequence[str], rejects: Iterable[Reject]) -> Iterator[list[str | int]]:
    """Rows of the reject file, the names of its columns first."""
    yield [*OWN_COLUMNS, *header]
    yield from map(_row, rejects)


def _row(reject: Reject) -> list[str | int]:
    """Cells as they stood: the file goes back to whoever made them."""
    fields = "；".join(dict.fromkeys(column for column, _ in reject.faults if column))
    reasons = list(dict.fromkeys(reason for _, reason in reject.faults))
    return [
        reject.line.number,
        fields,
        "; ".join(said(reason, "en") for reason in reasons),
        "；".join(said(reason, "zh") for reason in reasons),
        *reject.line.cells,
    ]


def said(reason: str, lang: str) -> str:
    """A reason in words."""
    return t(f"import.reason.{reason}", lang)


class RejectFile:
    """A plain file of rejects, made with the first. Raises InvalidInput where it cannot be."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self.path, self._header = path, header
        self._file: IO[str] | None = None

    def write(self, rejects: Iterable[Reject]) -> None:
        """Append them."""
        rows = table(self._header, rejects)
        head = next(rows)
        for row in rows:
            if self._file is None:
                self._file = self._open()
                csv.writer(self._file).writerow(map(harmless, head))
            csv.writer(self._file).writerow(map(harmless, row))

    def _open(self) -> IO[str]:
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            why = f"{self.path}: {error.strerror}; give another place with --rejects"
            raise InvalidInput(why, "rejects") from None
        os.fchmod(handle, 0o600)  # also where it was there before
        # Excel takes it for UTF-8 by its mark.
        return os.fdopen(handle, "w", encoding="utf-8-sig", newline="", errors="replace")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

"""The reject file: each row that was not taken, why, and as it stood, to be put right and imported.

It holds what the file held, so it is readable by its owner only. What a killed import wrote last
is cut off again where it had not been committed.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from bot.errors import InvalidInput
from bot.i18n import t
from bot.imports.rows import Fault
from bot.imports.sources import Line

OWN_COLUMNS = ("import_line", "import_field", "import_reason", "import_原因")


class Reject(NamedTuple):
    line: Line
    faults: tuple[Fault, ...]


class RejectFile:
    """Made with its first reject. `size`: bytes that are committed."""

    def __init__(self, path: Path | None, header: Sequence[str], size: int = 0) -> None:
        self.path, self.size = path, size
        self._header = header
        self._file: IO[str] | None = None

    def write(self, rejects: Iterable[Reject]) -> None:
        """Append, down to the disk. Raises InvalidInput where the file cannot be written."""
        rows = [_row(reject) for reject in rejects]
        if not rows or self.path is None:
            return
        file = self._file or self._open(self.path)
        csv.writer(file).writerows(rows)
        file.flush()
        os.fsync(file.fileno())
        self.size = os.fstat(file.fileno()).st_size

    def _open(self, path: Path) -> IO[str]:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            os.truncate(handle, min(self.size, os.fstat(handle).st_size))
        except OSError as error:
            why = f"{path}: {error.strerror}; give another place with --rejects"
            raise InvalidInput(why, "rejects") from None
        self._file = os.fdopen(handle, "r+", encoding="utf-8", newline="")
        if self._file.seek(0, os.SEEK_END) == 0:
            self._file.write("\ufeff")  # Excel takes it for UTF-8 by this
            csv.writer(self._file).writerow((*OWN_COLUMNS, *self._header))
        return self._file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


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

"""Followers out into a file: pseudonymous, streamed, and harmless to a spreadsheet.

A cell that a spreadsheet would take for a formula gets an apostrophe before it; the import takes it
off again. The file appears under its name when it is whole.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from bot.clock import SHANGHAI, to_ms
from bot.errors import InvalidInput, NotFound
from bot.store import exports as store
from bot.store.exports import ALL, Exported, Only
from bot.values.interest import score

FORMATS = ("csv", "xlsx", "jsonl")
MOST_ROWS_XLSX = 1_048_575
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FIXED = (
    "follower", "subscribed", "language", "stage", "source_scene", "since", "first_seen",
    "last_seen", "messages", "orders", "redeemed", "spent_fen", "opted_out", "tags", "interests",
    "segments",
)  # fmt: skip
_PERSONAL = ("openid", "unionid")

Cell = str | int | bool | list[str] | None
Put = Callable[[Sequence[Cell]], None]


class ExportReport(NamedTuple):
    followers: int
    columns: tuple[str, ...]


def export_followers(
    account_id: int,
    path: Path,
    now: datetime,
    *,
    segment_id: int | None = None,
    only: Only = ALL,
    personal: bool = False,
    format_: str = "",
    progress: Callable[[int], object] = lambda done: None,
) -> ExportReport:
    """Write followers, ascending by number. Raises InvalidInput, NotFound for where or what to.

    format_   csv, xlsx or jsonl; "": by the file's suffix
    personal  with openid and unionid; such a file is readable by its owner only
    """
    names = store.attribute_names(account_id)
    columns = (
        *_FIXED[:1], *(_PERSONAL if personal else ()), *_FIXED[1:],
        *(f"attribute.{name}" for name in names),
    )  # fmt: skip
    people = store.pages(account_id, segment_id, now, personal=personal, only=only)
    done = 0
    with written(path, format_, columns) as put:
        for page in people:
            for one in page:
                put(_row(one, names, personal, now))
            done += len(page)
            progress(len(page))
    return ExportReport(done, columns)


def _row(one: Exported, names: Iterable[str], personal: bool, now: datetime) -> list[Cell]:
    scores = {topic: score(level, to_ms(now)) for topic, level in one.interests.items()}
    strongest = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    return [
        one.id,
        *((one.openid, one.unionid) if personal else ()),
        one.subscribed,
        one.language,
        one.stage,
        one.source_scene,
        local(one.since),
        local(one.first_seen),
        local(one.last_seen),
        one.messages,
        one.orders,
        one.redeemed,
        one.spent_fen,
        one.opted_out,
        one.tags,
        [f"{topic}:{held:.2f}" for topic, held in strongest],
        one.segments,
        *(one.attributes.get(name) for name in names),
    ]


def local(at: datetime | None) -> str | None:
    """Shanghai time, to the second, with its zone."""
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds") if at else None


@contextmanager
def written(path: Path, format_: str, columns: Sequence[str]) -> Iterator[Put]:
    """What writes the rows of a table that appears under `path` when it is whole.

    Raises InvalidInput, NotFound for a form that there is not, or a place that cannot be written.
    """
    form = format_ or path.suffix.lower().lstrip(".")
    if form not in FORMATS:
        raise InvalidInput(f"{path.name}: the suffix is one of .csv, .xlsx, .jsonl", "format")
    with _whole(path) as part, _WRITERS[form](part, columns) as put:
        yield put


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A place beside `path` that becomes it at the end, or goes."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}") from None
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def harmless(cell: Cell) -> str | int:
    """As a table's cell: lists joined, and no text that a spreadsheet would run."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int):
        return cell
    text = "|".join(cell) if isinstance(cell, list) else cell or ""
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def write_table(path: Path, head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> Path:
    """A small file of its own, as every file that leaves the house: Excel reads its Chinese, and
    runs nothing of it."""
    with path.open("w", encoding="utf-8-sig", newline="", errors="replace") as file:
        csv.writer(file).writerows([map(harmless, row) for row in (head, *rows)])
    return path


@contextmanager
def _csv(path: Path, columns: Sequence[str]) -> Iterator[Put]:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        yield lambda row: writer.writerow([harmless(cell) for cell in row])


@contextmanager
def _jsonl(path: Path, columns: Sequence[str]) -> Iterator[Put]:
    with path.open("w", encoding="utf-8") as file:
        yield lambda row: _put_json(file, columns, row)


def _put_json(file: IO[str], columns: Sequence[str], row: Sequence[Cell]) -> None:
    held = {name: cell for name, cell in zip(columns, row, strict=True) if cell not in (None, [])}
    file.write(json.dumps(held, ensure_ascii=False) + "\n")


@contextmanager
def _xlsx(path: Path, columns: Sequence[str]) -> Iterator[Put]:
    from openpyxl import Workbook  # a quarter of a second, for who needs it

    book: Any = Workbook(write_only=True)
    sheet = book.create_sheet("export")
    sheet.append(list(columns))
    rows = 0

    def put(row: Sequence[Cell]) -> None:
        nonlocal rows
        rows += 1
        if rows > MOST_ROWS_XLSX:
            raise InvalidInput(f"a workbook holds {MOST_ROWS_XLSX:,} rows; write .csv", "format")
        sheet.append([_unpoisoned(cell) for cell in row])

    try:
        yield put
        with path.open("wb") as file:
            book.save(file)
    finally:
        if not sheet.closed:
            sheet.close()  # else its half-written part is complained of when it is collected


def _unpoisoned(cell: Cell) -> str | int:
    """Control characters have no place in a workbook's XML."""
    found = harmless(cell)
    return (
        re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", found)
        if isinstance(found, str)
        else found
    )


_WRITERS = {"csv": _csv, "xlsx": _xlsx, "jsonl": _jsonl}

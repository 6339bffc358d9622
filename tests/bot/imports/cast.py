"""Tables that people send: written to a file, and brought in."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.imports import rejects, running
from bot.imports.mapping import parse
from bot.imports.running import Result
from bot.imports.sources import open_source
from bot.store import accounts, import_rejects
from tests.conftest import NOON

CITY = {"to": "attribute", "name": "city"}
AGE = {"to": "attribute", "name": "age", "type": "number"}
PEOPLE = {"kind": "followers", "columns": {"openid": "openid", "city": CITY, "age": AGE}}
ORDERS = {"kind": "orders", "columns": {"openid": "openid", "no": "order", "paid": "amount",
          "when": "at"}}  # fmt: skip


def an_account() -> int:
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


def table(path: Path, rows: Sequence[Sequence[Any]], encoding: str = "utf-8") -> Path:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def people(folder: Path, count: int = 10, name: str = "people.csv") -> Path:
    """o-0 to o-N with a city and an age."""
    rows = [[f"o-{n}", ("北京", "上海")[n % 2], 20 + n] for n in range(count)]
    return table(folder / name, [["openid", "city", "age"], *rows])


def prepared(path: Path, mapping: dict[str, Any] = PEOPLE) -> running.Prepared:
    return running.prepare(open_source(path), parse(mapping), NOON)


def bring(path: Path, mapping: dict[str, Any] = PEOPLE, **options: Any) -> Result:
    """Import a file, in a process that nothing interrupts; the report always adds up."""
    result = running.run(an_account(), prepared(path, mapping), lambda: NOON, **options)
    assert result.report.adds_up
    return result


def try_out(path: Path, mapping: dict[str, Any] = PEOPLE, **options: Any) -> Result:
    result = running.dry_run(an_account(), prepared(path, mapping), NOON, **options)
    assert result.report.adds_up
    return result


def rejected(result: Result) -> list[list[str]]:
    """The reject file of an import as it is written for who asks for it, its header first."""
    assert result.run_id is not None
    header = import_rejects.header(result.run_id)
    rows = rejects.table(header, rejects.kept(result.run_id))
    return [[str(cell) for cell in row] for row in rows]


def sums(result: Result) -> tuple[int, int, int, int, int]:
    """read, taken, unchanged, rejected, duplicates."""
    report = result.report
    return (report.read, report.taken, report.unchanged, report.rejected, report.duplicates)

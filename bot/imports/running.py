"""An import from its file to its report: survey, clean, land in batches, go on after a stop.

A batch is one transaction: rows land, and the run's position moves past them, or neither. The
position is taken by comparing, so of two processes with the same file each row lands by one, and
the slower one stops. Cleaning is a pure stream: an interrupted import cleans again from the
beginning, and lands what follows the position.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from bot.clock import Clock
from bot.errors import Conflict, InvalidInput
from bot.imports.cells import Cell
from bot.imports.items import Item, Maker
from bot.imports.landing import Landing, Rehearsal, land
from bot.imports.mapping import Mapping
from bot.imports.rejects import Reject, RejectFile
from bot.imports.report import Landed, Report
from bot.imports.rows import Row, Second
from bot.imports.sources import Source
from bot.imports.survey import Survey, survey
from bot.store import imports as store
from bot.store.db import transaction
from bot.store.imports import RunState

BATCH = 5000
SHOWN = 20  # rejects that the result carries along

Progress = Callable[[str, int, int], object]
"""(reading or importing, rows done since the last call, rows in all or 0 while unknown)"""


def _silent(phase: str, done: int, total: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Result:
    """`run_id` None: a dry run. `rejects` None: none were written. `first`: the first rejects."""

    report: Report
    run_id: int | None
    rejects: Path | None
    first: tuple[Reject, ...]
    resumed_at: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """The file with its mapping, surveyed: what its rows are is settled."""

    source: Source
    mapping: Mapping
    cells: tuple[Cell, ...]
    places: tuple[int, ...]
    found: Survey

    def rows(self) -> Iterator[Row]:
        second = Second(self.mapping, self.cells, self.places, self.found)
        return second.rows(self.source.rows())


def prepare(
    source: Source, mapping: Mapping, now: datetime, progress: Progress = _silent
) -> Prepared:
    """Survey the file. Raises InvalidInput where the mapping names a column that is not there."""
    wanted = [column for column in mapping.columns if column.to != "ignore"]
    places = []
    for column in wanted:
        if column.header not in source.header:
            known = "、".join(source.header[:20])
            raise InvalidInput(
                f"columns[{column.header[:60]}]: {source.path.name} has no such column; it has"
                f" {known}"[:400],
                "columns",
            )
        places.append(source.header.index(column.header))
    cells = tuple(Cell(column, mapping.blanks, now) for column in wanted)
    found = survey(mapping, cells, places, source.rows(), lambda rows: progress("reading", rows, 0))
    return Prepared(source, mapping, cells, tuple(places), found)


def dry_run(
    account_id: int,
    prepared: Prepared,
    now: datetime,
    rejects: Path | None = None,
    progress: Progress = _silent,
) -> Result:
    """The whole report, and nothing written but the reject file where a place is given."""
    rehearsal = Rehearsal(account_id, now)
    tally = _Tally(prepared, RejectFile(rejects, prepared.source.header), Landed())
    try:
        for batch in _batches(prepared.rows()):
            tally.settle(batch, rehearsal.land(tally.ready(batch)))
            progress("importing", len(batch), prepared.found.rows)
    finally:
        tally.out.close()
    return tally.result(None, 0)


def run(
    account_id: int,
    prepared: Prepared,
    clock: Clock,
    rejects: Path | None = None,
    progress: Progress = _silent,
) -> Result:
    """Import, or go on with the import of the same file and mapping that was interrupted.

    rejects  where the reject file goes; None: beside the file, with the run's number

    Raises Conflict when another process imports the same file just now.
    """
    state = _begin(account_id, prepared, rejects, clock())
    out = RejectFile(Path(state.reject_path), prepared.source.header, state.reject_bytes)
    tally = _Tally(prepared, out, Landed(**state.counts))
    position = state.position
    try:
        for batch in _batches(_rest(prepared.rows(), position, tally, progress)):
            _import_batch(state, position, batch, tally)
            position = batch[-1].number + 1
            progress("importing", len(batch), prepared.found.rows)
    finally:
        out.close()
    result = tally.result(state.id, state.position)
    if not store.end(state.id, position, result.report.to_json(), clock()):
        raise _taken(state)
    return result


def _begin(account_id: int, prepared: Prepared, rejects: Path | None, now: datetime) -> RunState:
    source, mapping = prepared.source, prepared.mapping
    with transaction():
        state = store.begin(
            account_id,
            mapping.kind,
            source.path.name,
            source.fingerprint,
            mapping.digest,
            mapping.document,
            now,
        )
        if not state.reject_path:
            beside = source.path.with_name(f"{source.path.name}.rejects-{state.id}.csv")
            store.place_rejects(state.id, str((rejects or beside).resolve()))
    return store.get(account_id, state.id)


def _import_batch(state: RunState, position: int, batch: list[Row], tally: _Tally) -> None:
    with transaction():
        if not store.claim(state.id, position, batch[-1].number + 1):
            raise _taken(state)
        landing = land(state.account_id, tally.ready(batch), state.started_at)
        tally.settle(batch, landing)
        store.note(state.id, tally.total, asdict(tally.landed), tally.out.size)


def _rest(rows: Iterable[Row], position: int, tally: _Tally, progress: Progress) -> Iterator[Row]:
    """The rows from `position` on; those before it are counted, they landed already."""
    for row in rows:
        if row.number >= position:
            yield row
            continue
        tally.count(row)
        if (row.number + 1) % BATCH == 0:
            progress("importing", BATCH, tally.total)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    stream = iter(rows)
    while batch := list(islice(stream, BATCH)):
        yield batch


def _taken(state: RunState) -> Conflict:
    return Conflict(f"import {state.id} of {state.file} is going on in another process")


class _Tally:
    """Counts rows, makes items of them, and writes the rejects."""

    def __init__(self, prepared: Prepared, out: RejectFile, landed: Landed) -> None:
        self.out, self.landed, self.total = out, landed, prepared.found.rows
        self._maker = Maker(prepared.mapping, prepared.cells, prepared.source.fingerprint)
        taken = {cell.column.header for cell in prepared.cells}
        self._report = Report(
            ignored=tuple(name for name in prepared.source.header if name not in taken)
        )
        self._first: list[Reject] = []

    def ready(self, batch: Iterable[Row]) -> list[Item]:
        return [self._maker.item(row) for row in batch if not row.twin and not row.faults]

    def settle(self, batch: Iterable[Row], landing: Landing) -> None:
        """Count the rows of a batch, and write its rejects in the order of the file."""
        rejects = [(row.number, Reject(row.line, row.faults)) for row in batch if row.faults]
        rejects += [
            (item.row.number, Reject(item.row.line, (("", "no_person"),)))
            for item in landing.strangers
        ]
        ordered = [reject for _, reject in sorted(rejects, key=lambda pair: pair[0])]
        self.out.write(ordered)
        self._first += ordered[: SHOWN - len(self._first)]
        for row in batch:
            self.count(row)
        self.landed.add(landing.landed)

    def count(self, row: Row) -> None:
        report = self._report
        report.read += 1
        if row.twin:
            report.duplicates += 1
        elif row.faults:
            report.rejected += 1
            report.reasons.update({reason for _, reason in row.faults})
        for column, kind in row.changes:
            report.changes.setdefault(column, Counter())[kind] += 1

    def result(self, run_id: int | None, resumed_at: int) -> Result:
        report, landed = self._report, self.landed
        report.taken, report.unchanged = landed.taken, landed.unchanged
        report.followers_made, report.events = landed.followers_made, landed.events
        report.rejected += landed.strangers
        if landed.strangers:
            report.reasons["no_person"] += landed.strangers
        path = self.out.path if self.out.size else None
        return Result(report, run_id, path, tuple(self._first), resumed_at)

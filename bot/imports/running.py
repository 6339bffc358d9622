"""An import from its file to its report: survey, clean, land in batches, go on after a stop.

A batch is one transaction: rows land, and the run's position moves past them, or neither. The
position is taken by comparing, so of two processes with the same file each row lands by one, and
the slower one stops. Cleaning is a pure stream: an interrupted import cleans again from the
beginning, and lands what follows the position.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
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
from bot.imports.rejects import Reject, RejectFile, keep
from bot.imports.report import Landed, Report
from bot.imports.rows import Cleaned, Second
from bot.imports.sources import Source
from bot.imports.survey import Survey, survey
from bot.store import attribute_types
from bot.store import imports as store
from bot.store.db import transaction
from bot.store.imports import RunState

BATCH = 5000
SHOWN = 20  # rejects that the result carries along

Progress = Callable[[str, int, int], object]
"""(reading or importing, rows done since the last call, rows in all, about, or 0 where unknown)"""


def _silent(phase: str, done: int, total: int) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Result:
    """`run_id` None: a dry run. `first`: the first rejects.

    earlier   where nothing was new: an import of the same file under another mapping, if there was
    """

    report: Report
    run_id: int | None
    first: tuple[Reject, ...]
    resumed_at: int = 0
    earlier: int | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """The file with its mapping, surveyed: what its rows are is settled."""

    source: Source
    mapping: Mapping
    cells: tuple[Cell, ...]
    places: tuple[int, ...]
    found: Survey

    def batches(self, position: int = 0) -> Iterator[Cleaned]:
        """All rows, cleaned; those before `position` in batches of their own."""
        second = Second(self.mapping, self.cells, self.places, self.found)
        lines, start = self.source.rows(), 0
        while batch := list(islice(lines, _size(start, position))):
            yield second.clean(start, batch)
            start += len(batch)


def _size(start: int, position: int) -> int:
    """How many rows to take on from `start`, not across `position`."""
    return min(BATCH, position - start) if start < position else BATCH


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
    found = survey(
        mapping,
        cells,
        places,
        source.rows(),
        lambda rows: progress("reading", rows, source.lines),
    )
    return Prepared(source, mapping, cells, tuple(places), found)


def dry_run(
    account_id: int,
    prepared: Prepared,
    now: datetime,
    rejects: Path | None = None,
    progress: Progress = _silent,
) -> Result:
    """The whole report, and nothing written but the reject file where a place is given."""
    _check_declared(account_id, prepared.mapping)
    repeats = prepared.mapping.kind == "orders" and prepared.mapping.by != ("order",)
    rehearsal = Rehearsal(account_id, now, repeats=repeats)
    tally = _Tally(account_id, prepared, Landed())
    out = RejectFile(rejects, prepared.source.header) if rejects else None
    try:
        for batch in prepared.batches():
            rejected = tally.settle(batch, rehearsal.land(tally.items(batch)))
            if out is not None:
                out.write(rejected)
            progress("importing", len(batch.lines), tally.total)
    finally:
        if out is not None:
            out.close()
    return tally.result(None, 0)


def run(account_id: int, prepared: Prepared, clock: Clock, progress: Progress = _silent) -> Result:
    """Import, or go on with the import of the same file and mapping that was interrupted.

    Raises Conflict when another process imports the same file just now, InvalidInput where a column
    is not what was declared of its attribute.
    """
    _check_declared(account_id, prepared.mapping)
    state = _begin(account_id, prepared, clock())
    tally = _Tally(account_id, prepared, Landed(**state.counts))
    position = state.position
    with store.roomy():
        for batch in prepared.batches(position):
            if batch.end <= state.position:
                tally.count(batch)  # it landed already
            else:
                _import_batch(state, position, batch, tally)
                position = batch.end
            progress("importing", len(batch.lines), tally.total)
    result = tally.result(state.id, state.position)
    if not store.end(state.id, position, result.report.to_json(), clock()):
        raise _taken(state)
    return result


def _check_declared(account_id: int, mapping: Mapping) -> None:
    """What the account declared of its attributes (`hongyan attributes`) holds for imports, too."""
    for column in mapping.columns:
        if column.to == "attribute":
            kept = [kept for _, kept in column.values]
            attribute_types.check_column(account_id, column.name, column.type, kept)


def _begin(account_id: int, prepared: Prepared, now: datetime) -> RunState:
    source, mapping = prepared.source, prepared.mapping
    with transaction():
        return store.begin(
            account_id,
            mapping.kind,
            source.path.name,
            source.fingerprint,
            mapping.digest,
            mapping.document,
            now,
        )


def _import_batch(state: RunState, position: int, batch: Cleaned, tally: _Tally) -> None:
    items = tally.items(batch)
    with transaction():
        if not store.claim(state.id, position, batch.end):
            raise _taken(state)
        landing = land(state.account_id, items, state.started_at)
        keep(state.id, tally.header, tally.settle(batch, landing))
        store.note(state.id, tally.total, asdict(tally.landed))


def _taken(state: RunState) -> Conflict:
    return Conflict(f"import {state.id} of {state.file} is going on in another process")


class _Tally:
    """Makes items of rows, and counts what became of them."""

    def __init__(self, account_id: int, prepared: Prepared, landed: Landed) -> None:
        source, self.landed, self.total = prepared.source, landed, prepared.found.rows
        self.header = source.header
        self._maker = Maker(prepared.mapping, prepared.cells, source.fingerprint, account_id)
        taken = {cell.column.header for cell in prepared.cells}
        self._report = Report(ignored=tuple(name for name in source.header if name not in taken))
        self._first: list[Reject] = []
        mapping = prepared.mapping
        self._which = (account_id, mapping.kind, source.fingerprint, mapping.digest)

    def items(self, batch: Cleaned) -> list[Item]:
        return self._maker.items(batch)

    def settle(self, batch: Cleaned, landing: Landing) -> list[Reject]:
        """Count the rows of a batch; its rejects in the order of the file."""
        rejects = {
            batch.start + at: Reject(
                batch.lines[at], tuple(faults), self._maker.person(batch.values[at])
            )
            for at, faults in batch.faults.items()
        }
        for item, reason in landing.refused:
            rejects[item.number] = Reject(item.line, (("", reason),), item.person)
        ordered = [rejects[number] for number in sorted(rejects)]
        self._first += ordered[: SHOWN - len(self._first)]
        self.count(batch)
        self.landed.add(landing.landed)
        return ordered

    def count(self, batch: Cleaned) -> None:
        report = self._report
        report.read += len(batch.lines)
        report.duplicates += batch.twins
        report.rejected += len(batch.faults)
        for faults in batch.faults.values():
            report.reasons.update({reason for _, reason in faults})
        for column, kinds in batch.changes.items():
            report.changes.setdefault(column, Counter()).update(kinds)

    def result(self, run_id: int | None, resumed_at: int) -> Result:
        report, landed = self._report, self.landed
        report.taken, report.unchanged = landed.taken, landed.unchanged
        report.waiting = landed.waiting
        report.followers_made, report.events = landed.followers_made, landed.events
        report.joined, report.conflicts = landed.joined, landed.conflicts
        report.rejected += sum(landed.refused.values())
        report.reasons.update(landed.refused)
        stale = report.unchanged and not report.taken
        earlier = store.told_otherwise(*self._which) if stale else None
        return Result(report, run_id, tuple(self._first), resumed_at, earlier)

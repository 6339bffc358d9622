"""An import from its file to its report: survey, clean, land in batches, go on after a stop.

A batch is one transaction: rows land, and the run's position moves past them, or neither. The
position is taken by comparing, so of two processes with the same file each row lands by one, and
the slower one stops. Cleaning is a pure stream: an interrupted import cleans again from the
beginning, and lands what follows the position. Of a long file the next batch is cleaned in a
process beside this one while the present batch lands (`bot.imports.ahead`).
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from bot.clock import Clock
from bot.errors import Conflict, InvalidInput
from bot.imports.ahead import ahead, possible
from bot.imports.cells import Cell
from bot.imports.items import Item, Maker
from bot.imports.landing import Landing, Rehearsal, land
from bot.imports.mapping import Mapping
from bot.imports.parcels import Batch, Outline, pack, unpack
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
LONG = 20_000  # rows from which a second process pays

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
        for cleaned in prepared.batches():
            outline = tally.outline(cleaned)
            rejected = tally.settle(outline, rehearsal.land(tally.items(cleaned)))
            if out is not None:
                out.write(rejected)
            progress("importing", outline.rows, tally.total)
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
    with store.roomy(), _few_collections():
        for batch in _batches(prepared, tally, position):
            outline = batch.outline
            if outline.end <= state.position:
                tally.count(outline)  # it landed already
            else:
                _import_batch(state, position, batch, tally)
                position = outline.end
            progress("importing", outline.rows, tally.total)
    result = tally.result(state.id, state.position)
    if not store.end(state.id, position, result.report.to_json(), clock()):
        raise _taken(state)
    return result


@contextmanager
def _few_collections() -> Iterator[None]:
    """A batch is some 100,000 small objects and no cycle: looking through them for cycles, as often
    as is usual, took a third of an import's time."""
    usual = gc.get_threshold()
    gc.set_threshold(1_000_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


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


def _batches(prepared: Prepared, tally: _Tally, position: int) -> Iterator[Batch]:
    """Batches to land; of what landed before only the outline."""

    def made() -> Iterator[Batch]:
        for cleaned in prepared.batches(position):
            outline = tally.outline(cleaned)
            items = tally.items(cleaned) if outline.end > position else []
            openids = {item.person.openid: None for item in items if item.person.openid}
            yield Batch(outline, items, store.sealed(list(openids)))

    if prepared.found.rows < LONG or not possible():
        return made()
    return map(unpack, ahead(lambda: map(pack, made())))


def _import_batch(state: RunState, position: int, batch: Batch, tally: _Tally) -> None:
    with transaction():
        if not store.claim(state.id, position, batch.outline.end):
            raise _taken(state)
        landing = land(state.account_id, batch.items, state.started_at, batch.sealed)
        keep(state.id, tally.header, tally.settle(batch.outline, landing))
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

    def outline(self, batch: Cleaned) -> Outline:
        rejected = {
            at: (batch.lines[at], self._maker.person(batch.values[at]), faults)
            for at, faults in batch.faults.items()
        }
        return Outline(batch.start, len(batch.lines), rejected, batch.twins, batch.changes)

    def settle(self, batch: Outline, landing: Landing) -> list[Reject]:
        """Count the rows of a batch; its rejects in the order of the file."""
        rejects = {
            batch.start + at: Reject(line, tuple(faults), person)
            for at, (line, person, faults) in batch.rejected.items()
        }
        for item, reason in landing.refused:
            rejects[item.number] = Reject(item.line, (("", reason),), item.person)
        ordered = [rejects[number] for number in sorted(rejects)]
        self._first += ordered[: SHOWN - len(self._first)]
        self.count(batch)
        self.landed.add(landing.landed)
        return ordered

    def count(self, batch: Outline) -> None:
        report = self._report
        report.read += batch.rows
        report.duplicates += batch.twins
        report.rejected += len(batch.rejected)
        for _, _, faults in batch.rejected.values():
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

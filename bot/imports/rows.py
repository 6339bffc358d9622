"""The second pass: each row is ready to land, rejected with reasons, or another one's twin.

A pure stream: the same file, mapping and survey give the same rows. An interrupted import reads
again from the beginning and passes over what is done. Rows are cleaned many at once, column by
column.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from bot.imports.cells import Cell, Clean, act
from bot.imports.mapping import PERSON, Mapping
from bot.imports.reading import Value
from bot.imports.refunds import Refunds
from bot.imports.sources import Line
from bot.imports.survey import MERGED, PART, Survey, columns_of, key_of

Fault = tuple[str, str]  # column, reason

_VALUE, _CHANGES, _FAULT = itemgetter(0), itemgetter(1), itemgetter(2)


@dataclass(slots=True)
class Cleaned:
    """Rows that follow each other, the first being row `start` (from 0) of the file.

    values   a tuple a row, by cell number; only those of `ready` count
    ready    places in `lines` of the rows that are to land
    faults   place -> (column, reason) of each fault of a rejected row
    twins    rows dropped because another row stands for them
    changes  column -> kind of change -> cells, of the rows that are ready
    """

    start: int
    lines: list[Line]
    values: list[tuple[Value, ...]]
    ready: list[int]
    faults: dict[int, list[Fault]]
    twins: int
    changes: dict[str, Counter[str]]

    @property
    def end(self) -> int:
        """The number of the row after the last."""
        return self.start + len(self.lines)


class Second:
    """Cleans row after row: what is given to `clean` follows what was given before."""

    def __init__(
        self, mapping: Mapping, cells: Sequence[Cell], places: Sequence[int], survey: Survey
    ) -> None:
        self._cells, self._places, self._survey = cells, places, survey
        self._headers = [cell.column.header for cell in cells]
        self._by = [n for n, cell in enumerate(cells) if cell.column.to in mapping.by]
        self._keep = mapping.keep
        needed = _NEEDED if mapping.kind == "followers" else (*_NEEDED, "at")
        self._needed = {
            n
            for n, cell in enumerate(cells)
            if cell.column.to in needed or cell.column.policy.missing == "drop"
        }
        self._who = [n for n, cell in enumerate(cells) if cell.column.to in PERSON]
        self._refunds = Refunds([cell.column for cell in cells])
        self._waiting: dict[int, Sequence[Clean]] = {}  # parts of rows that are to be merged

    def clean(self, start: int, lines: list[Line]) -> Cleaned:
        columns = columns_of(lines, self._places)
        found = [cell.read_all(column) for cell, column in zip(self._cells, columns, strict=True)]
        faults = {at: [("", line.fault)] for at, line in enumerate(lines) if line.fault}
        gone = self._settle_twins(start, found, faults)
        out = gone | set(faults)
        for n, column in enumerate(found):
            found[n] = column = self._finished(n, start, column)
            if any(map(_FAULT, column)):
                for at, clean in enumerate(column):
                    if clean.fault and at not in out:
                        faults.setdefault(at, []).append((self._headers[n], clean.fault))
        values = list(zip(*(map(_VALUE, column) for column in found), strict=True))
        self._judge(values, out, faults)
        out |= set(faults)
        ready = [at for at in range(len(lines)) if at not in out] if out else [*range(len(lines))]
        changes = self._changes(found, ready)
        return Cleaned(start, lines, values, ready, faults, len(gone), changes)

    # --- twins -----------------------------------------------------------------------------

    def _settle_twins(
        self, start: int, found: list[list[Clean]], faults: dict[int, list[Fault]]
    ) -> set[int]:
        """Places of rows for which another one stands; what is merged becomes whole in `found`."""
        roles = self._survey.roles
        if roles is None or not found:
            return set()
        gone: set[int] = set()
        own = roles[start : start + len(found[0])]
        for at in map(int, own.nonzero()[0]):
            if own[at] == MERGED:
                self._merge(found, at)
            elif own[at] != PART and self._keep == "reject":
                names = "；".join(self._headers[n] for n in self._by)
                faults[at] = [(names, "duplicate")]
            else:
                gone.add(at)
                if own[at] == PART:
                    self._wait([column[at] for column in found])
        return gone

    def _wait(self, row: Sequence[Clean]) -> None:
        key = key_of(row, self._by)
        self._waiting[key] = _over(self._waiting.get(key, ()), row)

    def _merge(self, found: list[list[Clean]], at: int) -> None:
        row = [column[at] for column in found]
        whole = _over(self._waiting.pop(key_of(row, self._by), ()), row)
        for column, clean in zip(found, whole, strict=True):
            column[at] = clean

    # --- cells -----------------------------------------------------------------------------

    def _finished(self, n: int, start: int, column: list[Clean]) -> list[Clean]:
        """After the cell itself come outliers and missing values, by what the column is like."""
        if n in self._survey.edges:
            column = [self._within(n, clean) for clean in column]
        if n in self._survey.fills:
            return [
                clean
                if clean.value is not None or clean.fault
                else self._filled(n, start + at, clean)
                for at, clean in enumerate(column)
            ]
        if n in self._needed:
            return [
                clean
                if clean.value is not None or clean.fault
                else Clean(None, clean.changes, "missing")
                for clean in column
            ]
        return column

    def _within(self, n: int, clean: Clean) -> Clean:
        low, high = self._survey.edges[n]
        if clean.value is None or low <= clean.value <= high:
            return clean
        edge = _fitting(low if clean.value < low else high, clean.value)
        action = self._cells[n].column.policy.outliers
        return act(action, clean.value, edge, clean.changes, "outlier")

    def _filled(self, n: int, number: int, clean: Clean) -> Clean:
        column = self._cells[n].column
        value = self._survey.fills[n](number)
        if column.to in ("amount", "refund"):
            value = round(value)
        return Clean(value, (*clean.changes, f"filled: {column.policy.missing}"))

    # --- rows ------------------------------------------------------------------------------

    def _judge(
        self, values: Sequence[Sequence[Value]], out: set[int], faults: dict[int, list[Fault]]
    ) -> None:
        """What cells that are right each alone can have wrong together."""
        who = self._who
        for at, row in enumerate(values):
            if at in out or at in faults:
                continue
            if all(row[n] is None for n in who) if len(who) > 1 else row[who[0]] is None:
                faults[at] = [("", "nobody_named")]
            elif self._refunds.told and (fault := self._refunds.fault(row)):
                faults[at] = [fault]

    def _changes(
        self, found: Iterable[list[Clean]], ready: Sequence[int]
    ) -> dict[str, Counter[str]]:
        made: dict[str, Counter[str]] = {}
        for header, column in zip(self._headers, found, strict=True):
            kept = column if len(ready) == len(column) else [column[at] for at in ready]
            for kinds, times in Counter(map(_CHANGES, kept)).items():
                for kind in kinds:
                    made.setdefault(header, Counter())[kind] += times
        return made


_NEEDED = ("order", "amount", "event")


def _over(earlier: Sequence[Clean], later: Sequence[Clean]) -> Sequence[Clean]:
    """Both rows as one: what the later one says counts, what it leaves out is the earlier's."""
    if not earlier:
        return later
    return [
        old if new.value is None and not new.fault else new
        for old, new in zip(earlier, later, strict=True)
    ]


def _fitting(edge: float, value: Value) -> int | float:
    """The edge in the form of the column: whole where the values are."""
    return round(edge) if isinstance(value, int) else round(edge, 6)

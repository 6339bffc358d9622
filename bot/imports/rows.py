"""The second pass: each row is ready to land, rejected with reasons, or another one's twin.

A pure stream: the same file, mapping and survey give the same rows. An interrupted import reads
again from the beginning and passes over what is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from bot.imports.cells import Cell, Clean, act
from bot.imports.mapping import PERSON, Mapping
from bot.imports.reading import Value
from bot.imports.sources import Line
from bot.imports.survey import KEEP, MERGED, PART, Survey, key_of

Fault = tuple[str, str]  # column, reason


class Row(NamedTuple):
    """Row `number` (from 0) of the file. `twin`: dropped because another row stands for it.

    values   by cell number; empty where the row is rejected or a twin
    changes  (column, kind) of every cell that was changed
    """

    number: int
    line: Line
    values: tuple[Value, ...] = ()
    faults: tuple[Fault, ...] = ()
    twin: bool = False
    changes: tuple[tuple[str, str], ...] = ()


class Second:
    """Cleans row after row."""

    def __init__(
        self, mapping: Mapping, cells: Sequence[Cell], places: Sequence[int], survey: Survey
    ) -> None:
        self._cells, self._places, self._survey = cells, places, survey
        self._by = [n for n, cell in enumerate(cells) if cell.column.to in mapping.by]
        self._keep = mapping.keep
        needed = _NEEDED if mapping.kind == "followers" else (*_NEEDED, "at")
        self._needed = [n for n, cell in enumerate(cells) if cell.column.to in needed]
        self._who = [n for n, cell in enumerate(cells) if cell.column.to in PERSON]
        self._waiting: dict[int, list[Clean]] = {}  # parts of rows that are to be merged

    def rows(self, lines: Iterable[Line]) -> Iterator[Row]:
        roles = self._survey.roles
        for number, line in enumerate(lines):
            role = KEEP if roles is None else int(roles[number])
            yield self._row(number, line, role)

    def _row(self, number: int, line: Line, role: int) -> Row:
        if line.fault:
            return Row(number, line, faults=(("", line.fault),))
        given = line.cells
        width = len(given)
        found = [
            cell.read(given[place] if place < width else "")
            for cell, place in zip(self._cells, self._places, strict=True)
        ]
        if role == KEEP:
            return self._finished(number, line, found)
        if role == PART:
            self._wait(found)
        elif role == MERGED:
            key = key_of(found, self._by)
            return self._finished(number, line, _over(self._waiting.pop(key, []), found))
        elif self._keep == "reject":
            names = "；".join(self._cells[n].column.header for n in self._by)
            return Row(number, line, faults=((names, "duplicate"),))
        return Row(number, line, twin=True)

    def _wait(self, found: list[Clean]) -> None:
        key = key_of(found, self._by)
        self._waiting[key] = _over(self._waiting.get(key, []), found)

    def _finished(self, number: int, line: Line, found: Sequence[Clean]) -> Row:
        """After the cell itself come outliers and missing values, by what the column is like."""
        values: list[Value] = []
        faults: list[Fault] = []
        changes: list[tuple[str, str]] = []
        edges, fills = self._survey.edges, self._survey.fills
        for n, clean in enumerate(found):
            header = self._cells[n].column.header
            if n in edges:
                clean = self._within(n, clean)
            if clean.value is None and not clean.fault:
                clean = self._filled(n, number, clean) if n in fills else self._missed(n, clean)
            if clean.fault:
                faults.append((header, clean.fault))
            values.append(clean.value)
            if clean.changes:
                changes += [(header, kind) for kind in clean.changes]
        if not faults and all(values[n] is None for n in self._who):
            faults.append(("", "nobody_named"))
        if faults:
            return Row(number, line, faults=tuple(faults))
        return Row(number, line, tuple(values), changes=tuple(changes))

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
        if column.to == "amount":
            value = round(value)
        return Clean(value, (*clean.changes, f"filled: {column.policy.missing}"))

    def _missed(self, n: int, clean: Clean) -> Clean:
        cell = self._cells[n].column
        if cell.policy.missing == "drop" or n in self._needed:
            return Clean(None, clean.changes, "missing")
        return clean


_NEEDED = ("order", "amount", "event")


def _over(earlier: Sequence[Clean], later: list[Clean]) -> list[Clean]:
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

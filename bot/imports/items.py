"""From a clean row to the person it is about and the events that it becomes.

What every row of a file has alike is made once: this runs a million times.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import blake2b
from json.encoder import encode_basestring
from typing import NamedTuple

from bot.imports.cells import Cell
from bot.imports.mapping import PERSON, Column, Mapping
from bot.imports.people import Person
from bot.imports.reading import Value
from bot.imports.refunds import Refunds
from bot.imports.rows import Cleaned
from bot.imports.sources import Line
from bot.store.events import dedupe

SOURCE = "import"
# An order counts once, whoever reports it: its number names it, as for the shop's own reports.
ORDER_SOURCE = "order"
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


class Happening(NamedTuple):
    """One event to be, as the log keeps it. `at_ms` None: when the import began."""

    kind: str
    source: str
    dedupe: str
    at_ms: int | None
    facts: str


class Refund(NamedTuple):
    """Money that went back for the order that the row tells. `fen` 0: all that was paid."""

    number: str
    paid_fen: int
    fen: int
    at_ms: int | None


class Item(NamedTuple):
    """Row `number` (from 0) of the file, ready to land."""

    number: int
    line: Line
    person: Person
    happenings: list[Happening]
    refund: Refund | None = None


_Make = Callable[["Where", Value, int | None], list[Happening]]


class Where(NamedTuple):
    """A row of a file. `place`: 16 hex digits that grow with the line, so that the keys of a file
    stand side by side in the log's index; a million that are strewn over it take twice the time."""

    place: str
    line: str

    def key(self, what: str) -> str:
        """The unique key of what this row tells."""
        digest = blake2b(f"{self.line}{what}".encode(), digest_size=8).hexdigest()
        return self.place + digest


class Maker:
    """Makes items of one mapping's rows, for one account."""

    def __init__(
        self, mapping: Mapping, cells: Sequence[Cell], fingerprint: str, account_id: int
    ) -> None:
        self._event, self._account_id = mapping.event, account_id
        self._file = f"{account_id}\0{SOURCE}\0{fingerprint}:"
        self._place = blake2b(self._file.encode(), digest_size=4).hexdigest()
        self._columns = [cell.column for cell in cells]
        self._places = {column.to: n for n, column in enumerate(self._columns)}
        self._at = self._places.get("at")
        self._who = [self._places.get(to) for to in PERSON]
        self._topics = [n for n, column in enumerate(self._columns) if column.to == "topic"]
        self._items = [n for n, column in enumerate(self._columns) if column.to == "item"]
        self._facts = [
            (n, encode_basestring(column.name))
            for n, column in enumerate(self._columns)
            if column.to == "fact"
        ]
        self._makers = [
            (n, self._told_by(column))
            for n, column in enumerate(self._columns)
            if column.to in ("attribute", "tag")
        ]
        self._refunds = Refunds(self._columns)
        self._make = {
            "followers": self._of_follower,
            "orders": self._of_order,
            "events": self._of_event,
        }[mapping.kind]

    def items(self, cleaned: Cleaned) -> list[Item]:
        """The rows that are ready, in the order of the file."""
        start, lines, values = cleaned.start, cleaned.lines, cleaned.values
        return [self._item(start + at, lines[at], values[at]) for at in cleaned.ready]

    def person(self, row: Sequence[Value]) -> Person:
        """What a row says of who it is about, as far as it can be read."""
        return Person(*[None if n is None else row[n] for n in self._who])

    def _item(self, number: int, line: Line, row: Sequence[Value]) -> Item:
        person = self.person(row)
        at = None if self._at is None else row[self._at]
        where = Where(f"{self._place}{line.number:08x}", f"{self._file}{line.number}")
        refund = self._refund(row, at) if self._refunds.told else None
        return Item(number, line, person, self._make(where, row, at), refund)

    def _of_follower(self, where: Where, row: Sequence[Value], at: int | None) -> list[Happening]:
        """Told again by the same file, a value is no news: the key has it in it."""
        made: list[Happening] = []
        for n, make in self._makers:
            value = row[n]
            if value is not None:
                made += make(where, value, at)
        if self._topics and (topics := _named(self._topics, row)):
            facts = f'{{"topics": {_ENCODE(dict.fromkeys(topics, 1))}}}'
            key = where.key(f":i:{'|'.join(topics)}")
            made.append(Happening("interest.imported", SOURCE, key, at, facts))
        return made

    def _told_by(self, column: Column) -> _Make:
        return self._attribute(column) if column.to == "attribute" else self._tag(column)

    def _attribute(self, column: Column) -> _Make:
        middle = f":a:{column.name}:"
        head = f'{{"name": {encode_basestring(column.name)}, "value": '

        def make(where: Where, value: Value, at: int | None) -> list[Happening]:
            key = where.key(f"{middle}{value}")
            return [Happening("attribute", SOURCE, key, at, f"{head}{_json(value)}}}")]

        return make

    def _tag(self, column: Column) -> _Make:
        def make(where: Where, value: Value, at: int | None) -> list[Happening]:
            tags = {column.name: value} if column.type == "bool" else dict.fromkeys(value, True)
            return [
                Happening(
                    "tag",
                    SOURCE,
                    where.key(f":t:{tag}:{on}"),
                    at,
                    _ENCODE({"tag": tag, "on": on, "source": SOURCE}),
                )
                for tag, on in tags.items()
            ]

        return make

    def _of_order(self, where: Where, row: Sequence[Value], at: int | None) -> list[Happening]:
        topics = _ENCODE(dict.fromkeys(_named(self._topics, row), 1.0)) if self._topics else "{}"
        facts = f'{{"amount_fen": {row[self._places["amount"]]}, "topics": {topics}'
        if items := _named(self._items, row):
            facts += f', "skus": {_ENCODE(items)}'
        key = dedupe(self._account_id, ORDER_SOURCE, row[self._places["order"]])
        return [Happening("order", ORDER_SOURCE, key, at, f"{facts}}}")]

    def _refund(self, row: Sequence[Value], at: int | None) -> Refund | None:
        told = self._refunds.of(row)
        if told is None:
            return None
        fen, since = told
        paid = row[self._places["amount"]]
        return Refund(row[self._places["order"]], paid, fen, at if since is None else since)

    def _of_event(self, where: Where, row: Sequence[Value], at: int | None) -> list[Happening]:
        place = self._places.get("event")
        kind = self._event if place is None else row[place]
        facts = [f"{name}: {_json(row[n])}" for n, name in self._facts if row[n] is not None]
        if self._topics and (topics := _named(self._topics, row)):
            facts.append(f'"topics": {_ENCODE(dict.fromkeys(topics, 1))}')
        facts_ = f"{{{', '.join(facts)}}}"
        return [Happening(kind, SOURCE, where.key(f":e:{kind}"), at, facts_)]


def _named(places: Sequence[int], row: Sequence[Value]) -> list[str]:
    """All names that the columns of one target hold together, each once."""
    names: dict[str, None] = {}
    for n in places:
        if row[n]:
            names.update(dict.fromkeys(row[n]))
    return list(names)


def _json(value: Value) -> str:
    """As the encoder writes it, which is slow for a number alone."""
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    return repr(value) if kind is int or kind is float else _ENCODE(value)

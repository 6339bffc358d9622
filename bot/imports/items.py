"""From a clean row to the person it is about and the events that it becomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from bot.imports.cells import Cell
from bot.imports.mapping import PERSON, Mapping
from bot.imports.people import Person
from bot.imports.reading import Value
from bot.imports.rows import Row

SOURCE = "import"
# An order counts once, whoever reports it: its number names it, as for the shop's own reports.
ORDER_SOURCE = "order"


class Happening(NamedTuple):
    """One event to be. `key` names it within the source; `at_ms` None: when the import began."""

    kind: str
    source: str
    key: str
    at_ms: int | None
    facts: dict[str, Any]


class Item(NamedTuple):
    row: Row
    person: Person
    happenings: tuple[Happening, ...]


class Maker:
    """Makes items of one mapping's rows."""

    def __init__(self, mapping: Mapping, cells: Sequence[Cell], fingerprint: str) -> None:
        self._fingerprint, self._event = fingerprint, mapping.event
        self._columns = [cell.column for cell in cells]
        self._at = next((n for n, one in enumerate(self._columns) if one.to == "at"), None)
        self._who = [(n, one.to) for n, one in enumerate(self._columns) if one.to in PERSON]
        self._make = {
            "followers": self._of_follower,
            "orders": self._of_order,
            "events": self._of_event,
        }[mapping.kind]

    def item(self, row: Row) -> Item:
        person = Person(**{to: row.values[n] for n, to in self._who})
        at = row.values[self._at] if self._at is not None else None
        return Item(row, person, tuple(self._make(row, at)))

    def _named(self, to: str, values: Sequence[Value]) -> list[Value]:
        """All names that the columns of one target hold together."""
        names: dict[str, None] = {}
        for column, value in zip(self._columns, values, strict=True):
            if column.to == to and value:
                names.update(dict.fromkeys(value))
        return list(names)

    def _of_follower(self, row: Row, at: int | None) -> list[Happening]:
        """Told again by the same file, a value is no news: the key has it in it."""
        made, where = [], f"{self._fingerprint}:{row.line.number}"
        for column, value in zip(self._columns, row.values, strict=True):
            if value is None:
                continue
            if column.to == "attribute":
                facts = {"name": column.name, "value": value}
                key = f"{where}:a:{column.name}:{value}"
                made.append(Happening("attribute", SOURCE, key, at, facts))
            elif column.to == "tag":
                tags = {column.name: value} if column.type == "bool" else dict.fromkeys(value, True)
                for tag, on in tags.items():
                    facts = {"tag": tag, "on": on, "source": SOURCE}
                    made.append(Happening("tag", SOURCE, f"{where}:t:{tag}:{on}", at, facts))
        if topics := self._named("topic", row.values):
            facts = {"topics": dict.fromkeys(topics, 1)}
            key = f"{where}:i:{'|'.join(topics)}"
            made.append(Happening("interest.imported", SOURCE, key, at, facts))
        return made

    def _of_order(self, row: Row, at: int | None) -> list[Happening]:
        held = {column.to: value for column, value in zip(self._columns, row.values, strict=True)}
        facts: dict[str, Any] = {
            "amount_fen": held["amount"],
            "topics": dict.fromkeys(self._named("topic", row.values), 1.0),
        }
        if items := self._named("item", row.values):
            facts["skus"] = items
        return [Happening("order", ORDER_SOURCE, held["order"], at, facts)]

    def _of_event(self, row: Row, at: int | None) -> list[Happening]:
        kind, facts = self._event, {}
        for column, value in zip(self._columns, row.values, strict=True):
            if column.to == "event":
                kind = value
            elif column.to == "fact" and value is not None:
                facts[column.name] = value
        if topics := self._named("topic", row.values):
            facts["topics"] = dict.fromkeys(topics, 1)
        key = f"{self._fingerprint}:{row.line.number}:e:{kind}"
        return [Happening(kind, SOURCE, key, at, facts)]

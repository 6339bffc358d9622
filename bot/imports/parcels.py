"""Batches on their way between two processes of ours, as plain tuples: pickling their classes costs
as much as making them."""

from __future__ import annotations

import marshal
from collections import Counter
from typing import NamedTuple

from bot.imports.items import Happening, Item, Refund
from bot.imports.people import Person
from bot.imports.rows import Fault
from bot.imports.sources import Line
from bot.store.imports import Sealed


class Outline(NamedTuple):
    """What the report needs of a batch: its rows counted, and the rejected ones whole."""

    start: int
    rows: int
    rejected: dict[int, tuple[Line, Person, list[Fault]]]  # by place in the batch
    twins: int
    changes: dict[str, Counter[str]]

    @property
    def end(self) -> int:
        """The number of the row after the last."""
        return self.start + self.rows


class Batch(NamedTuple):
    """Rows ready to land. `sealed`: the openids that they name."""

    outline: Outline
    items: list[Item]
    sealed: dict[str, Sealed]


Parcel = tuple[Outline, bytes]


def pack(batch: Batch) -> Parcel:
    bulk = [
        (number, tuple(line), tuple(person), [*map(tuple, told)], refund and tuple(refund))
        for number, line, person, told, refund in batch.items
    ]
    sealed = {openid: tuple(one) for openid, one in batch.sealed.items()}
    return batch.outline, marshal.dumps((bulk, sealed))


def unpack(parcel: Parcel) -> Batch:
    """Only of what `pack` made: marshal trusts its input."""
    outline, packed = parcel
    bulk, sealed = marshal.loads(packed)
    new = tuple.__new__
    items = [
        new(
            Item,
            (
                number,
                new(Line, line),
                new(Person, person),
                [new(Happening, one) for one in told],
                refund and new(Refund, refund),
            ),
        )
        for number, line, person, told, refund in bulk
    ]
    return Batch(outline, items, {openid: new(Sealed, one) for openid, one in sealed.items()})

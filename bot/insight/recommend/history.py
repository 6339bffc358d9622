"""Who had what, when and how much: rows as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.kinds import Columns
from bot.insight.schema import texts
from bot.insight.split import times
from bot.insight.table import Table

Doubles = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class History:
    """Events by user, item and time; one row for each such three.

    users, items  names, in the order of their first row
    user, item    (n) places in these
    weight        (n) how much: baskets, yuan, minutes; above 0
    time          (n) any number that grows
    """

    users: Sequence[str]
    items: Sequence[str]
    user: Places
    item: Places
    weight: Doubles
    time: Doubles

    def until(self, cut: float) -> History:
        """What was known at a time, with the same users and items."""
        return self._of(self.time <= cut)

    def within(self, after: float, until: float) -> History:
        """What happened later than one time and no later than another."""
        return self._of((self.time > after) & (self.time <= until))

    def _of(self, kept: NDArray[np.bool_]) -> History:
        return replace(
            self,
            user=self.user[kept],
            item=self.item[kept],
            weight=self.weight[kept],
            time=self.time[kept],
        )


def history_of(table: Table, columns: Columns) -> History:
    """A table's rows.

    Needs user and item; weight is 1 where no column says it, time the same for all. Rows of the
    same user, item and time become one, weights added; rows of weight 0 or less are left out.
    Raises InvalidInput for a role without a column, an empty name or a cell that is no number.
    """
    users, user = _names(table, columns.user, "user")
    items, item = _names(table, columns.item, "item")
    time = times(table, columns.time) if columns.time else np.zeros(table.rows)
    weight = _weights(table, columns.weight)
    kept = weight > 0
    found = History(users, items, user[kept], item[kept], weight[kept], time[kept])
    if not len(found.user):
        raise InvalidInput("no row has a user, an item and a weight above 0: nothing to learn from")
    return _merged(found)


def _names(table: Table, name: str | None, role: str) -> tuple[Sequence[str], Places]:
    if name is None:
        raise InvalidInput(f"name the column that says the {role}: --{role} COLUMN")
    table.texts(name) if name not in table.columns else None
    cells = texts(table, name)
    if "" in cells:
        raise InvalidInput(f"line {cells.index('') + 2}, column {name}: the {role} is missing")
    seen: dict[str, int] = {}
    at = np.array([seen.setdefault(cell, len(seen)) for cell in cells], np.intp)
    return tuple(seen), at


def _weights(table: Table, name: str | None) -> Doubles:
    if name is None:
        return np.ones(table.rows)
    found = table.numbers(name)
    wrong = ~np.isfinite(found)
    if wrong.any():
        line = int(np.argmax(wrong)) + 2
        raise InvalidInput(f"line {line}, column {name}: the weight is not a finite number")
    return found


def _merged(events: History) -> History:
    order = np.lexsort((events.time, events.item, events.user))
    user, item, time = events.user[order], events.item[order], events.time[order]
    new = np.ones(len(order), bool)
    new[1:] = (np.diff(user) != 0) | (np.diff(item) != 0) | (np.diff(time) != 0)
    starts = np.flatnonzero(new)
    weight = np.add.reduceat(events.weight[order], starts)
    return replace(events, user=user[starts], item=item[starts], weight=weight, time=time[starts])

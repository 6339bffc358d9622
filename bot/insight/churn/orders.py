"""An order log as purchase histories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.churn.buying import Histories
from bot.insight.schema import texts
from bot.insight.split import times
from bot.insight.table import Table

Doubles = NDArray[np.float64]
DAY = 86_400


@dataclass(frozen=True)
class Log:
    """users  names, as they first stand
    user   (n) places in `users`
    time   (n) when: whole days where the file has dates, its own numbers otherwise
    unit   days, or "" for numbers
    """

    users: Sequence[str]
    user: NDArray[np.int64]
    time: Doubles
    unit: str

    @property
    def first(self) -> float:
        return float(self.time.min())

    @property
    def end(self) -> float:
        return float(self.time.max())

    def until(self, end: float) -> Log:
        """The orders up to this time, with whoever had ordered by then."""
        kept = self.time <= end
        held, user = np.unique(self.user[kept], return_inverse=True)
        return Log(
            [self.users[at] for at in held], user.astype(np.int64), self.time[kept], self.unit
        )


def log_of(table: Table, user: str, time: str, amount: str | None) -> Log:
    """The orders of a table; several of one person on one day (at one time) are one purchase.

    amount  a column whose rows of 0 or less, given back, are no purchases; None: every row is one

    Raises InvalidInput, with the line, for a time that is none; for a table without orders.
    """
    names = texts(table, user) if user in table.columns else table.texts(user)
    dated = not isinstance(table.columns.get(time), np.ndarray) and _dates(table.texts(time))
    at = times(table, time)
    if dated:
        at = np.floor(at / DAY)
    kept = np.array([bool(name) for name in names], bool)
    if amount:
        kept &= table.numbers(amount) > 0
    if not kept.any():
        raise InvalidInput("the log has no orders: no row has a person, a time and an amount")
    seen: dict[str, int] = {}
    who = np.array(
        [seen.setdefault(names[row], len(seen)) for row in np.flatnonzero(kept).tolist()]
    )
    pairs = np.unique(np.column_stack([who, at[kept]]), axis=0)
    return Log(list(seen), pairs[:, 0].astype(np.int64), pairs[:, 1], "days" if dated else "")


def _dates(cells: Sequence[str]) -> bool:
    """Whether a column of texts holds dates: the first that says anything is no number."""
    first = next((cell for cell in cells if cell), "")
    try:
        float(first)
    except ValueError:
        return True
    return False


def histories(log: Log, now: float) -> Histories:
    """Of each of the log's users, in their order; `now` is not before the last order."""
    count = len(log.users)
    x = np.bincount(log.user, minlength=count).astype(np.float64) - 1
    first, last = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(first, log.user, log.time)
    np.maximum.at(last, log.user, log.time)
    return Histories(x, last - first, now - first)


def bought_after(log: Log, users: Sequence[str], start: float) -> Doubles:
    """How many purchases each of these made after `start`, (n)."""
    place = {name: number for number, name in enumerate(users)}
    found = np.zeros(len(users))
    for row in np.flatnonzero(log.time > start).tolist():
        at = place.get(log.users[log.user[row]])
        if at is not None:
            found[at] += 1
    return found

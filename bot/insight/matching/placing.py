"""From prices to a matching that holds: stock, then budget, then what is left over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import fsum

import numpy as np
from numpy.typing import NDArray

from bot.insight.matching.audience import Audience
from bot.insight.matching.offers import NOTHING, Bools, Floats, Ints
from bot.insight.matching.picking import Book, Choices, Picks, Prices, pick
from bot.insight.matching.prices import Priced

NEAR = 1e-4  # of the bound: what is left over is looked at again where more is missing
FILLS = 6  # passes over the audience, at most, with each kind of prices
Rows = NDArray[np.intp]


@dataclass
class Placed:
    """(n) choice, and fen of value and cost by it; (k) left: of each offer's stock."""

    choice: Choices
    value: Floats
    cost: Floats
    left: Floats

    @property
    def total(self) -> float:
        return fsum(self.value.tolist())

    @property
    def spent(self) -> float:
        return fsum(self.cost.tolist())


def place(audience: Audience, book: Book, priced: Priced) -> Placed:
    """A matching within stock and budget, near the bound where the prices are."""
    n = len(audience)
    placed = Placed(np.full(n, NOTHING, np.int16), np.zeros(n), np.zeros(n), book.stock.copy())
    maker = _Maker(audience, book, priced, placed)
    maker.by_stock()
    maker.to_budget()
    maker.fill()
    maker.to_budget()  # sums of fractions of a fen are rounded: the last fen holds, too
    return placed


@dataclass
class _Maker:
    audience: Audience
    book: Book
    priced: Priced
    placed: Placed

    def open(self) -> list[int]:
        return [j for j in self.book.possible() if self.placed.left[j] >= 1]

    def picks(self, waiting: Bools, prices: Prices) -> tuple[Rows, Picks, Floats, Floats]:
        """What those who wait would pick of what is open: places, picks, values, costs."""
        among = self.open()
        found = []
        for block in self.audience.blocks():
            rows = np.flatnonzero(waiting[block.rows])
            if not rows.size:
                continue
            part = block if rows.size == len(block) else block.take(rows)
            picks = pick(part, self.book, prices, among, self.priced.jitter)
            values, costs = self.book.values(part, picks.offer), self.book.costs(part, picks.offer)
            some = picks.offer != NOTHING
            kept = (picks.offer, picks.best, picks.second, values, costs)
            found.append([rows[some] + block.start, *(column[some] for column in kept)])
        if not found:
            none = np.empty(0)
            return none.astype(np.intp), Picks(none.astype(np.int16), none, none), none, none
        rows, offer, best, second, values, costs = (
            np.concatenate(c) for c in zip(*found, strict=True)
        )
        return rows, Picks(offer, best, second), values, costs

    def by_stock(self) -> None:
        """Each gets its pick; where too many want one, those to whom the next best is the greatest
        loss; the others pick again of what is open. Ends, as each further round closes an offer."""
        waiting = np.ones(len(self.audience), np.bool_)
        while waiting.any() and self.open():
            rows, picks, values, costs = self.picks(waiting, self.priced.prices)
            worth = picks.best > 0
            waiting[:] = False
            loss = picks.best - np.maximum(picks.second, 0.0)
            for j in self.open():
                wanting = np.flatnonzero(worth & (picks.offer == j))
                room = self.placed.left[j]
                if wanting.size > room:
                    order = self._first(rows[wanting], -loss[wanting])
                    waiting[rows[wanting[order[int(room) :]]]] = True
                    wanting = wanting[order[: int(room)]]
                self._put(rows[wanting], j, values[wanting], costs[wanting])

    def to_budget(self) -> None:
        """Takes back, until the budget holds, what loses least for a fen saved."""
        placed, excess = self.placed, self.placed.spent - self.book.budget
        if not excess > 0:
            return
        rows = np.flatnonzero(placed.cost > 0)
        price = self.priced.prices.stock[placed.choice[rows]]
        order = rows[self._first(rows, (placed.value[rows] - price) / placed.cost[rows])]
        saved = np.cumsum(placed.cost[order])
        taken = order[: int(np.searchsorted(saved, excess)) + 1]
        self._take_back(taken)
        while self.placed.spent > self.book.budget:  # the sum was rounded: one more
            order = order[len(taken) :]
            taken = order[:1]
            self._take_back(taken)

    def fill(self) -> None:
        """What is left over goes to whom it is worth most: first at the prices, then, as these may
        leave some of the budget, at whatever is gained for a fen more of it."""
        everybody = np.ones(len(self.audience), np.bool_)
        free = replace(self.priced.prices, budget=0.0)
        for prices in (self.priced.prices, free) if np.isfinite(self.book.budget) else (free,):
            for done in range(FILLS):
                wanted = not done or self._far()
                if not (wanted and self.open() and self._filled(everybody, prices)):
                    break

    def _filled(self, everybody: Bools, prices: Prices) -> bool:
        """Whether anybody gained."""
        placed, (rows, picks, values, costs) = self.placed, self.picks(everybody, prices)
        gain, more = values - placed.value[rows], costs - placed.cost[rows]
        left = self.book.budget - placed.spent
        at = np.flatnonzero((gain > 0) & (more <= left))
        better = picks.best - self._net(rows, prices)
        if not prices.budget and left < np.inf:
            better = gain / np.maximum(more, 1e-6)
        order = at[self._first(rows[at], -better[at])]
        taken = self._affordable(order, picks.offer, more, left)
        self._take_back(rows[taken])
        for j in np.unique(picks.offer[taken]).tolist():
            those = taken[picks.offer[taken] == j]
            self._put(rows[those], j, values[those], costs[those])
        return taken.size > 0

    def _net(self, rows: Rows, prices: Prices) -> Floats:
        """What each has already, less prices."""
        choice = self.placed.choice[rows]
        stock = np.where(choice == NOTHING, 0.0, prices.stock[choice])
        net: Floats = self.placed.value[rows] - stock - prices.budget * self.placed.cost[rows]
        return net

    def _affordable(self, order: Rows, offer: Choices, more: Floats, budget: float) -> Rows:
        """Of `order`, the first to the last, those for whom stock and budget are there."""
        left, least = self.placed.left.tolist(), float(more[order].min(initial=np.inf))
        taken = []
        columns = (order.tolist(), offer[order].tolist(), more[order].tolist())
        for at, j, cost in zip(*columns, strict=True):
            if least > budget:
                break
            if cost <= budget and left[j] >= 1:
                taken.append(at)
                left[j], budget = left[j] - 1, budget - cost
        return np.array(taken, np.intp)

    def _far(self) -> bool:
        return self.placed.total < self.priced.bound * (1 - NEAR)

    def _first(self, rows: Rows, key: Floats) -> Rows:
        """Places of `rows`, the least key first; equals by hash, then by id."""
        hashes, ids = self.audience.hashes[rows], self.audience.ids[rows]
        return np.lexsort((ids, hashes, key))

    def _put(self, rows: Rows, j: int, values: Floats, costs: Floats) -> None:
        self.placed.choice[rows] = j
        self.placed.value[rows], self.placed.cost[rows] = values, costs
        self.placed.left[j] -= len(rows)

    def _take_back(self, rows: Rows) -> None:
        choices: Ints = self.placed.choice[rows].astype(np.int64) + 1
        self.placed.left += np.bincount(choices, minlength=len(self.placed.left) + 1)[1:]
        self.placed.choice[rows] = NOTHING
        self.placed.value[rows] = self.placed.cost[rows] = 0.0

"""Prices on stock and budget, so that what each follower would pick by itself fits the whole.

For any prices p >= 0 on stock and m >= 0 on the budget,

    D(p, m) = sum over followers of max(0, max over offers (value - p - m x cost))
              + sum over offers of p x stock + m x budget

is at least the value of every matching there is: the dual bound. The least D is looked for on a
sample, smoothed; then the whole audience says by how much the sample misrepresents it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import fsum
from typing import Any

import numpy as np

from bot.insight.matching.audience import ROWS, Audience, Block
from bot.insight.matching.offers import NOTHING, Bools, Floats
from bot.insight.matching.picking import Book, Prices, allowed, noise, pick

SAMPLE = 20_000  # followers
ROUNDS = 8  # at most, over the whole audience
ENOUGH = 1e-4  # of the bound: a round that gains less is the last
# Of the mean value: how far equals are kept apart. It is what a matching may lose by it.
JITTER = 3e-4
# The smoothing in fen, as parts of the mean value: each the start of the next.
SMOOTHINGS = (0.1, 0.01, 1e-3, 1e-4, 3e-5)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Priced:
    """bound: D at these prices, in fen; jitter: fen, as `pick` wants it."""

    prices: Prices
    bound: float
    jitter: float

    @classmethod
    def nothing(cls) -> Priced:
        """Where there is no offer."""
        return cls(Prices(np.zeros(0)), 0.0, 0.0)


@dataclass(frozen=True)
class _Demand:
    """What would be picked at some prices: of each offer, of the budget, and the bound there.

    net   (n) fen: what each follower's pick is worth less prices, however little
    """

    offers: Floats
    spent: float
    bound: float
    net: Floats


def settle(audience: Audience, book: Book, progress: Progress) -> Priced:
    """The prices of the least bound found."""
    search = _Search(_Sample(audience.first(SAMPLE), book), book, len(audience))
    best = Priced(search.prices, np.inf, search.sample.jitter)
    for done in range(ROUNDS):
        progress("prices", done, ROUNDS)
        demand = _demand(audience, book, search.prices, search.sample.jitter)
        found = Priced(search.prices, demand.bound, search.sample.jitter)
        before, best = best.bound, min(best, found, key=_bound)
        if search.whole or (done > 1 and before - best.bound < ENOUGH * best.bound):
            break
        if not done and demand.offers.sum() <= SAMPLE / 4:
            search = _Search(_Sample(audience.first(SAMPLE, -demand.net), book), book, SAMPLE)
        else:
            search.correct(demand)
    return replace(best, bound=_demand(audience, book, best.prices, 0.0).bound)


class _Search:
    """Prices by a sample, whose stocks are its share of the whole.

    Where few can have anything, the sample is of those with the best prospects, and has all the
    stock: the others want nothing at its prices, or the bound over everybody shows that they do.
    """

    def __init__(self, sample: _Sample, book: Book, people: int):
        share = min(1.0, SAMPLE / max(1, people))
        self.whole = people <= SAMPLE
        self.sample, self.book = sample, book
        self.stock, self.budget = book.stock * share, book.budget * share
        self.prices = sample.prices(self.stock, self.budget, None)

    def correct(self, demand: _Demand) -> None:
        """Ask again, by what the whole audience wanted at the prices found."""
        book, prices = self.book, self.prices
        self.stock = _corrected(self.stock, prices.stock, demand.offers, book.stock)
        price, spent = np.array([prices.budget]), np.array([demand.spent])
        self.budget = float(_corrected(self.budget, price, spent, book.budget)[0])
        self.prices = self.sample.prices(self.stock, self.budget, prices)


def _bound(priced: Priced) -> float:
    return priced.bound


def _corrected(
    scaled: Floats | float, price: Floats, demand: Floats, there: Floats | float
) -> Floats:
    """What the sample is to be asked next: less of what the whole wanted too much of, and more of
    what it left although it had a price."""
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.clip(there / demand, 0.5, 2.0)
    wrong = (demand > there) | (price > 0)
    changed: Floats = scaled * np.where(wrong & np.isfinite(factor), factor, 1.0)
    return changed


def _demand(audience: Audience, book: Book, prices: Prices, jitter: float) -> _Demand:
    among = book.possible()
    counts = np.zeros(len(book.stock) + 1, np.int64)
    net, costs = np.zeros(len(audience)), np.zeros(len(audience))
    for block in audience.blocks():
        picks = pick(block, book, prices, among, jitter)
        choice = np.where(picks.best > 0, picks.offer, np.int16(NOTHING))
        net[block.rows] = picks.best
        costs[block.rows] = book.costs(block, choice)
        counts += np.bincount(choice + 1, minlength=len(counts))
    # fsum is exact, so the order of followers is nothing to it.
    gains = fsum(np.maximum(net, 0.0).tolist())
    bound = gains + _held(prices.stock, book.stock) + _budgeted(prices, book)
    return _Demand(counts[1:].astype(np.float64), fsum(costs.tolist()), bound, net)


def _held(price: Floats, stock: Floats) -> float:
    return fsum(p * s for p, s in zip(price.tolist(), stock.tolist(), strict=True) if p > 0)


def _budgeted(prices: Prices, book: Book) -> float:
    return prices.budget * book.budget if prices.budget else 0.0


class _Sample:
    """The smoothed bound of some followers, and where it is least.

    With a smoothing t, max(0, a, b ...) becomes t log(1 + exp(a / t) + exp(b / t) ...), which is
    greater by at most t log(k + 1) and has a slope everywhere.
    """

    def __init__(self, block: Block, book: Book):
        self.among = np.array(book.possible(), np.intp)
        k, n = len(self.among), len(block)
        self.n, self.k, self.all = n, k, len(book.stock)
        self.values, self.costs = np.full((k, n), -np.inf), np.zeros((k, n))
        for at, j in enumerate(self.among):
            ok: Bools = allowed(block, book, j)
            choice = np.full(n, j, np.int16)
            self.values[at, ok] = book.values(block, choice)[ok]
            self.costs[at] = book.costs(block, choice)
        best = self.values.max(axis=0, initial=-np.inf)
        self.scale = float(best[best > 0].mean()) if (best > 0).any() else 1.0
        self.jitter = JITTER * self.scale
        for at, j in enumerate(self.among):
            self.values[at] += noise(block, j) * self.jitter
        self.capped = np.isfinite(book.stock[self.among])
        self.limited = np.isfinite(book.budget)

    def prices(self, stock: Floats, budget: float, start: Prices | None) -> Prices:
        """Where the smoothed bound is least for these stocks; from `start`, if there is one."""
        from scipy.optimize import minimize  # type: ignore[import-untyped]

        there = np.append(np.where(self.capped, stock[self.among], 0.0), 0.0)
        there[-1] = budget if self.limited else 0.0
        held = [(0, None if capped else 0) for capped in [*self.capped, self.limited]]
        at = np.zeros(self.k + 1)
        if start is not None:
            at = np.append(start.stock[self.among] / self.scale, start.budget)
        if not self.n or not self.k:
            return Prices(np.zeros(self.all))
        for smoothing in SMOOTHINGS if start is None else SMOOTHINGS[-3:]:
            found: Any = minimize(
                self._smoothed, at, (there, smoothing * self.scale), "L-BFGS-B", jac=True,
                bounds=held, options={"maxiter": 60, "ftol": 1e-10, "maxcor": 20},
            )  # fmt: skip
            # What the last bits are may hang on where an array lies in memory.
            at = np.round(found.x, 10)
        prices = np.zeros(self.all)
        prices[self.among] = at[:-1] * self.scale
        return Prices(prices, float(at[-1]))

    def _smoothed(self, at: Floats, there: Floats, t: float) -> tuple[float, Floats]:
        """The bound and its slope, both in parts of the mean value of all."""
        price, budget = at[:-1] * self.scale, float(at[-1])
        total, taken = 0.0, np.zeros(self.k + 1)
        for first in range(0, self.n, ROWS):
            rows = slice(first, first + ROWS)
            part = self._part(rows, price, budget, t)
            total, taken = total + part[0], taken + part[1]
        unit = self.scale * self.n
        value = total + float(np.sum(price * there[:-1])) + budget * float(there[-1])
        slope = there - taken
        slope[:-1] *= self.scale
        return value / unit, slope / unit

    def _part(self, rows: slice, price: Floats, budget: float, t: float) -> tuple[float, Floats]:
        costs = self.costs[:, rows]
        net = self.values[:, rows] - price[:, None]
        if budget:
            net -= budget * costs
        top = np.maximum(net.max(axis=0), 0.0)
        net -= top
        net /= t
        np.exp(net, out=net)
        sums = net.sum(axis=0) + np.exp(-top / t)
        net /= sums
        spent = float(np.sum(net * costs)) if self.limited else 0.0
        return float(np.sum(top + t * np.log(sums))), np.append(net.sum(axis=1), spent)

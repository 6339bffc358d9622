"""What an offer is worth to a follower, and what each would pick at given prices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.insight.matching.audience import Block
from bot.insight.matching.offers import NOTHING, Bools, Floats, Offer, Terms

Choices = NDArray[np.int16]
TINY = float(np.finfo(np.float64).tiny)  # worth nothing is not worth a message


@dataclass(frozen=True)
class Prices:
    """stock (k): fen, what one more of an offer's stock would be worth; budget: fen a fen."""

    stock: Floats
    budget: float = 0.0


@dataclass(frozen=True)
class Book:
    """Offers and terms as arrays of k.

    worth   what a response brings: margin less cost, 0 where it would bring a loss;
            value = chance x worth - message - fatigue
    charge  what an offer takes from the budget beside the message
    stock   infinite where nobody counts
    """

    worth: Floats
    charge: Floats
    stock: Floats
    budget: float
    expected: bool
    minimum: float

    @classmethod
    def of(cls, offers: Sequence[Offer], terms: Terms) -> Book:
        charge = np.array([offer.cost_fen for offer in offers], np.float64)
        stock = [np.inf if offer.stock is None else float(offer.stock) for offer in offers]
        return cls(
            np.maximum(np.array([offer.margin_fen for offer in offers]) - charge, 0.0),
            charge,
            np.array(stock, np.float64),
            np.inf if terms.budget_fen is None else float(terms.budget_fen),
            terms.counted == "expected",
            terms.minimum_fen,
        )

    def floor(self, block: Block) -> Floats:
        """The least chance x worth at which an offer is better than none."""
        least: Floats = block.message + block.fatigue + max(self.minimum, TINY)
        return least

    def possible(self) -> list[int]:
        """Offers that anybody could have, however willing."""
        return np.flatnonzero((self.worth > 0) & (self.stock >= 1)).tolist()

    def values(self, block: Block, choice: Choices) -> Floats:
        """(n) fen of each follower's choice; 0 for NOTHING."""
        some = choice != NOTHING
        chance = block.chances[choice, np.arange(len(block))].astype(np.float64)
        return np.where(some, chance * self.worth[choice] - block.message - block.fatigue, 0.0)

    def costs(self, block: Block, choice: Choices) -> Floats:
        """(n) fen taken from the budget by each follower's choice; 0 for NOTHING."""
        some = choice != NOTHING
        charge = self.charge[choice]
        if self.expected:
            chance = block.chances[choice, np.arange(len(block))].astype(np.float64)
            charge = charge * np.maximum(chance, 0.0)
        return np.where(some, charge + block.message, 0.0)


class Picks(NamedTuple):
    """(n) each. offer: the best at these prices, NOTHING where none may be had; best: what it is
    worth less prices; second: the same of the next best offer, minus infinity where none."""

    offer: Choices
    best: Floats
    second: Floats


def pick(
    block: Block, book: Book, prices: Prices, among: Iterable[int], jitter: float = 0.0
) -> Picks:
    """What each follower would have at these prices, even at a loss.

    among   offers that may be had, in their order
    jitter  fen: up to so much is added to each value, by the follower's hash, so that equals part
    """
    n = len(block)
    floor = book.floor(block)
    offer = np.full(n, NOTHING, np.int16)
    best, second = np.full(n, -np.inf), np.full(n, -np.inf)
    for j in among:
        value = np.multiply(block.chances[j], book.worth[j], dtype=np.float64)
        net: Floats = value - _price(block, book, prices, j)
        if jitter:
            net = net + noise(block, j) * jitter
        net[_barred(block, book, j, value < floor)] = -np.inf
        np.maximum(second, np.minimum(net, best), out=second)
        offer[net > best] = j
        np.maximum(best, net, out=best)
    base = block.message * (1 + prices.budget) + block.fatigue
    return Picks(offer, best - base, second - base)


def _price(block: Block, book: Book, prices: Prices, j: int) -> Floats | float:
    own = float(prices.stock[j])
    if not prices.budget or not book.charge[j]:
        return own
    charge = prices.budget * float(book.charge[j])
    if not book.expected:
        return own + charge
    taken: Floats = np.multiply(block.chances[j], charge, dtype=np.float64)
    return taken + own


def noise(block: Block, j: int) -> Floats:
    """(n) in 0..1, another one for each offer."""
    # An odd multiplier permutes the 32 bits; the golden ratio spreads neighbours.
    factor = np.uint32((2 * j + 1) * 0x9E3779B1 % 2**32)
    halves = (block.hashes >> np.uint64(32)).astype(np.uint32) * factor
    spread: Floats = np.multiply(halves, 2.0**-32, dtype=np.float64)
    return spread


def allowed(block: Block, book: Book, j: int) -> Bools:
    """(n) whether the offer is open to the follower, better than none, and within the budget."""
    value = np.multiply(block.chances[j], book.worth[j], dtype=np.float64)
    return ~_barred(block, book, j, value < book.floor(block))


def _barred(block: Block, book: Book, j: int, poor: Bools) -> Bools:
    """`poor`, and who alone would take more than the whole budget."""
    if book.budget >= book.charge[j] + block.message.max(initial=0.0):
        return poor
    return poor | (book.costs(block, np.full(len(block), j, np.int16)) > book.budget)

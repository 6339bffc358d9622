"""Why this, why not me: the runner-up of each follower and the reason it was not chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.insight.matching.audience import NOT_ELIGIBLE, Audience, Block
from bot.insight.matching.offers import NOTHING, Floats, Reason
from bot.insight.matching.picking import TINY, Book, Choices, Prices
from bot.insight.matching.placing import Placed

Codes = NDArray[np.uint8]
Singles = NDArray[np.float32]


@dataclass(frozen=True)
class Reasons:
    """(n) each, 19 bytes a follower.

    runner_up  the offer that is worth most to the follower beside the choice; NOTHING: none is open
    reason     a Reason: why that was not chosen
    margin     fen: how much more the choice is worth at the prices than the runner-up
    chance     of a response to the choice, or to the runner-up where there is no choice
    message    fen
    fatigue    fen
    """

    runner_up: Choices
    reason: Codes
    margin: Singles
    chance: Singles
    message: Singles
    fatigue: Singles


def explain(audience: Audience, book: Book, prices: Prices, placed: Placed) -> Reasons:
    n = len(audience)
    found = Reasons(
        np.full(n, NOTHING, np.int16),
        np.zeros(n, np.uint8),
        *(np.zeros(n, np.float32) for _ in range(4)),
    )
    if not book.worth.size:
        found.reason[:] = Reason.NOT_ELIGIBLE
        return found
    left = book.budget - placed.spent
    for block in audience.blocks():
        choice = placed.choice[block.rows]
        other = _runner_up(block, book, choice)
        found.runner_up[block.rows] = other
        margin = _net(block, book, prices, choice) - _net(block, book, prices, other)
        found.margin[block.rows] = margin
        found.reason[block.rows] = _reason(block, book, prices, placed, left, choice, other, margin)
        told = np.where(choice == NOTHING, other, choice)
        chance = block.chances[told, np.arange(len(block))]
        found.chance[block.rows] = np.where(told == NOTHING, 0.0, chance)
        found.message[block.rows], found.fatigue[block.rows] = block.message, block.fatigue
    return found


def _runner_up(block: Block, book: Book, choice: Choices) -> Choices:
    """The open offer, beside the choice, of the greatest value; of equals the first named."""
    best = np.full(len(block), -np.inf)
    other = np.full(len(block), NOTHING, np.int16)
    for j, worth in enumerate(book.worth):
        value = np.multiply(block.chances[j], worth, dtype=np.float64)
        value[(block.chances[j] == NOT_ELIGIBLE) | (choice == j)] = -np.inf
        better = value > best
        other[better], best[better] = j, value[better]
    return other


def _net(block: Block, book: Book, prices: Prices, choice: Choices) -> Floats:
    """Value less prices; 0 for NOTHING."""
    stock = np.where(choice == NOTHING, 0.0, prices.stock[choice])
    net: Floats = book.values(block, choice) - stock - prices.budget * book.costs(block, choice)
    return net


def _reason(
    block: Block,
    book: Book,
    prices: Prices,
    placed: Placed,
    left: float,
    choice: Choices,
    other: Choices,
    margin: Floats,
) -> Codes:
    own, value = book.values(block, choice), book.values(block, other)
    costs = book.costs(block, other) - book.costs(block, choice)
    stock = prices.stock[other] - np.where(choice == NOTHING, 0.0, prices.stock[choice])
    reason = np.where(stock >= prices.budget * costs, Reason.STOCK, Reason.BUDGET)
    # Where prices do not speak against it: the last of its stock was gone, or the last of the
    # budget; or the two are as good as equal, and the jitter parted them.
    close = margin < 0
    reason[close & (choice != NOTHING)] = Reason.WORTH_LESS
    reason[close & (costs > left)] = Reason.BUDGET
    reason[(close & (placed.left[other] < 1)) | (book.stock[other] < 1)] = Reason.STOCK
    reason[own >= value] = Reason.WORTH_LESS
    nothing = choice == NOTHING
    reason[nothing & (value < max(book.minimum, TINY))] = Reason.BELOW_MINIMUM
    reason[other == NOTHING] = Reason.NOT_ELIGIBLE
    return reason.astype(np.uint8)

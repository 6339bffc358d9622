"""What is to be matched: offers, the terms of the whole, followers in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import isfinite
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

MAX_OFFERS = 1000
NOTHING = -1  # the offer of whom nothing is offered to


@dataclass(frozen=True, slots=True)
class Offer:
    """One of those to choose from.

    margin_fen  what a response earns, before the offer's own cost
    cost_fen    what the offer costs once it is taken up: a coupon's face value
    stock       how many may have it; None: nobody counts it
    """

    name: str
    margin_fen: float
    cost_fen: float = 0.0
    stock: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all offers together.

    budget_fen   what messages and offers may cost together; None: there is no budget
    counted      certain: an offer counts as if it were taken up; expected: times the chance of it
    minimum_fen  who is worth less to each offer gets none
    seed         decides between equals, together with the follower's id
    """

    budget_fen: float | None = None
    counted: Literal["certain", "expected"] = "certain"
    minimum_fen: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class Chunk:
    """Some followers, n of them, before k offers.

    ids          (n)     whole numbers; a follower stands in one chunk, once
    chances      (n, k)  of a response, -1..1: an uplift may be negative. Kept in 32 bits
    eligible     (n, k)  who may have which; None: everybody everything
    message_fen  (n)     or one for all: what the message costs on the follower's channel
    fatigue_fen  (n)     or one for all: what one more message costs in goodwill
    """

    ids: NDArray[Any] | Sequence[int]
    chances: NDArray[Any]
    eligible: Bools | None = None
    message_fen: float | NDArray[Any] = 0.0
    fatigue_fen: float | NDArray[Any] = 0.0


# Asked anew for each pass over the audience, unless that fits into memory. The same each time.
Source = Callable[[], Iterable[Chunk]]


class Reason(IntEnum):
    """Why the runner-up was not chosen; of who has nothing, why even that was not."""

    WORTH_LESS = 0  # to this follower it is worth no more than the choice
    STOCK = 1  # its stock went to whom it is worth more
    BUDGET = 2  # the budget bought more elsewhere
    BELOW_MINIMUM = 3
    NOT_ELIGIBLE = 4  # no offer, or no other, is open to the follower


def check_offers(offers: Sequence[Offer], terms: Terms) -> None:
    """Raises InvalidInput naming the first offer, or term, that is no quantity."""
    if len(offers) > MAX_OFFERS:
        raise InvalidInput(f"offers: {len(offers)}, and at most {MAX_OFFERS} can be matched")
    for offer in offers:
        if not isfinite(offer.margin_fen):
            raise InvalidInput(f"offer {offer.name}: margin_fen is not a number", "margin_fen")
        _check(offer.cost_fen, f"offer {offer.name}: cost_fen", "cost_fen")
        if offer.stock is not None:
            _check(offer.stock, f"offer {offer.name}: stock", "stock")
    if len({offer.name for offer in offers}) < len(offers):
        raise InvalidInput("offers: a name stands twice; give each offer its own")
    if terms.budget_fen is not None:
        _check(terms.budget_fen, "budget_fen", "budget_fen")
    _check(terms.minimum_fen, "minimum_fen", "minimum_fen")


def _check(value: float, what: str, field: str) -> None:
    if not (isfinite(value) and value >= 0):
        raise InvalidInput(f"{what} is {value}; it must be a number from 0 on", field)


def check_chunk(chunk: Chunk, offers: int, first: int) -> tuple[Ints, Floats, Floats]:
    """Ids, message and fatigue of each follower.

    first   the place of the chunk's first follower, counted from 0: refusals name places from 1

    Raises InvalidInput with the place of the first value that is no chance or no cost.
    """
    ids = np.asarray(chunk.ids)
    n = ids.shape[0] if ids.ndim == 1 else -1
    if n < 0 or (n and not np.issubdtype(ids.dtype, np.integer)):
        raise InvalidInput("ids: a list of whole numbers is wanted", "ids")
    for name, part in (("chances", chunk.chances), ("eligible", chunk.eligible)):
        if part is not None and part.shape != (n, offers):
            said = f"{n} followers and {offers} offers make {(n, offers)}"
            raise InvalidInput(f"{name}: has the shape {part.shape}; {said}", name)
    _check_chances(chunk, first)
    message = _per_follower(chunk.message_fen, "message_fen", n, first)
    return ids.astype(np.int64), message, _per_follower(chunk.fatigue_fen, "fatigue_fen", n, first)


def _check_chances(chunk: Chunk, first: int) -> None:
    # NaN compares false: what is refused is what is not known to be in range.
    if chunk.chances.size and not (chunk.chances.min() >= -1 and chunk.chances.max() <= 1):
        bad = np.argwhere(~(np.abs(chunk.chances) <= 1))[0].tolist()
        found = chunk.chances[bad[0], bad[1]]
        place = f"follower {first + bad[0] + 1}, offer {bad[1] + 1}"
        raise InvalidInput(f"{place}: {found} is not a chance in -1..1", "chances")


def _per_follower(value: float | NDArray[Any], name: str, n: int, first: int) -> Floats:
    given = np.asarray(value, np.float64)
    if given.shape not in ((), (n,)):
        raise InvalidInput(f"{name}: one number, or one for each of {n} followers", name)
    costs = np.broadcast_to(given, (n,)).copy()
    bad = ~(np.isfinite(costs) & (costs >= 0))
    if bad.any():
        at = int(bad.argmax())
        said = f"{costs[at]} is not a cost from 0 on"
        raise InvalidInput(f"follower {first + at + 1}: {name} {said}", name)
    return costs

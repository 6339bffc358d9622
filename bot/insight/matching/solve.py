"""match_offers: at most one offer for each of an audience, within stock and budget, near the best.

Formulas, the proof of the bound and an example by hand: docs/explanation/matching.md
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.insight.matching.audience import KEEP_BYTES, Audience
from bot.insight.matching.exact import finish
from bot.insight.matching.offers import NOTHING, Ints, Offer, Reason, Source, Terms, check_offers
from bot.insight.matching.picking import Book, Choices, Prices
from bot.insight.matching.placing import Placed, place
from bot.insight.matching.prices import Priced, Progress, settle
from bot.insight.matching.reasons import Reasons, explain


@dataclass(frozen=True)
class Why:
    """The parts of a follower's value, in fen, and what stood against the runner-up.

    value = response - offer_cost - message - fatigue, of the choice; of the runner-up where nothing
    was chosen. Both offers are names, None where there is none.
    """

    choice: str | None
    runner_up: str | None
    reason: Reason
    margin_fen: float
    chance: float
    response_fen: float
    offer_cost_fen: float
    message_fen: float
    fatigue_fen: float

    @property
    def value_fen(self) -> float:
        return self.response_fen - self.offer_cost_fen - self.message_fen - self.fatigue_fen


@dataclass(frozen=True)
class Matching:
    """What was found for n followers and k offers.

    ids        (n)  in the order in which they came
    choice     (n)  place of the offer among `offers`, NOTHING for none
    prices          of stock (k) and budget: what one more of it would bring
    sold       (k)
    total_fen       what the matching is worth
    bound_fen       no matching is worth more
    spent_fen       counted as the terms say
    """

    offers: tuple[Offer, ...]
    ids: Ints
    choice: Choices
    reasons: Reasons
    prices: Prices
    sold: Ints
    total_fen: float
    bound_fen: float
    spent_fen: float

    @property
    def gap(self) -> float:
        """The part of the bound that is missing, 0..1: proven, the truth may be better."""
        return 1 - self.total_fen / self.bound_fen if self.bound_fen > 0 else 0.0

    def why(self, at: int) -> Why:
        """Of the follower at this place of `ids`."""
        choice, other = int(self.choice[at]), int(self.reasons.runner_up[at])
        told = other if choice == NOTHING else choice
        chance = 0.0 if told == NOTHING else float(self.reasons.chance[at])
        return Why(
            self._name(choice),
            self._name(other),
            Reason(int(self.reasons.reason[at])),
            float(self.reasons.margin[at]),
            chance,
            chance * self.offers[told].margin_fen if chance else 0.0,
            chance * self.offers[told].cost_fen if chance else 0.0,
            float(self.reasons.message[at]),
            float(self.reasons.fatigue[at]),
        )

    def _name(self, choice: int) -> str | None:
        return None if choice == NOTHING else self.offers[choice].name


def _unseen(_what: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""


def match_offers(
    offers: Sequence[Offer],
    source: Source,
    terms: Terms | None = None,
    *,
    keep_bytes: int = KEEP_BYTES,
    progress: Progress = _unseen,
) -> Matching:
    """The matching of an audience.

    source      gives the audience's chunks; asked once where 4 bytes a follower and offer fit into
                keep_bytes, else once for each pass, about 15 times

    Neither the order of followers nor their chunks change what anybody gets.
    Raises InvalidInput for what is no chance, cost or stock, and for a follower who comes twice.
    """
    terms = terms or Terms()
    check_offers(offers, terms)
    progress("read", 0, 1)
    audience, book = Audience(source, len(offers), terms.seed, keep_bytes), Book.of(offers, terms)
    if not offers:
        return _of(offers, audience, book, _none(audience, book), Priced.nothing())
    priced = settle(audience, book, progress)
    progress("place", 0, 1)
    placed = place(audience, book, priced)
    return _of(offers, audience, book, placed, finish(audience, book, priced, placed))


def _none(audience: Audience, book: Book) -> Placed:
    n = len(audience)
    return Placed(np.full(n, NOTHING, np.int16), np.zeros(n), np.zeros(n), book.stock.copy())


def _of(
    offers: Sequence[Offer], audience: Audience, book: Book, placed: Placed, priced: Priced
) -> Matching:
    sold = np.bincount(placed.choice.astype(np.int64) + 1, minlength=len(offers) + 1)[1:]
    return Matching(
        tuple(offers),
        audience.ids,
        placed.choice,
        explain(audience, book, priced.prices, placed),
        priced.prices,
        sold,
        placed.total,
        max(priced.bound, placed.total),  # they may differ by what rounding takes
        placed.spent,
    )

"""Held out of a run that matches: who of them would have got no offer anyway.

Who is matched is who responds best. Compared with everybody held out, the campaign would look
better than it is; so those are told apart by the prices at which the others were matched: who has
nothing that is worth its price would not have been chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bot.campaign.drawing.matched import Doubles, Planned, chunks, opening
from bot.campaign.permission.order import Order
from bot.store import send_matches
from bot.store.campaigns import GenerationState

if TYPE_CHECKING:
    from bot.insight.matching import Chunk

# Of the mean worth: between equals chance decides, and so all of them are a fair comparison. It is
# above what parts equals and what the prices are rounded to (docs/explanation/matching.md).
TIED = 0.001


def unworthy(order: Order, found: Planned, run: GenerationState) -> list[int]:
    """Follower ids, of those of the run's held-out whom permission would let through."""

    def spans() -> Iterator[list[int]]:
        return send_matches.held_out(order.campaign_id, order.generation)

    served = int(found.matching.sold.sum())
    least = -TIED * found.matching.total_fen / served if served else np.inf
    free = replace(order, limits=replace(order.limits, control=None))
    barred: list[int] = []
    for chunk in chunks(free, spans, opening(order, run.started_at)):
        best = _best(order, found, chunk)
        barred += np.asarray(chunk.ids)[best < least].tolist()
    return barred


def _best(order: Order, found: Planned, chunk: Chunk) -> Doubles:
    """(n) fen: the most by which an offer is worth more than its price."""
    part, offers, prices = order.definition.match, found.matching.offers, found.matching.prices
    assert part is not None, "only an order with choices is matched"
    cost = np.array([offer.cost_fen for offer in offers])
    worth = np.array([offer.margin_fen for offer in offers]) - cost
    message = np.asarray(chunk.message_fen)
    value = chunk.chances * worth - (message + np.asarray(chunk.fatigue_fen))[:, None]
    net = value - prices.stock - prices.budget * (cost + message[:, None])
    open_ = np.asarray(chunk.eligible) & (value > 0) & (value >= part.minimum_fen)
    stocked = np.array([offer.stock != 0 for offer in offers])
    best: Doubles = np.where(open_ & stocked, net, -np.inf).max(axis=1)
    return best

"""Deciding who of a run's audience gets which of several offers, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from bot.campaign.matched import MATCH, Planned, owed, planned_for, write
from bot.campaign.matched_apart import unworthy
from bot.campaign.order import Order
from bot.campaign.states import CampaignStatus
from bot.store import campaigns, send_matches
from bot.store.db import again, transaction


def decide(order: Order) -> None:
    """Plan, and write what each row carries. Two at once: the first that writes has decided."""
    run = campaigns.generation(order.campaign_id, order.generation)
    found = planned_for(order, run)
    _decide(order, found, unworthy(order, found, run))


@again
def _decide(order: Order, found: Planned, unworthy: Sequence[int]) -> None:
    with transaction():
        run = campaigns.generation(order.campaign_id, order.generation, lock=True)
        planning = campaigns.get(order.campaign_id).state == CampaignStatus.PLANNING
        if planning and owed(order, run):
            write(order, found)
            send_matches.bar(order.campaign_id, order.generation, unworthy)
            campaigns.set_forecast(run.id, {**(run.forecast or {}), MATCH: found.summary()})

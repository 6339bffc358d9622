"""Closing: a run ends when every row is accounted for, and the sum is printed and kept."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.campaign.document.definition import Definition, parse
from bot.campaign.results.sheet import sign_due
from bot.campaign.results.sums import Closing, closings
from bot.campaign.states import CampaignStatus, move
from bot.errors import Conflict
from bot.store import campaigns, coupons, send_figures, send_plan, send_repair
from bot.store.campaigns import CampaignState
from bot.store.db import again, transaction

logger = logging.getLogger(__name__)

FOREVER = timedelta(days=3650)


def close_due(now: datetime) -> int:
    """Close every run that is through, and sign its sheet; how many. One that does not add up is
    left open, and says where in its campaign's `error`."""
    closed = 0
    states = [CampaignStatus.RUNNING, CampaignStatus.CANCELLED]
    for campaign in campaigns.open_runs(states):
        try:
            closed += _is_through(campaign, now) and close(campaign, now) is not None
        except Conflict as error:
            logger.error("campaign=%s close=refused reason=%s", campaign.slug, error)
            campaigns.complain(campaign.id, str(error))
    sign_due(now)
    return closed


def _is_through(campaign: CampaignState, now: datetime) -> bool:
    """Everything has gone its way, and so has the time in which it can have an effect."""
    if send_repair.unfinished(campaign.id):
        return False
    generation = campaigns.generation(campaign.id, campaign.generation)
    campaigns.set_sent(generation.id, now)
    if campaign.state == CampaignStatus.CANCELLED:
        return True
    definition = parse(generation.definition)
    ends = (generation.sent_at or now) + timedelta(days=definition.attribution_days)
    return ends <= now and not _reminders_ahead(campaign, definition, now)


def _reminders_ahead(campaign: CampaignState, definition: Definition, now: datetime) -> bool:
    """A coupon that its follower claimed still waits for its reminder."""
    if definition.reminder is None:
        return False
    batch = coupons.batch_by_slug(campaign.account_id, definition.offer)
    return any(send_plan.ending_codes(campaign.id, batch.id, now, now + FOREVER))


@again
def close(campaign: CampaignState, now: datetime) -> dict[str, Closing] | None:
    """Make the sum and end the run. None: another process closed it.

    Raises Conflict, with the line that does not add up, and leaves everything as it was.
    """
    with transaction():
        generation = campaigns.generation(campaign.id, campaign.generation, lock=True)
        if generation.closed_at is not None:
            return None
        sums = closings(generation, send_figures.counts(campaign.id, generation.number))
        if generation.planned_at is None and campaign.state != CampaignStatus.CANCELLED:
            raise Conflict("the audience is not fully in the ledger yet")
        for closing in sums.values():
            if not closing.balanced:
                raise Conflict(f"does not add up: {closing.words()}")
        document = {step: closing.to_json() for step, closing in sums.items()}
        campaigns.close_generation(generation.id, document, now)
        if campaign.state != CampaignStatus.CANCELLED:
            move(campaign.id, CampaignStatus.CLOSED, now)
    for closing in sums.values():
        logger.info("campaign=%s closed=1 %s", campaign.slug, closing.words())
    return sums

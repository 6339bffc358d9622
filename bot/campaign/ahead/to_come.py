"""The next run of a campaign, as if it began now: when, and by which order. Nothing is written."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.campaign.document.definition import Definition, parse
from bot.campaign.document.house import held
from bot.campaign.document.recurrence import following
from bot.campaign.permission.limits import limits_of
from bot.campaign.permission.market import ways_of
from bot.campaign.permission.order import Order, batches_of, deadline_of, zone_of
from bot.campaign.permission.pieces import pieces_of
from bot.store import campaign_rules
from bot.store.campaigns import CampaignState


def start_of(campaign: CampaignState, now: datetime) -> datetime:
    """When its next run begins: as it is scheduled, or as its document plans; now where neither is
    to come."""
    definition = parse(
        campaign.definition, zone_of(campaign.account_id), standing=campaign.standing
    )
    planned = campaign.due_at or definition.at
    if definition.recurs is not None and campaign.due_at is None:
        first = max(now, definition.at or now) - timedelta(microseconds=1)
        planned = following(definition.recurs, definition.until, first)
    return max(planned or now, now)


def order_to_come(campaign: CampaignState, public_url: str, now: datetime) -> Order:
    """The order of the next run, as if it began now; nothing is written."""
    zone = zone_of(campaign.account_id)
    definition = parse(campaign.definition, zone, standing=campaign.standing)
    run_of = (campaign.id, campaign.generation + 1)
    return sample_order(campaign.account_id, definition, public_url, now, run_of)


def sample_order(
    account_id: int,
    definition: Definition,
    public_url: str,
    now: datetime,
    run_of: tuple[int, int] = (0, 1),
) -> Order:
    """The order of a definition, as if it began now; nothing is written. Raises NotFound.

    run_of   (campaign id, number of the run); of what is no campaign yet it does not matter
    """
    campaign_id, number = run_of
    zone = zone_of(account_id)
    definition = held(definition, campaign_rules.of(account_id))
    offer, choices = batches_of(account_id, definition)
    linked = bool(definition.url or definition.gives)
    return Order(
        campaign_id,
        account_id,
        number,
        definition,
        zone,
        deadline_of(definition, now),
        offer,
        0 if linked else None,  # no link has this number: a tap on a sample counts nowhere
        public_url,
        limits_of(account_id, campaign_id, definition, choices or (offer,), zone, now),
        pieces_of(account_id, campaign_id, definition, now, sample=True),
        ways_of(account_id, definition),
        choices,
    )

"""Reminders: "your coupon is about to expire", for those who claimed it and have not used it.

A service notice about the follower's own act, so it may travel as a template message. It is a
second step of the same run: its own ledger rows, its own sum, the same engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.campaign.order import REMINDER, Order, load
from bot.campaign.states import CampaignStatus
from bot.services import Services
from bot.store import campaigns, coupons, send_plan
from bot.store.campaigns import CampaignState
from bot.store.db import transaction
from bot.store.send_plan import EndingCode, Sheet
from bot.values.audience import Purpose, SendState


def plan_reminders(services: Services, now: datetime) -> int:
    """Write the reminders that are due, of every running campaign; how many rows are new."""
    return sum(
        _plan(load(campaign.id, services.settings.public, now), now)
        for campaign in campaigns.in_states([CampaignStatus.RUNNING])
        if _reminds(campaign)
    )


def _reminds(campaign: CampaignState) -> bool:
    return bool(campaigns.generation(campaign.id, campaign.generation).definition.get("reminder"))


def _plan(order: Order, now: datetime) -> int:
    reminder = order.definition.reminder
    if reminder is None or order.offer is None:
        return 0
    before = now + timedelta(hours=reminder.hours_before_expiry)
    run_of = (order.campaign_id, order.generation)
    chunks = send_plan.ending_codes(run_of, order.offer.id, now, before)
    return sum(_write(order, codes, now) for codes in chunks)


def _write(order: Order, codes: Sequence[EndingCode], now: datetime) -> int:
    """Rows and marks in one transaction: a code is reminded of once, or, after a crash, not yet."""
    sheet = Sheet(
        order.campaign_id, order.generation, REMINDER, Purpose.SERVICE, None,
        planned_at=now, not_before=now,
    )  # fmt: skip
    with transaction():
        if campaigns.generation(order.campaign_id, order.generation, lock=True).closed_at:
            return 0
        added = send_plan.write(sheet, SendState.INTENDED, "", [c.follower_id for c in codes])
        send_plan.set_subjects(sheet, [(code.follower_id, str(code.code_id)) for code in codes])
        coupons.mark_reminded([code.code_id for code in codes], now)
    return added

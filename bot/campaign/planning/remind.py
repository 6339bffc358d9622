"""Reminders: "your coupon is about to expire", for those who claimed it and have not used it.

A service notice about the follower's own act, so it may travel as a template message. It is a
second step of a run: its own ledger rows, its own sum, the same engine. Whichever run a coupon came
from, its reminder is of the campaign's latest one, as the sum of the others may be signed; of a
standing campaign it is of the entry that the coupon was given in. One follower gets one a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.campaign.permission.order import REMINDER, Order, load
from bot.campaign.states import CampaignStatus
from bot.services import Services
from bot.store import campaigns, coupons, send_plan
from bot.store.db import transaction
from bot.store.send_plan import EndingCode, Sheet
from bot.values.audience import Purpose, SendState


def plan_reminders(services: Services, now: datetime) -> int:
    """Write the reminders that are due, of every running campaign; how many rows are new."""
    return sum(
        _plan(load(campaign.id, services.settings.public, now), campaign.standing, now)
        for campaign in campaigns.in_states([CampaignStatus.RUNNING])
        if campaign.definition.get("reminder")  # while it runs, its latest run's are the same
    )


def _plan(order: Order, standing: bool, now: datetime) -> int:
    reminder = order.definition.reminder
    if reminder is None or order.offer is None:
        return 0
    before = now + timedelta(hours=reminder.hours_before_expiry)
    added = 0
    for codes in send_plan.ending_codes(order.campaign_id, order.offer.id, now, before):
        by_run: dict[int, list[EndingCode]] = {}
        for code in codes:
            by_run.setdefault(code.generation if standing else order.generation, []).append(code)
        added += sum(_write(order, number, some, now) for number, some in by_run.items())
    return added


def _write(order: Order, number: int, codes: Sequence[EndingCode], now: datetime) -> int:
    """Rows and marks in one transaction: a code is reminded of once, or, after a crash, not yet."""
    sheet = Sheet(
        order.campaign_id, number, REMINDER, Purpose.SERVICE, None,
        planned_at=now, not_before=now,
    )  # fmt: skip
    with transaction():
        if campaigns.generation(order.campaign_id, order.generation, lock=True).closed_at:
            return 0
        had = send_plan.planned_for(sheet, [code.follower_id for code in codes])
        first = {c.follower_id: c for c in reversed(codes) if c.follower_id not in had}
        codes = sorted(first.values(), key=lambda code: code.code_id)
        added = send_plan.write(sheet, SendState.INTENDED, "", [c.follower_id for c in codes])
        send_plan.set_subjects(sheet, [(code.follower_id, str(code.code_id)) for code in codes])
        coupons.mark_reminded([code.code_id for code in codes], now)
    return added

"""What the linter has to say of a campaign's texts."""

from __future__ import annotations

from datetime import datetime

from bot.campaign.order import Order
from bot.content.checkup import Facts, lint_campaign
from bot.content.draft import Offer
from bot.content.findings import Finding
from bot.content.library import sender_of
from bot.store import coupons


def findings_of(
    order: Order, audience: int | None, sends_at: datetime | None, ends_at: datetime | None
) -> list[Finding]:
    """Of every text on every channel that it may take, the worst first."""
    offer = None
    if order.offer is not None:
        left = coupons.stock(order.offer.id)["available"]
        of = order.offer
        offer = Offer(of.title, of.valid_from, of.valid_until, left)
    facts = Facts(
        sender=sender_of(order.account_id), offer=offer, audience=audience, sends_at=sends_at,
        ends_at=ends_at, zone=order.zone,
    )  # fmt: skip
    return lint_campaign(order.definition.document(), facts)

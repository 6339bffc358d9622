"""What the linter has to say of a campaign's texts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.campaign.order import Order
from bot.content.checkup import Facts, lint_campaign
from bot.content.draft import Offer
from bot.content.findings import Finding, refusing
from bot.content.library import sender_of
from bot.errors import Conflict
from bot.store import coupons


def insist_on_texts(order: Order, despite: Collection[str] = ()) -> None:
    """Raises Conflict for what the linter calls an error.

    despite   ids of rules that a person takes upon himself
    """
    found = refusing(findings_of(order, None, None, None))
    if wrong := [one for one in found if one.rule not in despite]:
        raise Conflict(f"the linter refuses it: {wrong[0].line()}")


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

"""The platform's reports: what became of sends, subscriptions, the account itself. No answers."""

from __future__ import annotations

import logging

from bot.campaign.sending import mass_settle, notices
from bot.campaign.sending.sweep import settle_receipt
from bot.inbox.context import Context
from bot.values.inbound import (
    CardEvent,
    MassSent,
    Published,
    Qualification,
    SubscriptionChange,
    SubscriptionPopup,
    SubscriptionSent,
    TemplateSent,
)
from bot.values.replies import NO_REPLY, Reply
from handlers.router import router

logger = logging.getLogger(__name__)


@router.on(TemplateSent)
def template_sent(message: TemplateSent, ctx: Context) -> Reply:
    """The receipt of one template message settles its ledger row."""
    settle_receipt(
        message.msgid, message.delivered, message.status, ctx.now, ctx.follower.id or None
    )
    return NO_REPLY


@router.on(MassSent)
def mass_sent(message: MassSent, ctx: Context) -> Reply:
    """Settles its batch of ours with its figures; anything but success needs a person."""
    mass_settle.job_finished(ctx.account.id, message, ctx.now)
    if message.status != "send success":
        logger.error(
            "alarm: mass send msgid=%s status=%s errors=%d, see the platform's console",
            message.msgid,
            message.status,
            message.errors,
        )
    return NO_REPLY


@router.on(Qualification)
def qualification(message: Qualification, ctx: Context) -> Reply:
    """Losing the verification takes APIs away: better read here than in a storm of 48001."""
    if "fail" in message.name or "expired" in message.name or message.name == "annual_renew":
        logger.error("alarm: account=%s verification %s", ctx.account.slug, message.name)
    return NO_REPLY


@router.on(SubscriptionPopup)
def notice_accepted(message: SubscriptionPopup, ctx: Context) -> Reply:
    """A right to one message for each template that was accepted."""
    notices.popup_answered(ctx.follower.id, ctx.event_id, message.answers, message.sent_at)
    return NO_REPLY


@router.on(SubscriptionChange)
def notice_refused(message: SubscriptionChange, ctx: Context) -> Reply:
    """Turned off in the settings: what was accepted before is void."""
    notices.choice_changed(ctx.follower.id, ctx.event_id, message.answers, message.sent_at)
    return NO_REPLY


@router.on(SubscriptionSent)
def notice_sent(message: SubscriptionSent, ctx: Context) -> Reply:
    """The receipt of a subscription notice settles its ledger row."""
    notices.receipts(ctx.follower.id, message.answers, ctx.now)
    return NO_REPLY


@router.on(Published, CardEvent)
def recorded(message: Published, ctx: Context) -> Reply:
    """The event itself is the record."""
    return NO_REPLY

"""An answer takes a waiting offer along (被动回复), where a running campaign lists that channel."""

from __future__ import annotations

from dataclasses import replace

from bot.campaign.sending.carry import listed, offer_for
from bot.inbox.context import Context, Handled
from bot.values.audience import Channel
from bot.values.inbound import Inbound, Message
from bot.values.replies import TextReply
from handlers.router import router

# Answers that are about something else than the house's own offers go alone: rights, forms, people.
CARRYING = frozenset({"rules", "text", "intent", "faq", "voice", "media", "fallback"})
LONGEST = 2048  # bytes of a passive reply


def carrying(handled: Handled, message: Inbound, ctx: Context) -> Handled:
    """The answer, with the follower's best waiting offer below it."""
    if not listed(ctx.account.id, Channel.PASSIVE_REPLY) or not _may_carry(handled, message, ctx):
        return handled
    offer = offer_for(
        ctx.account.id,
        ctx.follower.id,
        ctx.event_id,
        Channel.PASSIVE_REPLY,
        ctx.services.settings.public,
        ctx.now,
    )
    if offer is None:
        return handled
    assert isinstance(handled.reply, TextReply), "nothing else carries"
    text = f"{handled.reply.text}\n\n{offer}"
    if len(text.encode()) > LONGEST:
        text = offer  # claimed it is, so said it must be
    return replace(handled, reply=TextReply(text), reason=f"{handled.reason}; with an offer")


def _may_carry(handled: Handled, message: Inbound, ctx: Context) -> bool:
    return (
        isinstance(message, Message)
        and isinstance(handled.reply, TextReply)
        and handled.handler.partition(".")[0] in CARRYING
        and not ctx.follower.owner(ctx.now)
    )


router.last = carrying

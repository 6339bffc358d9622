"""Commands that a follower types."""

from __future__ import annotations

from bot.i18n import t
from bot.inbox.context import Context, Passed
from bot.talk.deciding import yields
from bot.values.inbound import TextMessage
from bot.values.replies import Reply, TextReply
from handlers import answers, handoff, likes
from handlers.router import keyword, router, understood, word


@router.text(word("coupon"), keyword("优惠券", "coupon"), step="commands")
def list_coupons(message: TextMessage, ctx: Context) -> Reply | Passed:
    """Show the sender's usable coupons; the first one is made now."""
    why = _left(message, ctx)
    return Passed(why) if why else answers.coupons(ctx)


@router.text(word("help"), step="commands")
def give_help(message: TextMessage, ctx: Context) -> Reply:
    """What can be said here."""
    return answers.help_text(ctx)


@router.text(word("human"), step="commands")
def call_human(message: TextMessage, ctx: Context) -> Reply:
    """Hand the chat to a human agent where one is there; the platform chooses."""
    return handoff.hand_over(ctx, "word").reply


@router.text(word("profile"), step="commands")
def show_profile(message: TextMessage, ctx: Context) -> Reply:
    """What is held about the sender; and topics, to say what they like."""
    return likes.with_topics(answers.profile(ctx), ctx)


@router.text(word("hello"), step="commands")
def greet(message: TextMessage, ctx: Context) -> Reply | Passed:
    """A greeting is answered with one, and with what can be done here."""
    why = _left(message, ctx)
    return Passed(why) if why else TextReply(t("hello", ctx.lang))


def _left(message: TextMessage, ctx: Context) -> str:
    """Why an intent of the shop's own answers instead, "" if none does."""
    talk = ctx.services.talk_of(ctx.account.id)
    return yields(understood(message, ctx), talk.intents, talk.clarify)

"""What the model understood, and the answer of an intent: shared words. Registers nothing."""

from __future__ import annotations

from bot.inbox.context import Context, Handled
from bot.talk.deciding import Verdict, decide
from bot.talk.intents import Intent
from bot.values.inbound import TextMessage
from handlers.router import understood
from handlers.say import say


def verdict(message: TextMessage, ctx: Context) -> Verdict:
    """Answer, ask back, or leave it."""
    talk = ctx.services.talk_of(ctx.account.id)
    return decide(understood(message, ctx), talk.intents, talk.clarify)


def answered(intent: Intent, why: str, message: TextMessage, ctx: Context) -> Handled:
    """The intent's own answer."""
    reply = say(ctx, intent.answers, intent.give, said=understood(message, ctx), about=intent.slug)
    return Handled(reply, f"intent.{intent.slug}"[:64], why)

"""Marketers' keyword rules: they go before the house's own words."""

from __future__ import annotations

from bot.inbox.context import Context, Handled, Passed
from bot.values.inbound import TextMessage
from handlers import ruled
from handlers.router import router, understood


@router.text(step="rules")
def answer(message: TextMessage, ctx: Context) -> Handled | Passed:
    """The answers of the rule whose keyword is in the text."""
    said = understood(message, ctx)
    found = ruled.matched(said, ctx)
    if found is None:
        return Passed("no rule's keyword")
    reply = ruled.reply_of(found, ctx, said)
    return Handled(reply, f"rules.{found.rule.slug}"[:64], found.why)

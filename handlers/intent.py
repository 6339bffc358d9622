"""What the model understood and is sure of, answered."""

from __future__ import annotations

from bot.inbox.context import Context, Handled, Passed
from bot.values.inbound import TextMessage
from handlers.intents import answered, verdict
from handlers.router import router


@router.text(step="intent")
def answer(message: TextMessage, ctx: Context) -> Handled | Passed:
    """The intent's own answer, where the model is sure of it."""
    found = verdict(message, ctx)
    if found.intent is None:
        return Passed(found.why)
    return answered(found.intent, found.why, message, ctx)

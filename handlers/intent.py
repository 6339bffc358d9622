"""What the model understood and is sure of, answered."""

from __future__ import annotations

from bot.inbox.context import Context, Handled, Passed
from bot.talk.faq import nearer
from bot.values.inbound import TextMessage
from handlers.asides import side_by_side
from handlers.intents import answered, verdict
from handlers.router import router, understood


@router.text(step="intent")
def answer(message: TextMessage, ctx: Context) -> Handled | Passed:
    """The intent's own answer, where the model is sure of it and no written question is nearer;
    the answers of two questions that are asked in one message."""
    found = verdict(message, ctx)
    both = side_by_side(message, ctx)
    if both is not None:
        return both
    if found.intent is None:
        return Passed(found.why)
    faq = ctx.services.talk_of(ctx.account.id).faq
    said = understood(message, ctx)
    hit = nearer(faq.find(said.plain), said.confidence)
    if hit is not None:
        return Passed(f"a written question is nearer ({hit.slug} {hit.score:.2f}; {found.why})")
    return answered(found.intent, found.why, message, ctx)

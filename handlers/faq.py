"""Questions that somebody wrote down before: the nearest one, where it is near enough."""

from __future__ import annotations

from bot.inbox.context import Context, Handled, Passed
from bot.talk.faq import same
from bot.values.inbound import TextMessage
from handlers.router import router, understood
from handlers.say import say


@router.text(step="faq")
def answer(message: TextMessage, ctx: Context) -> Handled | Passed:
    """The answer of a frequent question that asks the same."""
    faq = ctx.services.talk_of(ctx.account.id).faq
    if not len(faq):
        return Passed("no questions are written down")
    said = understood(message, ctx)
    hits = faq.find(said.plain)
    hit = same(hits)
    if hit is None:
        return Passed(f"nearest {hits[0].slug} {hits[0].score:.2f}" if hits else "nothing alike")
    entry = faq[hit.slug]
    reply = say(ctx, entry.answers, entry.give, said=said)
    return Handled(reply, f"faq.{hit.slug}"[:64], f"like “{hit.question[:60]}” {hit.score:.2f}")

"""Who was not understood several times in a row is better served by a person."""

from __future__ import annotations

from bot.inbox.context import Context, Handled, Passed
from bot.store import conversation
from bot.talk.handoff import MISSES_WITHIN, is_lost
from bot.values.inbound import TextMessage
from handlers import handoff
from handlers.router import router, understood


@router.text(step="clarify")
def lost(message: TextMessage, ctx: Context) -> Handled | Passed | None:
    """Instead of one more "I did not get that". What has a topic gets its answer below."""
    how = handoff.setting(ctx)
    if not how.after_misses or (understood(message, ctx).topics and ctx.follower.personalised):
        return None
    missed = conversation.misses(ctx.follower.id, ctx.now, MISSES_WITHIN, how.after_misses)
    if not is_lost(how, missed):
        return Passed(f"{missed} texts before were not understood") if missed else None
    if not handoff.somebody_is_there(ctx) and handoff.told_closed(ctx):
        return Passed("not understood again, but nobody is there and they know")
    return handoff.handled(ctx, "misses", f"the {missed + 1}th text not understood")

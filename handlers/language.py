"""Which language a follower writes: kept, for whatever is said to them without being asked."""

from __future__ import annotations

from bot.inbox.context import Context, spoken
from bot.profile import lifecycle
from bot.values.inbound import TextMessage
from handlers.router import router, understood


@router.text()
def listen(message: TextMessage, ctx: Context) -> None:
    """Always passes. A tap repeats our own words and says nothing about theirs."""
    language = "" if message.menu_id else spoken(understood(message, ctx))
    if language and language != ctx.follower.language:
        lifecycle.speaks(ctx.follower.id, language)

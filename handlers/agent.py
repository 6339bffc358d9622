"""A human agent's hold on the chat: while it lasts, the bot keeps silent."""

from __future__ import annotations

from bot.inbox.context import Context
from bot.profile import lifecycle
from bot.values.inbound import AgentSession, MenuClick, Message
from bot.values.replies import NO_REPLY, Reply
from handlers.router import router


def _held(message: Message, ctx: Context) -> str | None:
    return "agent holds the chat" if lifecycle.agent_holds(ctx.follower.id, ctx.now) else None


@router.on(AgentSession)
def session(message: AgentSession, ctx: Context) -> Reply:
    """An agent takes the chat, hands it on, or closes it."""
    if ctx.follower.id == 0:
        return NO_REPLY
    if message.action == "close":
        lifecycle.agent_left(ctx.follower.id)
    else:
        lifecycle.agent_took(ctx.follower.id, message.agent, ctx.now)
    return NO_REPLY


@router.on(Message, MenuClick, when=_held)
def silence(message: Message, ctx: Context) -> Reply:
    """The agent answers."""
    return NO_REPLY

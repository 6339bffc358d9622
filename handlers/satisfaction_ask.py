"""Asking how it was: the question behind an answer. Registers nothing."""

from __future__ import annotations

from bot.inbox.asking import ASKED, ASKED_EVENT, CHOICE, begin, menu
from bot.inbox.context import Context
from bot.talk.choosing import merge
from bot.values.replies import MenuReply, Reply, TextReply

__all__ = ["ASKED", "ASKED_EVENT", "CHOICE", "after_intent", "question"]


def after_intent(ctx: Context, reply: Reply, about: str) -> Reply:
    """The reply with the question below it, where the intent wants to know and it may be asked."""
    intent = ctx.services.talk_of(ctx.account.id).intents.get(about) if about else None
    if intent is None or not intent.ask_satisfied or not isinstance(reply, TextReply):
        return reply
    asked = question(ctx, about)
    return merge((reply, asked)) if asked else reply


def question(ctx: Context, about: str, agent: str = "") -> MenuReply | None:
    """Satisfied or not; None where they were asked of late, or something else is being asked."""
    how = ctx.services.talk_of(ctx.account.id).satisfaction
    may = begin(
        ctx.account.id, ctx.follower.id, ctx.event_id, how, ctx.now, about=about, agent=agent
    )
    return menu(how, ctx.event_id, ctx.lang) if may else None

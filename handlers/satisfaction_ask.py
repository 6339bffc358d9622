"""Asking how it was: the question behind an answer. Registers nothing."""

from __future__ import annotations

from datetime import timedelta

from bot.i18n import t
from bot.inbox.context import Context
from bot.store import dialogues, events
from bot.store.conversation import happened_since
from bot.talk.choosing import merge
from bot.talk.handoff import Satisfaction
from bot.values.replies import MenuOption, MenuReply, Reply, TextReply

ASKED = "satisfied"  # the dialogue's name
ASKED_EVENT = "satisfied_asked"
# The ids of the choices: "s:<event asked>:1" satisfied, ":0" not.
CHOICE = "s:"


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
    if not _may_ask(ctx, how):
        return None
    state = {"event": ctx.event_id, "about": about, "agent": agent}
    dialogues.begin(ctx.follower.id, ASKED, ctx.now + timedelta(minutes=how.minutes), state)
    events.append(
        ctx.account.id,
        ctx.follower.id,
        ASKED_EVENT,
        at=ctx.now,
        received_at=ctx.now,
        source="handler",
        key=f"{ASKED_EVENT}:{ctx.event_id}",
        facts=state,
    )
    return _menu(ctx, how)


def _may_ask(ctx: Context, how: Satisfaction) -> bool:
    """Not too often and into no other question; one event handled twice asks what it asked."""
    since = ctx.now - timedelta(hours=how.hours)
    asked = happened_since(ctx.follower.id, ASKED_EVENT, since)
    if asked:
        return asked[0].get("event") == ctx.event_id
    return dialogues.current(ctx.follower.id, ctx.now) is None


def _menu(ctx: Context, how: Satisfaction) -> MenuReply:
    return MenuReply(
        how.question or t("satisfied.ask", ctx.lang),
        (
            MenuOption(f"{CHOICE}{ctx.event_id}:1", how.yes or t("satisfied.yes", ctx.lang)),
            MenuOption(f"{CHOICE}{ctx.event_id}:0", how.no or t("satisfied.no", ctx.lang)),
        ),
    )

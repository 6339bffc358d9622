"""Handing the chat to a person and taking it back: what several handlers do. Registers nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.i18n import t
from bot.inbox.context import Context, Handled
from bot.store import dialogues, events, handoff
from bot.talk.choosing import merge
from bot.talk.handoff import CLOSED_WITHIN, HandOff, is_open, opening_hours
from bot.values.replies import NO_REPLY, Reply, TextReply, TransferReply

logger = logging.getLogger(__name__)
CLOSED = "handoff.closed"


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What is said, and whether the chat waits for a person now."""

    reply: Reply
    waits: bool


def setting(ctx: Context) -> HandOff:
    return ctx.services.talk_of(ctx.account.id).handoff


def somebody_is_there(ctx: Context) -> bool:
    return is_open(setting(ctx), ctx.now, ZoneInfo(ctx.account.timezone))


def hand_over(ctx: Context, why: str, *, agent: str = "", said: Reply = NO_REPLY) -> HandedOver:
    """Ask for a person: the platform's queue where somebody is there, else word when to come again.

    why    word, intent, rule, form, anger, misses, unsatisfied: kept with the request
    said   what goes before, instead of the setting's own words
    """
    how = setting(ctx)
    there = somebody_is_there(ctx)
    logger.info("person wanted event=%d why=%s somebody_there=%s", ctx.event_id, why, there)
    if not there:
        _wanted(ctx, why)
        return HandedOver(TextReply(_closed_words(how, ctx)), False)
    if handoff.ask(ctx.follower.id, why, ctx.now, ctx.now + how.waits):
        dialogues.drop(ctx.follower.id)
    if said == NO_REPLY and how.waiting:
        said = TextReply(how.waiting)
    return HandedOver(merge((TransferReply(agent or how.agent), said)), True)


def handled(ctx: Context, why: str, reason: str, *, agent: str = "") -> Handled:
    """The same as a handler's answer, under the name of what became of it."""
    done = hand_over(ctx, why, agent=agent)
    return Handled(done.reply, f"handoff.{why}" if done.waits else CLOSED, reason)


def told_closed(ctx: Context) -> bool:
    """Whether they were told a moment ago that nobody is there: nobody likes a parrot."""
    return dialogues.answered_by(ctx.follower.id, CLOSED, ctx.now, CLOSED_WITHIN)


def _wanted(ctx: Context, why: str) -> None:
    """On record for the staff, who see it when they come."""
    events.append(
        ctx.account.id,
        ctx.follower.id,
        "handoff_wanted",
        at=ctx.now,
        received_at=ctx.now,
        source="handler",
        key=f"handoff_wanted:{ctx.event_id}",
        facts={"why": why},
    )


def _closed_words(how: HandOff, ctx: Context) -> str:
    if how.closed:
        return how.closed
    hours = opening_hours(how)
    if not hours:
        return t("handoff.closed_today", ctx.lang)
    between = t("list.separator", ctx.lang).join(hours)
    return t("handoff.closed", ctx.lang, hours=between)

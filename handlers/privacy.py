"""People's rights: refuse, come back, be forgotten; and what the platform tells about them."""

from __future__ import annotations

import logging
from datetime import timedelta

from bot.i18n import t
from bot.inbox.context import Context, Handled
from bot.nlp.normalise import bare, normalise
from bot.profile import identity, lifecycle, privacy
from bot.store import conversation, dialogues
from bot.store.handoff import AGENT
from bot.values.inbound import (
    AuthorizationCancelled,
    AuthorizationRevoked,
    PersonalInfoEvent,
    TextMessage,
    UserInfoModified,
)
from bot.values.replies import NO_REPLY, Reply, TextReply
from handlers.router import keyword, router, when, word

logger = logging.getLogger(__name__)

CONFIRM_WITHIN = timedelta(minutes=10)
TALK = timedelta(hours=1)
# What is said instead of confirming; some of it refuses marketing where nothing was asked.
_NO = (
    *("取消", "算了", "不", "不要", "不要了", "不用", "不用了", "不了", "否", "别", "no", "cancel"),
    *("不删", "不删了", "不删除", "先不删", "不要删", "不要删除", "别删", "别删了", "不确认"),
)


def _erasing(message: TextMessage, ctx: Context) -> bool:
    asked = dialogues.current(ctx.follower.id, ctx.now)
    return asked is not None and asked.name == "erase"


@router.text(word("erase_confirm"), step="rights")
def erase(message: TextMessage, ctx: Context) -> Reply:
    """Forget the sender, when they asked for it within the last ten minutes."""
    if not _erasing(message, ctx):
        return TextReply(t("erase.not_asked", ctx.lang))
    certificate = privacy.erase(ctx.follower.id, "follower", ctx.now)
    return TextReply(t("erase.done", ctx.lang, certificate=certificate))


@router.text(keyword(*_NO), step="rights")
def keep(message: TextMessage, ctx: Context) -> Reply | None:
    """Second thoughts about erasing. Without an open question the word means something else."""
    if not _erasing(message, ctx):
        return None
    dialogues.end(ctx.follower.id, "erase")
    return TextReply(t("erase.kept", ctx.lang))


@router.text(word("opt_out"), step="rights")
def opt_out(message: TextMessage, ctx: Context) -> Reply | Handled | None:
    """No marketing from the next send on, whoever holds the chat.

    取消 alone, in the middle of a talk, is about the talk: it is asked what was meant.
    """
    from handlers.dialogue import ends_a_form  # imported first, it would be asked before us

    if ends_a_form(message, ctx):  # 取消 in the middle of a booking is about the booking
        return None
    if bare(normalise(message.text)) == "取消" and _talking(ctx):
        return Handled(TextReply(t("cancel.nothing", ctx.lang)), "privacy.cancel", "in a talk")
    lifecycle.opted_out(ctx.account.id, ctx.follower.id, ctx.event_id, message.sent_at, ctx.now)
    return _confirmed("opt_out.done", ctx)


def _talking(ctx: Context) -> bool:
    """Whether something else was said to them within the hour."""
    return conversation.talked(ctx.follower.id, ctx.event_id, ctx.now - TALK)


@router.text(word("opt_in"), step="rights")
def opt_in(message: TextMessage, ctx: Context) -> Reply:
    """Marketing is welcome again."""
    lifecycle.opted_in(ctx.account.id, ctx.follower.id, ctx.event_id, message.sent_at, ctx.now)
    return _confirmed("opt_in.done", ctx)


def _confirmed(key: str, ctx: Context) -> Reply:
    """Said aloud, unless a human agent is talking: two voices at once confuse."""
    return NO_REPLY if _agent_talks(ctx) else TextReply(t(key, ctx.lang))


def _agent_talks(ctx: Context) -> bool:
    return ctx.follower.owner(ctx.now) == AGENT


@router.text(word("erase"), step="rights")
def ask_to_erase(message: TextMessage, ctx: Context) -> Reply | None:
    """What erasing means, and the word that does it. A human agent is asked instead of us."""
    if _agent_talks(ctx):
        return None
    dialogues.begin(ctx.follower.id, "erase", ctx.now + CONFIRM_WITHIN)
    return TextReply(t("erase.ask", ctx.lang))


# --- what the platform tells -------------------------------------------------------------------


@router.on(PersonalInfoEvent, when=when("nobody named", lambda message, _: not message.openid))
def nobody(message: PersonalInfoEvent, ctx: Context) -> Reply:
    """The platform sometimes leaves the openid out: on record, and a person has to look."""
    logger.error("alarm: %s without openid event=%d, nothing done", message.kind, ctx.event_id)
    return NO_REPLY


@router.on(PersonalInfoEvent, when=when("unknown person", lambda _, ctx: ctx.follower.id == 0))
def stranger(message: PersonalInfoEvent, ctx: Context) -> Reply:
    """About somebody of whom nothing is held."""
    return NO_REPLY


@router.on(AuthorizationCancelled)
def cancelled(message: AuthorizationCancelled, ctx: Context) -> Reply:
    """The WeChat account was closed: everything goes."""
    privacy.erase(ctx.follower.id, "cancelled", ctx.now)
    return NO_REPLY


@router.on(AuthorizationRevoked)
def revoked(message: AuthorizationRevoked, ctx: Context) -> Reply:
    """Permission for named data was taken back: exactly that goes."""
    privacy.revoke(ctx.follower.id, message.codes, ctx.event_id, ctx.now)
    return NO_REPLY


@router.on(UserInfoModified)
def modified(message: UserInfoModified, ctx: Context) -> Reply:
    """Nickname or picture changed: copies of them are dropped. The push can name the unionid."""
    privacy.identity_changed(ctx.follower.id)
    if message.unionid:
        identity.learn_unionid(ctx.follower.account_id, ctx.follower.id, message.unionid, ctx.now)
    return NO_REPLY

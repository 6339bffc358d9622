"""A piece of the house's library for a follower, with the reason, in words. Registers nothing."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.content.documents import Content
from bot.i18n import t
from bot.inbox.context import Context
from bot.learning.recommending import Recommended, recommended
from bot.store import conversation
from bot.values.replies import NO_REPLY, Reply, TextReply
from handlers.answers import topic_name

RECOMMEND = "recommend"  # the last part of an intent's slug: a piece stands below its answer


def below(ctx: Context) -> Reply:
    """A piece below an intent's answer; nothing where there is none."""
    found = chosen(ctx)
    return NO_REPLY if found is None else TextReply(said(found, ctx))


def chosen(ctx: Context) -> Recommended | None:
    """What suits the sender, and was not offered in the last few answers."""
    who = ctx.follower
    told = "\n".join(conversation.said_lately(who.id, ctx.event_id))
    return recommended(
        ctx.account.id,
        ZoneInfo(ctx.account.timezone),
        who.id,
        ctx.now,
        personal=who.personalised and who.opted_out_at is None,
        lately=lambda piece: _title(piece) in told,
        lang=ctx.lang,
    )


def said(found: Recommended, ctx: Context) -> str:
    """Why, what, and where it opens."""
    piece, head = found.piece, t("recommend.head", ctx.lang)
    if found.reason:
        reason = t(found.reason, ctx.lang, topic=topic_name(found.topic, ctx.lang))
        head = t("recommend.head_because", ctx.lang, reason=reason)
    return "\n".join(line for line in (head, _title(piece), piece.summary) if line)


def _title(piece: Content) -> str:
    """The title, opening what it names where there is something to open."""
    if piece.appid:
        return (
            f'<a data-miniprogram-appid="{piece.appid}" data-miniprogram-path="{piece.path}"'
            f' href="{piece.link or "https://mp.weixin.qq.com"}">{piece.title}</a>'
        )
    return f'<a href="{piece.link}">{piece.title}</a>' if piece.link else f"《{piece.title}》"

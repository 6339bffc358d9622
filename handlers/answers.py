"""Answers that several handlers give, put into words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.coupon import issue_for_event, words
from bot.errors import NotFound
from bot.i18n import catalogue, t
from bot.inbox.context import Context
from bot.profile import privacy
from bot.store.coupons import UsableCoupon, usable_by
from bot.tracking.tokens import coupon_url, me_url
from bot.values.coupons import Kind
from bot.values.money import yuan
from bot.values.replies import Reply, TextReply

# The batch that answers the coupon word of somebody who holds none.
WELCOME_BATCH = "welcome"
MOST_COUPONS = 5  # a text has room for 2,048 bytes


def numbered(topics: Sequence[str], lang: str) -> str:
    """Lines "1 咖啡", "2 火锅" ..."""
    return "\n".join(f"{n} {topic_name(topic, lang)}" for n, topic in enumerate(topics, 1))


def named(topics: Iterable[str], lang: str) -> str:
    """Topics in a row, in the reader's language."""
    return t("list.separator", lang).join(topic_name(topic, lang) for topic in topics)


def topic_name(topic: str, lang: str) -> str:
    """A topic as the reader calls it; one that came from outside the lexicon as it is."""
    return catalogue(lang).get(f"topic.{topic}", topic)


def help_text(ctx: Context) -> Reply:
    return TextReply(t("help", ctx.lang))


def coupons(ctx: Context) -> Reply:
    """The sender's usable coupons with their links; the welcome coupon for somebody without."""
    usable = usable_by(ctx.follower.id, ctx.now) or _welcome_coupon(ctx)
    if not usable:
        return TextReply(t("coupon.none_left", ctx.lang))
    return TextReply(coupon_list(usable, ctx))


def _welcome_coupon(ctx: Context) -> list[UsableCoupon]:
    """One from the welcome batch; none without such a batch, without stock, or had before."""
    try:
        given = issue_for_event(
            ctx.account.id, ctx.follower.id, WELCOME_BATCH, ctx.event_id, ctx.now
        )
    except NotFound:
        return []
    return [given] if isinstance(given, UsableCoupon) else []


def coupon_list(usable: Sequence[UsableCoupon], ctx: Context) -> str:
    """One coupon a paragraph: what it is worth, until when, where it opens."""
    lines = [t("coupon.list", ctx.lang, count=len(usable))]
    lines += [_coupon(one, ctx) for one in usable[:MOST_COUPONS]]
    if len(usable) > MOST_COUPONS:
        lines.append(t("coupon.more", ctx.lang, count=len(usable) - MOST_COUPONS))
    return "\n\n".join(lines)


def _coupon(one: UsableCoupon, ctx: Context) -> str:
    key = "coupon.line_threshold" if one.threshold_fen else "coupon.line"
    return t(
        key if one.terms.kind in (Kind.CUT, Kind.CASH) else "coupon.line_worth",
        ctx.lang,
        title=one.title,
        worth=words.in_one_line(one.terms, ctx.lang),
        value=yuan(one.face_value_fen),
        threshold=yuan(one.threshold_fen),
        until=_until(one.expires_at, ctx),
        url=coupon_url(ctx.services.settings.public, one.code_id),
    )


def _until(at: datetime | None, ctx: Context) -> str:
    if at is None:
        return t("coupon.always", ctx.lang)
    return at.astimezone(ZoneInfo(ctx.account.timezone)).strftime("%Y-%m-%d %H:%M")


def profile(ctx: Context) -> Reply:
    """What is held about the sender, and how to refuse or erase it; and the sender's own page."""
    held = privacy.in_brief(ctx.follower.id)
    state = "profile.opted_out" if ctx.follower.opted_out_at else "profile.opted_in"
    summary = t(
        "profile.summary",
        ctx.lang,
        events=held.events,
        topics=named(held.topics, ctx.lang) or t("profile.no_topics", ctx.lang),
        tags=held.tags,
        attributes=len(held.attributes),
        coupons=held.coupons,
        state=t(state, ctx.lang),
    )
    url = me_url(ctx.services.settings.public, ctx.follower.id, ctx.now)
    return TextReply(f"{summary}\n\n{t('profile.page', ctx.lang, url=url)}")

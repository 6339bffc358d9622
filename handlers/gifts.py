"""Answers that give something: a coupon of one batch, or what fits this follower best."""

from __future__ import annotations

from collections.abc import Iterable

from bot.clock import to_ms
from bot.coupon import issue_for_event
from bot.errors import NotFound
from bot.i18n import t
from bot.inbox.context import Context
from bot.store import coupons, profiles
from bot.store.coupons import BatchState, UsableCoupon
from bot.talk.answers import INTERESTS, MINE
from bot.values.interest import score
from bot.values.replies import Reply, TextReply
from handlers import answers

MOST_TRIES = 3  # batches that may turn out to be empty before we say that there is nothing


def coupon(ctx: Context, batch: str) -> Reply:
    """A coupon of this batch, the same however often the event is handled; `mine`: all of theirs.

    Who has had theirs of the batch is shown what they hold.
    """
    if batch == MINE:
        return answers.coupons(ctx)
    given = _given(ctx, [batch])
    usable = [given] if given else coupons.usable_by(ctx.follower.id, ctx.now)
    if not usable:
        return TextReply(t("coupon.none_left", ctx.lang))
    return TextReply(answers.coupon_list(usable, ctx))


def content(ctx: Context, topic: str) -> Reply:
    """What the house has on a topic, or on what they like most. That is coupons, for now.

    `interests` of somebody who refuses to be profiled are nobody's: the batches in their order.
    """
    batches = [one for one in coupons.batches(ctx.account.id) if _runs(one, ctx)]
    if topic == INTERESTS:
        liked = _liked(ctx)
        ranked = sorted(batches, key=lambda one: -_fit(one.topics, liked))
    else:
        ranked = [one for one in batches if topic in one.topics]
    given = _given(ctx, [one.slug for one in ranked[:MOST_TRIES]])
    if given is None:
        return TextReply(t("say.nothing_new", ctx.lang))
    return TextReply(answers.coupon_list([given], ctx))


def _given(ctx: Context, batches: Iterable[str]) -> UsableCoupon | None:
    """One coupon for this event: what it gave before, else of the first batch that has one."""
    held = coupons.coupons_for([f"event:{ctx.event_id}"])
    if held:
        return next(
            (
                one
                for one in coupons.usable_by(ctx.follower.id, ctx.now)
                if one.code_id == held[0].code_id
            ),
            None,
        )
    for slug in batches:
        try:
            given = issue_for_event(ctx.account.id, ctx.follower.id, slug, ctx.event_id, ctx.now)
        except NotFound:
            continue
        if isinstance(given, UsableCoupon):
            return given
    return None


def _runs(batch: BatchState, ctx: Context) -> bool:
    """Whether it is open at this moment."""
    begun = batch.valid_from is None or batch.valid_from <= ctx.now
    over = batch.valid_until is not None and batch.valid_until <= ctx.now
    return begun and not over and batch.withdrawn_at is None


def _liked(ctx: Context) -> dict[str, float]:
    """topic -> score in 0..1."""
    if not ctx.follower.personalised:
        return {}
    levels = profiles.interests_of([ctx.follower.id])[ctx.follower.id]
    now = to_ms(ctx.now)
    return {topic: score(level, now) for topic, level in levels.items()}


def _fit(topics: Iterable[str], liked: dict[str, float]) -> float:
    return max((liked.get(topic, 0.0) for topic in topics), default=0.0)

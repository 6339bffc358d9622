"""What marketers' rules say to whoever follows, and where nobody else understood."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from zoneinfo import ZoneInfo

from bot.inbox.context import Context, Handled
from bot.nlp.normalise import normalise
from bot.store import dialogues, segments
from bot.talk.choosing import merge
from bot.talk.rules_match import Match, Rules
from bot.values.audience import Understanding
from bot.values.inbound import Subscribe
from bot.values.replies import NO_REPLY, Reply, Several, TextReply
from handlers.say import say


def matched(said: Understanding, ctx: Context) -> Match | None:
    """The rule whose keyword is in the text."""
    plain = said.plain or normalise(said.text)
    return _rules(ctx).match(plain, ctx.now, _zone(ctx), _in_segment(ctx))


def named(slug: str, ctx: Context) -> Match | None:
    """The rule of this name, where it is in use, at this time and for this follower."""
    zone, mine = _zone(ctx), _in_segment(ctx)
    return next(
        (
            Match(one.rule, "", f"rule {slug}, by its name")
            for one in _rules(ctx).entries
            if one.rule.slug == slug and one.fits(ctx.now, zone, mine)
        ),
        None,
    )


def reply_of(found: Match, ctx: Context, said: Understanding | None = None) -> Reply:
    """The answers of a rule, said to the sender."""
    return say(ctx, found.rule.answers, found.rule.give, said=said)


def welcome(message: Subscribe, ctx: Context, notice: str, question: str = "") -> Handled | None:
    """The welcome of a rule for this scene, never without the notice; None without such a rule.

    question   the first question; left out where the rule began a form, which asks its own
    """
    found = _rules(ctx).welcome(message.scene, ctx.now, _zone(ctx), _in_segment(ctx))
    if found is None:
        return None
    reply = reply_of(found, ctx)
    asked = dialogues.current(ctx.follower.id, ctx.now) if question else None
    if asked is not None and asked.name == "onboarding":
        notice = f"{notice}\n\n{question}"
    return Handled(_noted(reply, notice), "subscribe.welcome", found.why)


def default(said: Understanding, ctx: Context) -> tuple[Reply, str] | None:
    """What a rule says where nobody understood, and which; None without such a rule."""
    found = _rules(ctx).default(ctx.now, _zone(ctx), _in_segment(ctx))
    return None if found is None else (reply_of(found, ctx, said), found.why)


def _noted(reply: Reply, notice: str) -> Reply:
    """The notice comes second at the latest: following opens a window for three messages."""
    if reply == NO_REPLY:
        return TextReply(notice)
    first, *rest = reply.replies if isinstance(reply, Several) else (reply,)
    return merge([first, TextReply(notice), *rest])


def _rules(ctx: Context) -> Rules:
    return ctx.services.talk_of(ctx.account.id).rules


def _zone(ctx: Context) -> ZoneInfo:
    return ZoneInfo(ctx.account.timezone)


def _in_segment(ctx: Context) -> Callable[[str], bool]:
    """Asks the store once, and only where a rule names a segment."""

    @cache
    def mine() -> set[str]:
        follower_id = ctx.follower.id
        return segments.memberships(ctx.account.id, [follower_id])[follower_id]

    return lambda slug: slug in mine()

"""Say what a document says: the effects of answers, and the one reply that they make together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from bot.i18n import t
from bot.inbox.context import Context
from bot.store import conversation
from bot.talk.answers import Answer, filled
from bot.talk.choosing import choose, merge
from bot.talk.tone import Tone, toned
from bot.values.audience import Understanding
from bot.values.replies import NO_REPLY, MenuReply, Reply, Several, TextReply
from handlers import handoff, pieces, satisfaction_ask
from handlers.gifts import content, coupon
from handlers.variables import Values, is_first_today, segments_of

# Intents whatever whose answers say: their meaning is an act.
HUMAN = "human"
PARTING = ("thanks", "bye")


def say(
    ctx: Context,
    answers: Sequence[Answer],
    give: str,
    *,
    said: Understanding | None = None,
    about: str = "",
    also: Mapping[str, str] | None = None,
) -> Reply:
    """The reply of these answers to this follower, effects included; idempotent for one event.

    about   the intent that is answered, "" for a rule's or a form's answer
    also    variables besides the house's own, such as a form's slots
    """
    values = Values(ctx, said, also or {})
    chosen = _chosen(ctx, answers, give, values)
    if not chosen:
        return TextReply(t("fallback.default", ctx.lang))
    reply = merge([_said(ctx, one, values, about) for one in chosen])
    if about.rpartition(".")[2] == HUMAN and not any(one.kind == HUMAN for one in chosen):
        return handoff.hand_over(ctx, "intent", said=reply).reply
    if about.rpartition(".")[2] == pieces.RECOMMEND:
        reply = merge([reply, pieces.below(ctx)])
    return satisfaction_ask.after_intent(ctx, _toned(ctx, reply, about), about)


def _chosen(
    ctx: Context, answers: Sequence[Answer], give: str, values: Values
) -> tuple[Answer, ...]:
    mine = segments_of(ctx, {one.only for one in answers if one.only})
    lately: list[str] | None = None

    def said_ago(answer: Answer) -> int:
        nonlocal lately
        if not isinstance(answer.reply, TextReply):
            return 0
        if lately is None:
            lately = conversation.said_lately(ctx.follower.id, ctx.event_id)
        text = values.fill(answer.reply.text)
        return next((ago for ago, one in enumerate(lately, 1) if text in one), 0)

    return choose(answers, give, Random(ctx.event_id), ctx.lang, mine.__contains__, said_ago)


def _said(ctx: Context, answer: Answer, values: Values, about: str) -> Reply:
    """One answer's part of the reply, its effect done."""
    match answer.kind:
        case "coupon":
            return coupon(ctx, answer.name)
        case "content":
            return content(ctx, answer.name)
        case "human":
            why = "intent" if about else "rule"
            return handoff.hand_over(ctx, why, agent=answer.name).reply
        case "form":
            from handlers.dialogue import begin  # it says its own answers by this module

            return begin(ctx, answer.name, values.said)
        case "silent":
            return NO_REPLY
    return filled(answer.reply, values.fill)


def _toned(ctx: Context, reply: Reply, about: str) -> Reply:
    """The house's tone, in the first text of the reply."""
    tone = ctx.services.talk_of(ctx.account.id).tone
    if tone == Tone():
        return reply
    first = bool(tone.greeting) and is_first_today(ctx)
    parting = about.rpartition(".")[2] in PARTING

    def put(text: str) -> str:
        return toned(text, tone, first_today=first, parting=parting)

    match reply:
        case TextReply(text):
            return TextReply(put(text))
        case MenuReply():
            return MenuReply(put(reply.head), reply.options, toned(reply.tail, tone))
        case Several(parts):
            rest = tuple(
                TextReply(toned(one.text, tone)) if isinstance(one, TextReply) else one
                for one in parts[1:]
            )
            return Several((_toned(ctx, parts[0], about), *rest))
    return reply

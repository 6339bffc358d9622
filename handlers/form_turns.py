"""What a turn of a form leaves behind: its effects, its words, the state. Registers nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from bot.i18n import t
from bot.inbox.context import Context
from bot.nlp.normalise import bare, normalise
from bot.profile import lifecycle
from bot.store import events
from bot.store.db import transaction
from bot.talk import dialogue
from bot.talk.choosing import merge
from bot.talk.faq import same
from bot.talk.form import Form
from bot.talk.forms import PREFERENCE
from bot.talk.handoff import is_angry
from bot.talk.live import Talk
from bot.talk.shown import variables
from bot.talk.turns import DONE, Around, State, Turn
from bot.values.audience import Understanding
from bot.values.replies import NO_REPLY, MenuOption, MenuReply, Reply, TextReply
from bot.wechat.outbound import shown_text
from handlers import asides, ruled
from handlers.form_state import is_open, keep, talk_of, tap_id
from handlers.say import say
from handlers.variables import Values


def settled(
    ctx: Context,
    form: Form,
    parked: State | None,
    turn: Turn,
    said: Understanding | None,
    first: Reply,
) -> Reply:
    """Do what the turn means, keep the state, and give the reply: `first`, and the form's."""
    with transaction():
        reply = _worded(turn)
        if turn.outcome == DONE:
            reply = merge((reply, done(ctx, form, turn.values, said)))
        state = turn.state
        if state is None and is_open(parked, ctx.now) and not asides.hands_over(reply):
            state, reply = _back(ctx, parked, reply)
        reply = merge((first, reply))
        keep(ctx, state, turn.outcome, reply)
    return reply


def _worded(turn: Turn) -> Reply:
    """What a turn says: choices below it, to tap or to name by their number."""
    text = shown_text("\n".join(turn.say))
    if not text:
        return NO_REPLY
    if not turn.taps or turn.state is None:
        return TextReply(text)
    return MenuReply(text, tuple(MenuOption(tap_id(turn.state), one) for one in turn.taps))


def done(ctx: Context, form: Form, values: Mapping[str, Any], said: Understanding | None) -> Reply:
    """What was gathered goes into the log, and the form's answers are given."""
    if form.event == PREFERENCE:
        topics = dict.fromkeys(values.get("topics") or (), 1.0)
        follower = (ctx.account.id, ctx.follower.id)
        lifecycle.preferred(*follower, topics, ctx.event_id, ctx.now, ctx.now)
    elif form.event:
        _append(ctx, form, values)
    if not form.done:
        return TextReply(t("dialogue.done", ctx.lang))
    also = {slot.name: "" for slot in form.slots} | variables(form, values, ctx.lang)
    return say(ctx, form.done, "all", said=said, also=also)


def _append(ctx: Context, form: Form, values: Mapping[str, Any]) -> None:
    """One event a form: days, numbers and choices as facts, the personal rest sealed."""
    personal = {slot.name for slot in form.slots if slot.personal}
    said = {name: value for name, value in values.items() if value is not None}
    events.append(
        ctx.account.id,
        ctx.follower.id,
        form.event,
        at=ctx.now,
        received_at=ctx.now,
        source="handler",
        key=f"form:{form.slug}:{ctx.event_id}",
        facts={"form": form.slug} | {k: v for k, v in said.items() if k not in personal},
        sealed={k: v for k, v in said.items() if k in personal},
    )


def _back(ctx: Context, parked: State | None, reply: Reply) -> tuple[State | None, Reply]:
    """The form that was interrupted is open again, if it still exists."""
    form = talk_of(ctx).forms.get(parked.form) if parked is not None else None
    if form is None or parked is None:
        return None, reply
    around = around_of(ctx, None)
    parked = replace(parked, until=around.until(form), aside=False, parked=None)
    return parked, merge((reply, TextReply(dialogue.question(form, parked, around))))


def around_of(ctx: Context, said: Understanding | None) -> Around:
    talk = talk_of(ctx)
    begun = {intent for form in talk.forms.values() for intent in form.intents}
    answered = {intent.slug for intent in talk.intents.values() if intent.answers}
    return Around(
        now=ctx.now,
        zone=ZoneInfo(ctx.account.timezone),
        lang=ctx.lang,
        put=lambda text, also: Values(ctx, said, also).fill(text),
        how=talk.clarify,
        matched=_matched(ctx, talk, said) if said is not None else "",
        intents=begun | answered,
        angry=said is not None and is_angry(talk.handoff, said.anger),
    )


def _matched(ctx: Context, talk: Talk, said: Understanding) -> str:
    """How a keyword rule takes the text: exact, part, or "" for not at all.

    A question that somebody wrote down with its answer is as good as a part.
    """
    plain = said.plain or normalise(said.text)
    found = ruled.matched(said, ctx)
    if found is None:
        return "part" if len(talk.faq) and same(talk.faq.find(plain)) else ""
    return "exact" if bare(normalise(found.keyword)) == bare(plain) else "part"

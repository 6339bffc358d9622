"""Forms: the dialogue in progress, and how one begins.

What a form gathers stands sealed in the follower's one dialogue row, with the reply that the last
message got: a message that is handled again (its process died) changes nothing and is answered the
same. State, event and the effects of the answers are one transaction.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import from_ms, to_ms
from bot.i18n import t
from bot.inbox import codec
from bot.inbox.context import Context, Handled, Passed
from bot.nlp.normalise import bare, normalise
from bot.profile import lifecycle
from bot.store import dialogues, events
from bot.store.db import transaction
from bot.talk import dialogue, remarks
from bot.talk.answers import merge
from bot.talk.faq import same
from bot.talk.form import Form
from bot.talk.forms import PREFERENCE
from bot.talk.handoff import is_angry
from bot.talk.live import Talk
from bot.talk.shown import variables
from bot.talk.turns import CANCELLED, DIGRESSED, DONE, EXPIRED, Around, State, Turn
from bot.values.audience import Understanding
from bot.values.inbound import TextMessage
from bot.values.replies import NO_REPLY, MenuReply, Reply, Several, TextReply, TransferReply
from bot.wechat.outbound import shown_text
from handlers import ruled
from handlers.router import router, understood
from handlers.say import say
from handlers.variables import Values

logger = logging.getLogger(__name__)

FORM = "form"
CANCEL_WORD = "取消"  # refuses recommendations where no form is open
# The message that is on its way to the later steps, to come back with their answer.
_away: ContextVar[int] = ContextVar("away", default=0)


@dataclass(frozen=True, slots=True)
class Kept:
    """The follower's dialogue row of a form.

    state    None: the form is closed, and only its last reply is kept
    event    the last message that changed it, `outcome` and `reply` what became of that
    """

    state: State | None
    event: int
    outcome: str
    reply: Reply


# --- the dialogue in progress -------------------------------------------------------------------


@router.text(step="dialogue")
def go_on(message: TextMessage, ctx: Context) -> Handled | Passed | None:
    """What is said to an open form: an answer, a correction, an end, or another thing."""
    kept = _kept(ctx)
    if kept is None:
        return None
    if ctx.follower.owner(ctx.now):
        return Passed("a person has the chat")
    if _away.get() == ctx.event_id:
        return Passed("about something else than the form")
    if ":" in message.menu_id:
        return Passed("a tap on another question")
    if kept.event == ctx.event_id:
        return _repeated(message, ctx, kept)
    if kept.state is None:
        return None
    form = _talk(ctx).forms.get(kept.state.form)
    if form is None:
        dialogues.end(ctx.follower.id, FORM)
        return Passed("the form is gone")
    said = understood(message, ctx)
    around = _around(ctx, said)
    if _begins_another(ctx, form, said):
        around = replace(around, matched="exact")
    turn = dialogue.step(form, kept.state, said, around)
    return _taken(message, ctx, form, kept.state, turn)


def _taken(
    message: TextMessage, ctx: Context, form: Form, before: State, turn: Turn
) -> Handled | Passed:
    if turn.outcome == DIGRESSED and turn.say:
        line = TextReply("\n".join(turn.say))
        _keep(ctx, turn.state, DIGRESSED, line)
        return _led_away(message, ctx, line)
    if not turn.say and turn.outcome != DONE:
        if turn.outcome == EXPIRED:
            dialogues.end(ctx.follower.id, FORM)
        return Passed(f"{form.slug}: {turn.why}")
    reply = _settled(ctx, form, before.parked, turn, understood(message, ctx))
    return Handled(reply, _name(form), f"{turn.outcome}: {turn.why}")


def _repeated(message: TextMessage, ctx: Context, kept: Kept) -> Handled:
    """The same message once more: the same answer, and nothing is done twice."""
    if kept.outcome == DIGRESSED:
        return _led_away(message, ctx, kept.reply)
    slug = kept.state.form if kept.state else FORM
    return Handled(kept.reply, f"dialogue.{slug}"[:64], f"{kept.outcome}: handled before")


def _led_away(message: TextMessage, ctx: Context, line: Reply) -> Handled:
    """The answer of the later steps, and below it the question that is still open."""
    token = _away.set(ctx.event_id)
    try:
        handled = router.dispatch(message, ctx)
    finally:
        _away.reset(token)
    kept = _kept(ctx)
    still = kept is not None and kept.event == ctx.event_id and kept.outcome == DIGRESSED
    reply = handled.reply
    if not still or reply == NO_REPLY or _hands_over(reply):
        return handled
    return replace(handled, reply=_with_line(reply, line), reason=f"{handled.reason}; and back")


def _hands_over(reply: Reply) -> bool:
    parts = reply.replies if isinstance(reply, Several) else (reply,)
    return any(isinstance(one, TransferReply) for one in parts)


def _with_line(reply: Reply, line: Reply) -> Reply:
    """A menu keeps its choices in sight: the line becomes its tail."""
    if isinstance(reply, MenuReply) and isinstance(line, TextReply):
        tail = "\n".join(filter(None, (reply.tail, line.text)))
        return replace(reply, tail=tail)
    return merge((reply, line))


# --- beginning -----------------------------------------------------------------------------------


# 我不想订位了, 没有要投诉: not the way to begin a form.
_NOT_WANTED = re.compile(
    "(?:我|我们|那|那就|算了)?[,， ]?"
    "(?:不想|不要|没有?要|没想|没说要|不是要?|先?不用|别(?!的)|先不)"
)


@router.text(step="dialogue")
def opened(message: TextMessage, ctx: Context) -> Handled | Passed | None:
    """A form's own phrase or intent begins it, where no keyword rule of the marketers takes it."""
    said = understood(message, ctx)
    talk = _talk(ctx)
    if not talk.forms or message.menu_id or ctx.follower.owner(ctx.now):
        return None
    if is_angry(talk.handoff, said.anger):
        return Passed(f"anger {said.anger:.2f}: no time for forms")
    if _NOT_WANTED.match(said.plain):
        return Passed("it says what is not wanted")
    found = dialogue.opened_by(talk.forms.values(), said, talk.clarify)
    if found is None or ruled.matched(said, ctx):
        return None
    form, why = found
    return Handled(begin(ctx, form.slug, said), _name(form), why)


def begin(ctx: Context, slug: str, said: Understanding | None = None) -> Reply:
    """Begin the form, or take it up where it is; what `said` names is taken as answers.

    Another form that is open waits until this one is over. Done again for one event, it changes
    nothing and answers the same.
    """
    form = _talk(ctx).forms.get(slug)
    if form is None:
        logger.error("alarm: there is no form %s, which an answer begins", slug)
        return TextReply(t("dialogue.gone", ctx.lang))
    kept = _kept(ctx)
    if kept is not None and kept.event == ctx.event_id and kept.outcome != DIGRESSED:
        return kept.reply
    open_ = kept.state if kept is not None and _is_open(kept.state, ctx.now) else None
    around = _around(ctx, said)
    if open_ is not None and open_.form == slug:
        parked, turn = open_.parked, dialogue.resume(form, open_, said, around)
    else:
        parked = (open_.parked or open_) if open_ is not None else None
        turn = dialogue.begin(form, said, around, parked)
    return _settled(ctx, form, parked, turn, said)


# --- what a turn leaves behind -------------------------------------------------------------------


def _settled(
    ctx: Context, form: Form, parked: State | None, turn: Turn, said: Understanding | None
) -> Reply:
    """Do what the turn means, keep the state, and give the reply."""
    with transaction():
        text = shown_text("\n".join(turn.say))
        reply: Reply = TextReply(text) if text else NO_REPLY
        if turn.outcome == DONE:
            reply = merge((reply, _done(ctx, form, turn.values, said)))
        state = turn.state
        if state is None and _is_open(parked, ctx.now) and not _hands_over(reply):
            state, reply = _back(ctx, parked, reply)
        _keep(ctx, state, turn.outcome, reply)
    return reply


def _done(ctx: Context, form: Form, values: Mapping[str, Any], said: Understanding | None) -> Reply:
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
    form = _talk(ctx).forms.get(parked.form) if parked is not None else None
    if form is None or parked is None:
        return None, reply
    around = _around(ctx, None)
    parked = replace(parked, until=around.until(form), aside=False, parked=None)
    return parked, merge((reply, TextReply(dialogue.question(form, parked, around))))


def _keep(ctx: Context, state: State | None, outcome: str, reply: Reply) -> None:
    """A closed form is as good as expired: only its own message, handled again, finds it."""
    sealed: dict[str, Any] = {"event": ctx.event_id, "outcome": outcome}
    sealed["reply"] = codec.to_json(reply)
    if state is not None:
        sealed["state"] = state.to_json()
    until = from_ms(state.until) if state is not None else ctx.now
    plain = {"form": state.form} if state is not None else {}
    dialogues.begin(ctx.follower.id, FORM, until, plain, sealed)


def _kept(ctx: Context) -> Kept | None:
    row = dialogues.latest(ctx.follower.id)
    if row is None or row.name != FORM or "event" not in row.sealed:
        return None
    state = row.sealed.get("state")
    return Kept(
        State.of(state) if state else None,
        int(row.sealed["event"]),
        str(row.sealed["outcome"]),
        codec.from_json(row.sealed["reply"]),
    )


def ends_a_form(message: TextMessage, ctx: Context) -> bool:
    """取消 while a form is open means the form; else it refuses recommendations."""
    plain = normalise(message.text)
    if CANCEL_WORD not in plain or not remarks.cancels(plain) or ctx.follower.owner(ctx.now):
        return False
    kept = _kept(ctx)
    if kept is None:
        return False
    if kept.event == ctx.event_id and kept.outcome == CANCELLED:
        return True
    return _is_open(kept.state, ctx.now)


# --- around a step -------------------------------------------------------------------------------


def _around(ctx: Context, said: Understanding | None) -> Around:
    talk = _talk(ctx)
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


def _begins_another(ctx: Context, form: Form, said: Understanding) -> bool:
    bared = bare(said.plain or normalise(said.text))
    return any(one.begun_by(bared) for one in _talk(ctx).forms.values() if one is not form)


def _is_open(state: State | None, now: datetime) -> bool:
    return state is not None and state.until > to_ms(now)


def _talk(ctx: Context) -> Talk:
    return ctx.services.talk_of(ctx.account.id)


def _name(form: Form) -> str:
    return f"dialogue.{form.slug}"[:64]

"""Forms: the dialogue in progress, and how one begins.

What a form gathers stands sealed in the follower's one dialogue row, with the reply that the last
message got: a message that is handled again (its process died) changes nothing and is answered the
same. State, event and the effects of the answers are one transaction.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace

from bot.i18n import t
from bot.inbox.context import Context, Handled, Passed
from bot.nlp.normalise import bare, normalise
from bot.store import dialogues
from bot.store.dialogues import FORM
from bot.talk import dialogue, remarks
from bot.talk.choosing import merge
from bot.talk.form import Form
from bot.talk.handoff import is_angry
from bot.talk.openers import opened_by, without_numbers
from bot.talk.turns import CANCELLED, DIGRESSED, DONE, EXPIRED, State, Turn
from bot.values.audience import Understanding
from bot.values.inbound import TextMessage
from bot.values.replies import NO_REPLY, MenuReply, Reply, TextReply
from handlers import asides, ruled
from handlers.form_state import Kept, is_open, keep, kept_of, name_of, talk_of, tap_id
from handlers.form_turns import around_of, settled
from handlers.router import router, understood

logger = logging.getLogger(__name__)

CANCEL_WORD = "取消"  # refuses recommendations where no form is open

# --- the dialogue in progress -------------------------------------------------------------------


@router.text(step="dialogue")
def go_on(message: TextMessage, ctx: Context) -> Handled | Passed | None:
    """What is said to an open form: an answer, a correction, an end, or another thing."""
    kept = kept_of(ctx)
    if kept is None:
        return None
    if ctx.follower.owner(ctx.now):
        return Passed("a person has the chat")
    if asides.is_away(ctx):
        return Passed("about something else than the form")
    if ":" in message.menu_id and message.menu_id != tap_id(kept.state):
        return Passed("a tap on another question")
    if kept.event == ctx.event_id:
        return _repeated(message, ctx, kept)
    if kept.state is None:
        return None
    form = talk_of(ctx).forms.get(kept.state.form)
    if form is None:
        dialogues.end(ctx.follower.id, FORM)
        return Passed("the form is gone")
    said = understood(message, ctx)
    also = _beside_answer(message, ctx, form, kept.state)
    said = also.rest if also is not None else said
    around = around_of(ctx, said)
    if _begins_another(ctx, form, said):
        around = replace(around, matched="exact")
    turn = dialogue.step(form, kept.state, said, around)
    return _taken(message, ctx, form, kept.state, turn, also)


def _beside_answer(
    message: TextMessage, ctx: Context, form: Form, state: State
) -> asides.Aside | None:
    """4位，有停车场吗: an answer to the form, and a question that is none."""
    slot = form.slot(state.open)
    if not form.digress or state.aside or (slot is not None and slot.kind == "text"):
        return None
    also = asides.beside(message, ctx)
    if also is None or also.asked.intent in form.intents:
        return None
    answers = dialogue.names_values(form, state, also.rest, around_of(ctx, None))
    return also if answers else None


def _taken(
    message: TextMessage,
    ctx: Context,
    form: Form,
    before: State,
    turn: Turn,
    also: asides.Aside | None,
) -> Handled | Passed:
    if turn.outcome == DIGRESSED and turn.say:
        line = TextReply("\n".join(turn.say))
        keep(ctx, turn.state, DIGRESSED, line)
        return _led_away(message, ctx, line)
    if not turn.say and turn.outcome != DONE:
        if turn.outcome == EXPIRED:
            dialogues.end(ctx.follower.id, FORM)
        elif before.offered:  # 好的 is about the offer in the very next message alone
            keep(ctx, turn.state, DIGRESSED, NO_REPLY)
        return Passed(f"{form.slug}: {turn.why}")
    said = also.rest if also is not None else understood(message, ctx)
    first = asides.answer(also, message, ctx) if also is not None else NO_REPLY
    reply = settled(ctx, form, before.parked, turn, said, first)
    why = f"{turn.outcome}: {turn.why}" + (f"; {also.why}" if also is not None else "")
    return Handled(reply, name_of(form), why)


def _repeated(message: TextMessage, ctx: Context, kept: Kept) -> Handled:
    """The same message once more: the same answer, and nothing is done twice."""
    if kept.outcome == DIGRESSED:
        return _led_away(message, ctx, kept.reply)
    slug = kept.state.form if kept.state else FORM
    return Handled(kept.reply, f"dialogue.{slug}"[:64], f"{kept.outcome}: handled before")


def _led_away(message: TextMessage, ctx: Context, line: Reply) -> Handled:
    """The answer of the later steps, and below it the question that is still open."""
    handled = asides.led_away(message, ctx)
    kept = kept_of(ctx)
    still = kept is not None and kept.event == ctx.event_id and kept.outcome == DIGRESSED
    reply = handled.reply
    if not still or NO_REPLY in (reply, line) or asides.hands_over(reply):
        return handled
    return replace(handled, reply=_with_line(reply, line), reason=f"{handled.reason}; and back")


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
    talk = talk_of(ctx)
    if not talk.forms or message.menu_id or ctx.follower.owner(ctx.now):
        return None
    if is_angry(talk.handoff, said.anger):
        return Passed(f"anger {said.anger:.2f}: no time for forms")
    if _NOT_WANTED.match(said.plain):
        return Passed("it says what is not wanted")
    also = _beside_opening(message, ctx)
    if also is not None:
        said = also.rest
    found = _opened_by(ctx, said)
    if found is None or ruled.matched(said, ctx):
        return None
    form, why = found
    if also is None:
        return Handled(begin(ctx, form.slug, said), name_of(form), why)
    first = asides.answer(also, message, ctx)
    return Handled(begin(ctx, form.slug, said, first), name_of(form), f"{why}; {also.why}")


def _opened_by(ctx: Context, said: Understanding) -> tuple[Form, str] | None:
    """As the text says; and, where a telephone number blurs that, without it."""
    talk = talk_of(ctx)
    found = opened_by(talk.forms.values(), said, talk.clarify)
    rest = without_numbers(said) if found is None and not said.word else ""
    if not rest:
        return found
    bare_of_numbers = ctx.services.understand(rest, ctx.account.id)
    return opened_by(talk.forms.values(), bare_of_numbers, talk.clarify)


def _beside_opening(message: TextMessage, ctx: Context) -> asides.Aside | None:
    """订明晚6点4个人的位子，有停车位吗: what begins a form names something that it asks for, or is
    its phrase. 退了一件，包邮资格还在吗 begins none."""
    also = asides.beside(message, ctx)
    found = _opened_by(ctx, also.rest) if also is not None else None
    if also is None or found is None or also.asked.intent in found[0].intents:
        return None
    form, _ = found
    fresh = State(form=form.slug, until=0)
    plain = bare(also.rest.plain or normalise(also.rest.text))
    if form.begun_by(plain):
        return also
    return also if dialogue.names_values(form, fresh, also.rest, around_of(ctx, None)) else None


def begin(
    ctx: Context, slug: str, said: Understanding | None = None, first: Reply = NO_REPLY
) -> Reply:
    """Begin the form, or take it up where it is; what `said` names is taken as answers. `first` is
    said before.

    Another form that is open waits until this one is over. Done again for one event, it changes
    nothing and answers the same.
    """
    form = talk_of(ctx).forms.get(slug)
    if form is None:
        logger.error("alarm: there is no form %s, which an answer begins", slug)
        return TextReply(t("dialogue.gone", ctx.lang))
    kept = kept_of(ctx)
    if kept is not None and kept.event == ctx.event_id and kept.outcome != DIGRESSED:
        return kept.reply
    open_ = kept.state if kept is not None and is_open(kept.state, ctx.now) else None
    around = around_of(ctx, said)
    if open_ is not None and open_.form == slug:
        parked, turn = open_.parked, dialogue.resume(form, open_, said, around)
    else:
        parked = (open_.parked or open_) if open_ is not None else None
        turn = dialogue.begin(form, said, around, parked)
    return settled(ctx, form, parked, turn, said, first)


def ends_a_form(message: TextMessage, ctx: Context) -> bool:
    """取消 while a form is open means the form; else it refuses recommendations."""
    plain = normalise(message.text)
    if CANCEL_WORD not in plain or not remarks.cancels(plain) or ctx.follower.owner(ctx.now):
        return False
    kept = kept_of(ctx)
    if kept is None:
        return False
    if kept.event == ctx.event_id and kept.outcome == CANCELLED:
        return True
    return is_open(kept.state, ctx.now)


def _begins_another(ctx: Context, form: Form, said: Understanding) -> bool:
    bared = bare(said.plain or normalise(said.text))
    return any(one.begun_by(bared) for one in talk_of(ctx).forms.values() if one is not form)

"""A second request beside the first: its answer, said with the first's. Registers nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace

from bot.inbox.context import Context, Handled
from bot.talk.choosing import merge
from bot.talk.faq import nearer
from bot.talk.twofold import question_beside, two_questions
from bot.values.audience import Understanding
from bot.values.inbound import TextMessage
from bot.values.replies import NO_REPLY, Reply, Several, TransferReply
from handlers.form_state import talk_of
from handlers.intents import answered
from handlers.router import router, understood

# The message that is on its way to the later steps, to come back with their answer.
_away: ContextVar[int] = ContextVar("away", default=0)


@dataclass(frozen=True, slots=True)
class Aside:
    """`rest`: the message without the question; `asked`: the question by itself."""

    rest: Understanding
    asked: Understanding

    @property
    def why(self) -> str:
        return f"also asked: {self.asked.intent} {self.asked.confidence:.2f}"


def beside(message: TextMessage, ctx: Context) -> Aside | None:
    """The question that stands beside something else; nothing is answered yet."""
    if message.menu_id:
        return None
    talk, understand = talk_of(ctx), _understanding(ctx)
    found = question_beside(message.text, understand, talk.intents, talk.clarify)
    return Aside(understand(found.rest), found.asked) if found is not None else None


def side_by_side(message: TextMessage, ctx: Context) -> Handled | None:
    """Two questions in one message, each answered."""
    talk, said = talk_of(ctx), understood(message, ctx)
    found = two_questions(said, _understanding(ctx), talk.intents, talk.clarify)
    if found is None or nearer(talk.faq.find(said.plain), said.confidence) is not None:
        return None
    both = [
        answered(talk.intents[one.intent], "", replace(message, text=one.text), as_said(ctx, one))
        for one in found
    ]
    why = " and ".join(f"{one.intent} {one.confidence:.2f}" for one in found)
    return Handled(merge(one.reply for one in both), both[0].handler, f"two questions: {why}")


def as_said(ctx: Context, said: Understanding) -> Context:
    """The context of a message of which only this is said."""
    return replace(ctx, understanding=said)


def _understanding(ctx: Context) -> Callable[[str], Understanding]:
    return lambda text: ctx.services.understand(text, ctx.account.id)


def answer(aside: Aside, message: TextMessage, ctx: Context) -> Reply:
    """What the later steps say to the question alone; nothing where that would be an act."""
    asked = replace(message, text=aside.asked.text)
    reply = led_away(asked, as_said(ctx, aside.asked)).reply
    return NO_REPLY if hands_over(reply) else reply


def is_away(ctx: Context) -> bool:
    return _away.get() == ctx.event_id


def led_away(message: TextMessage, ctx: Context) -> Handled:
    """The answer of the steps after the dialogue."""
    token = _away.set(ctx.event_id)
    try:
        return router.dispatch(message, ctx)
    finally:
        _away.reset(token)


def hands_over(reply: Reply) -> bool:
    parts = reply.replies if isinstance(reply, Several) else (reply,)
    return any(isinstance(one, TransferReply) for one in parts)

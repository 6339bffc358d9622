"""Whose chat it is: agents' sessions, silence while a person is waited for or speaks, anger.

The bot is back when the session closes, when its time is over, and, while nobody has come yet, when
the follower asks for it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.i18n import t
from bot.inbox.context import Context, Handled, Passed
from bot.inbox.facts import text_of
from bot.nlp.normalise import bare, normalise
from bot.store import dialogues
from bot.store import handoff as chats
from bot.store.handoff import AGENT, QUEUE
from bot.talk.choosing import merge
from bot.talk.handoff import is_angry, refuses_people
from bot.values.inbound import AgentSession, MenuClick, Message, TextMessage
from bot.values.replies import NO_REPLY, Later, Reply, TextReply, TransferReply
from handlers import handoff, satisfaction_ask
from handlers.router import router, understood

_WHY = {QUEUE: "a person was asked for", AGENT: "an agent has the chat"}
# An agent's session that outlived its hold and is closed afterwards is still worth a question.
_RECENTLY = timedelta(hours=2)
OF_AGENT = "agent"


# --- what the platform tells ---------------------------------------------------------------------


@router.on(AgentSession)
def session(message: AgentSession, ctx: Context) -> Reply:
    """An agent takes the chat, hands it on, or closes it: then how it was is asked."""
    if ctx.follower.id == 0:
        return NO_REPLY
    if message.action == "close":
        return _closed(ctx)
    dialogues.drop(ctx.follower.id)  # the agent asks from now on
    holds = handoff.setting(ctx).holds
    chats.take(ctx.follower.id, message.agent, ctx.now, min(message.sent_at, ctx.now) + holds)
    return NO_REPLY


def _closed(ctx: Context) -> Reply:
    released = chats.release(ctx.follower.id, "closed", ctx.now)
    served = next(iter(chats.asked(ctx.follower.id, 1)), None)
    if served is None or served.accepted_at is None or not ctx.follower.subscribed:
        return NO_REPLY
    ended = served.ended_at or ctx.now
    if not released and ended < ctx.now - _RECENTLY:
        return NO_REPLY
    if not ctx.services.talk_of(ctx.account.id).satisfaction.after_agent:
        return NO_REPLY
    asked = satisfaction_ask.question(ctx, OF_AGENT, served.agent)
    return Later(asked) if asked else NO_REPLY


# --- while a person has the chat -----------------------------------------------------------------


def _held(message: Message | MenuClick, ctx: Context) -> str | None:
    return _WHY.get(ctx.follower.owner(ctx.now))


@router.on(Message, MenuClick, when=_held, step="human")
def silence(message: Message | MenuClick, ctx: Context) -> Reply | Handled:
    """The agent answers. What is said to somebody who has not come yet goes to the queue, too: the
    platform brings it to us until a session begins."""
    if ctx.follower.owner(ctx.now) == AGENT:
        return NO_REPLY
    if _wants_the_bot(message, ctx) and _released(ctx):
        words = TextReply(t("handoff.released", ctx.lang))
        return Handled(words, "handoff.released", "they want the bot back")
    if isinstance(message, Message):
        return TransferReply(handoff.setting(ctx).agent)
    return NO_REPLY


def _released(ctx: Context) -> bool:
    return chats.release(ctx.follower.id, "released", ctx.now, held_by=QUEUE)


def _wants_the_bot(message: Message | MenuClick, ctx: Context) -> bool:
    said = bare(normalise(text_of(message)))
    words = handoff.setting(ctx).release_words
    if refuses_people(said):
        return True
    return bool(said) and said in {bare(normalise(word)) for word in words}


def _over(message: Message | MenuClick, ctx: Context) -> str | None:
    held = ctx.follower.held_by
    return "nobody came" if held == QUEUE else "the agent's time is over" if held else None


@router.on(Message, MenuClick, when=_over)
def back(message: Message | MenuClick, ctx: Context) -> Handled | None:
    """The hold is over and nobody has said so yet: the bot answers, and says that it is back."""
    asked = ctx.follower.held_by == QUEUE
    if not chats.release_over(ctx.follower.id, ctx.now) or not asked:
        return None
    free = replace(ctx, follower=replace(ctx.follower, held_by="", held_until=None))
    handled = router.dispatch(message, free)
    if isinstance(handled.reply, TransferReply):
        return handled
    words = TextReply(t("handoff.back", ctx.lang))
    return replace(handled, reply=merge((words, handled.reply)))


# --- when a machine should not go on -------------------------------------------------------------


@router.text(step="human")
def refused(message: TextMessage, ctx: Context) -> Reply | Passed:
    """不要人工: whatever else is in the words, no person is called."""
    if not refuses_people(bare(normalise(message.text))):
        return Passed("refuses no person")
    return TextReply(t("handoff.refused", ctx.lang))


@router.text(step="human")
def angry(message: TextMessage, ctx: Context) -> Handled | Passed:
    """Who is this angry wants a person, not a machine."""
    anger = understood(message, ctx).anger
    if not is_angry(handoff.setting(ctx), anger):
        return Passed(f"anger {anger:.2f}")
    if not handoff.somebody_is_there(ctx) and handoff.told_closed(ctx):
        return Passed(f"anger {anger:.2f}, but nobody is there and they know")
    return handoff.handled(ctx, "anger", f"anger {anger:.2f}")

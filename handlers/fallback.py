"""Whatever nobody else took: a text about something we know, or about nothing; any new event."""

from __future__ import annotations

from datetime import timedelta

from bot.i18n import t
from bot.inbox.context import Context, Handled
from bot.store import dialogues
from bot.values.inbound import Inbound, TextMessage
from bot.values.replies import NO_REPLY, Reply, TextReply
from handlers import answers
from handlers.router import router, understood

ONCE_WITHIN = timedelta(seconds=60)
_DEFAULT = "fallback.default"


@router.text()
def about_topic(message: TextMessage, ctx: Context) -> Handled | None:
    """Take up the topic that the text is most about, where the follower wants that at all."""
    topics = understood(message, ctx).topics
    if not topics or not ctx.follower.personalised:
        return None
    topic = max(topics, key=lambda name: (topics[name], name))
    reply = TextReply(t("fallback.topic", ctx.lang, topic=answers.named([topic], ctx.lang)))
    return Handled(reply, "fallback.about_topic", f"topic {topic} {topics[topic]:g}")


@router.text()
def default(message: TextMessage, ctx: Context) -> Handled:
    """What can be done here; other words the second time, as nobody likes a parrot."""
    why = "nothing recognised" if message.text else "empty text"
    if dialogues.answered_by(ctx.follower.id, _DEFAULT, ctx.now, ONCE_WITHIN):
        words = TextReply(t("fallback.again", ctx.lang))
        return Handled(words, "fallback.again", f"{why}, default said a moment ago")
    return Handled(TextReply(t("fallback.default", ctx.lang)), _DEFAULT, why)


@router.on(Inbound)
def recorded(message: Inbound, ctx: Context) -> Reply:
    """Kinds that want no answer, and those that the platform invents after today."""
    return NO_REPLY

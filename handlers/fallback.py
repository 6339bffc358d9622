"""Whatever nobody else took: a text about something we know, or about nothing; any new event."""

from __future__ import annotations

from datetime import timedelta

from bot.i18n import t
from bot.inbox.context import Context, Handled, Passed
from bot.store import dialogues
from bot.values.inbound import Inbound, TextMessage
from bot.values.replies import NO_REPLY, Reply, TextReply
from handlers import answers, clarify, ruled
from handlers.router import router, understood

ONCE_WITHIN = timedelta(seconds=60)
_DEFAULT = "fallback.default"
_OUT_OF_SCOPE = "fallback.out_of_scope"


router.text(step="clarify")(clarify.ask)


@router.text(step="topic")
def about_topic(message: TextMessage, ctx: Context) -> Handled | Passed:
    """Take up the topic that the text is most about, where the follower wants that at all."""
    topics = understood(message, ctx).topics
    if not topics or not ctx.follower.personalised:
        return Passed("refuses to be profiled" if topics else "about no topic")
    topic = max(topics, key=lambda name: (topics[name], name))
    reply = TextReply(t("fallback.topic", ctx.lang, topic=answers.named([topic], ctx.lang)))
    return Handled(reply, "fallback.about_topic", f"topic {topic} {topics[topic]:g}")


@router.text(step="default")
def default(message: TextMessage, ctx: Context) -> Handled:
    """What can be done here; other words the second time, as nobody likes a parrot."""
    why, name, key = "nothing recognised", _DEFAULT, "fallback.default"
    if not message.text:
        why = "empty text"
    elif understood(message, ctx).refused:
        why, name, key = "out of scope", _OUT_OF_SCOPE, "fallback.out_of_scope"
    if dialogues.answered_by(ctx.follower.id, (_DEFAULT, _OUT_OF_SCOPE), ctx.now, ONCE_WITHIN):
        words = TextReply(t("fallback.again", ctx.lang))
        again = name if name == _OUT_OF_SCOPE else "fallback.again"
        return Handled(words, again, f"{why}, default said a moment ago")
    if ruling := ruled.default(understood(message, ctx), ctx):
        return Handled(ruling[0], name, f"{why}, {ruling[1]}")
    return Handled(TextReply(t(key, ctx.lang)), name, why)


@router.on(Inbound)
def recorded(message: Inbound, ctx: Context) -> Reply:
    """Kinds that want no answer, and those that the platform invents after today."""
    return NO_REPLY

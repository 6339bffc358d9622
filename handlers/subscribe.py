"""Following and leaving; the first question and its answer."""

from __future__ import annotations

from bot.i18n import t
from bot.inbox.context import Context, Handled, Passed
from bot.profile import lifecycle, onboarding
from bot.store import dialogues
from bot.values.inbound import Subscribe, TextMessage, Unsubscribe
from bot.values.replies import NO_REPLY, Reply, TextReply
from handlers import answers, ruled
from handlers.router import router, understood

# Words that are an answer to nothing, however well they fit.
_COMMANDS = ("opt_out", "opt_in", "erase", "human", "help")


@router.on(Subscribe)
def welcome(message: Subscribe, ctx: Context) -> Reply | Handled:
    """Greet, say what is done with data and how to refuse, ask what they like."""
    known = lifecycle.subscribed(
        ctx.account.id, ctx.follower.id, message.scene, ctx.event_id, message.sent_at, ctx.now
    )
    if known:
        ruling = ruled.welcome(message, ctx, t("rules.refuse", ctx.lang))
        return ruling or TextReply(t("welcome.back", ctx.lang))
    topics = _topics(ctx)
    state = {"topics": topics}
    dialogues.begin(ctx.follower.id, "onboarding", ctx.now + onboarding.OPEN_FOR, state)
    options = answers.numbered(topics, ctx.lang)
    question = t("rules.question", ctx.lang, options=options)
    ruling = ruled.welcome(message, ctx, t("rules.notice", ctx.lang), question)
    return ruling or TextReply(t("welcome.new", ctx.lang, options=options))


@router.on(Unsubscribe)
def goodbye(message: Unsubscribe, ctx: Context) -> Reply:
    """Sends stop at once; there is nobody to answer."""
    lifecycle.unsubscribed(ctx.follower.id, message.sent_at)
    return NO_REPLY


@router.text(step="dialogue")
def choose(message: TextMessage, ctx: Context) -> Handled | Passed:
    """The answer to the first question. Anything else passes and leaves the question open."""
    chosen = onboarding.answer(message.text, _topics(ctx))
    if not chosen or understood(message, ctx).word in _COMMANDS or ctx.follower.owner(ctx.now):
        return Passed("no answer to the first question")
    asked = dialogues.current(ctx.follower.id, ctx.now)
    if asked is None or asked.name != "onboarding":
        return Passed("the first question is not open")
    # What was shown counts, even where the house has other topics by now.
    shown = tuple(asked.state.get("topics", onboarding.OPTIONS))
    chosen = onboarding.answer(message.text, shown)
    if not chosen:
        return Passed("nothing that was shown")
    lifecycle.preferred(
        ctx.account.id,
        ctx.follower.id,
        dict.fromkeys(chosen, 1.0),
        ctx.event_id,
        message.sent_at,
        ctx.now,
    )
    thanks = t("onboarding.thanks", ctx.lang, choice=answers.named(chosen, ctx.lang))
    return Handled(TextReply(thanks), "subscribe.choose", f"answer {','.join(chosen)}")


def _topics(ctx: Context) -> tuple[str, ...]:
    """Those of the house's entities of kind topic, by their slugs; else the usual ones."""
    documents = ctx.services.talk_of(ctx.account.id).documents
    named = (one for (kind, _), one in sorted(documents.items()) if kind == "entity")
    return onboarding.options_of(
        one["topic"] for one in named if one.get("kind") == "topic" and one.get("topic")
    )

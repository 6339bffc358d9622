"""How it was: the answer to the question, tapped at any time or typed while it is open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.i18n import t
from bot.inbox.context import Context, Handled
from bot.nlp.normalise import bare, normalise, words
from bot.store import conversation, dialogues, events
from bot.store.handoff import AGENT
from bot.talk.handoff import Satisfaction
from bot.values.inbound import TextMessage
from bot.values.replies import NO_REPLY, MenuOption, MenuReply, Reply, TextReply
from handlers.router import router
from handlers.satisfaction_ask import ASKED, ASKED_EVENT, CHOICE

LONGEST = 24  # characters; a longer text is no answer to this
_TAP = re.compile(rf"{CHOICE}(\d{{1,18}}):([01])")


_YES = words("满意 很满意 非常满意 挺满意 挺满意的 满意的 好评 五星 1 satisfied yes")
_NO = words("不满意 很不满意 非常不满意 不太满意 一点也不满意 差评 2 unsatisfied no")


@router.text(step="dialogue")
def rated(message: TextMessage, ctx: Context) -> Handled | None:
    """Counted once a question. Who is not satisfied is offered a person."""
    tapped = _TAP.fullmatch(message.menu_id)
    if tapped:
        score, asked = int(tapped[2]), _asked(ctx, int(tapped[1]))
    else:
        typed = _typed(message, ctx)
        if typed is None:
            return None
        score, asked = typed
    if asked is None:
        return None
    dialogues.end(ctx.follower.id, ASKED)
    new = _record(ctx, score, asked)
    return Handled(_reply(ctx, score, new), "satisfaction.rated", f"score {score}")


def _asked(ctx: Context, event_id: int) -> Mapping[str, Any] | None:
    """What this follower was asked at that event; a made-up id names nothing."""
    key = f"{ASKED_EVENT}:{event_id}"
    return conversation.facts_of(ctx.follower.id, events.dedupe(ctx.account.id, "handler", key))


def _typed(message: TextMessage, ctx: Context) -> tuple[int, Mapping[str, Any]] | None:
    """Score and question of a typed answer while the question is open."""
    if len(message.text) > LONGEST:
        return None
    said = bare(normalise(message.text))
    how = ctx.services.talk_of(ctx.account.id).satisfaction
    score = _score(said, how)
    if score is None:
        return None
    asked = dialogues.current(ctx.follower.id, ctx.now)
    return (score, asked.state) if asked is not None and asked.name == ASKED else None


def _score(said: str, how: Satisfaction) -> int | None:
    if said in _NO or (how.no and said == bare(normalise(how.no))):
        return 0
    if said in _YES or (how.yes and said == bare(normalise(how.yes))):
        return 1
    return None


def _record(ctx: Context, score: int, asked: Mapping[str, Any]) -> bool:
    """False: this question was answered before; the first answer stands."""
    facts = {"score": score, "about": asked.get("about", "")}
    if asked.get("agent"):
        facts["agent"] = asked["agent"]
    new = events.append(
        ctx.account.id,
        ctx.follower.id,
        "satisfied",
        at=ctx.now,
        received_at=ctx.now,
        source="handler",
        key=f"satisfied:{asked.get('event')}",
        facts=facts,
    )
    return new is not None


def _reply(ctx: Context, score: int, new: bool) -> Reply:
    if ctx.follower.owner(ctx.now) == AGENT:
        return NO_REPLY
    if not new:
        return TextReply(t("satisfied.recorded", ctx.lang))
    if score:
        return TextReply(t("satisfied.thanks", ctx.lang))
    offered = MenuOption(f"h:{ctx.event_id}", t("satisfied.human", ctx.lang))
    return MenuReply(t("satisfied.sorry", ctx.lang), (offered,))

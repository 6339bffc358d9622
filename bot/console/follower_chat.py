"""消息 of one follower: both sides of the chat, to be read; the chat itself answers."""

from __future__ import annotations

from typing import Any

from bot.console.chat_words import answer_of, came_of, left_of, person, words_of
from bot.console.gate import account, asker
from bot.console.parts import spot, written
from bot.console.rights import Right
from bot.console.shell import Words, shown_at, words, zone_of
from bot.profile.words import Words as Said
from bot.store import chats
from bot.store.spots import Spot
from bot.values.audience import FollowerState

PAGE = 30


def values(one: FollowerState, said: Said) -> dict[str, Any]:
    """The latest first. The words themselves are for who may answer or export."""
    say, who = words(), asker()
    lines, more = chats.chat(one.id, spot(), PAGE)
    opened = who.may(Right.TALK) or who.may(Right.EXPORT)
    return {
        "rows": [row for line in lines for row in _rows(line, say, opened)],
        "opened": opened,
        "more": written(more),
        "older": spot() != Spot(),
        "window": left_of(one.window_until, one.window_left, who.now, say),
    }


def _rows(line: chats.Said, say: Words, opened: bool) -> list[tuple[str, str, str, str]]:
    """(when, who, what, what became of it): the answer above what it answers."""
    at, came = shown_at(line.at, zone_of(account())), came_of(line, say)
    if line.by:
        return [(at, person(line.by), line.text if opened else "…", came)]
    heard = words_of(line.kind, line.text if opened else "…", say)
    told = answer_of(line, say) if opened else ["…"] if line.reply else []
    answers = [(at, say("con.inbox.bot"), text, came) for text in reversed(told)]
    return [*answers, (at, say("con.follower.them"), heard, "")]

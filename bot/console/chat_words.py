"""What stands in a chat, in words: messages without a text, answers of the bot, quick replies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.console.shell import Words, actor_said, words
from bot.inbox import codec
from bot.store.chats import Line, Said
from bot.store.conversation import MISSES
from bot.store.handoff import DESK
from bot.talk.answers import UNANSWERED
from bot.talk.live import Talk
from bot.values.replies import MenuReply, MusicReply, NewsReply, Reply, TextReply

# A link of an answer, as the follower's WeChat shows its words alone.
_LINK = re.compile(r"<a\s[^<>]*>([^<>]*)</a>")
MOST_QUICK = 8
OWN_QUICK = 4  # where the house has no questions written down
_SPEAKS = ("message.text", "message.voice")
# The inbox's words for what became of an answer, as they are shown.
_STATES = {
    "passive": "answered", "sent": "answered", "late": "on_its_way", "sending": "on_its_way",
    "lost": "lost", "unknown": "unknown",
}  # fmt: skip


def person(agent: str) -> str:
    """What an operator is called, or the platform's name of an agent of its own."""
    if not agent.startswith(DESK):
        return agent
    return actor_said(agent, words())


def words_of(kind: str, text: str, say: Words) -> str:
    """What a follower sent: the words, and what it was where it was no text."""
    if kind == "message.text" or (text and kind in _SPEAKS):
        return text
    said = say(f"con.inbox.kind.{kind}")
    return f"[{said}] {text}".strip()


def state_of(line: Line, say: Words) -> str:
    """What became of a message, in a word or two."""
    if line.handler in MISSES:
        return say("con.inbox.state.missed")
    if line.person:
        return say("con.inbox.state.person")
    return say(f"con.inbox.state.{_STATES.get(line.answer, 'silent')}")


def answer_of(one: Said, say: Words) -> list[str]:
    """The bot's messages after this one, each in words."""
    found = codec.messages(codec.from_json(one.reply)) if one.reply else ()
    return [_reply(message, say) for message in found]


def _reply(reply: Reply, say: Words) -> str:
    match reply:
        case TextReply(text):
            return _LINK.sub(lambda link: f"{link[1]} [{say('con.inbox.link')}]", text)
        case MenuReply():
            options = [f"· {one.say}" for one in reply.options]
            return "\n".join(part for part in (reply.head, *options, reply.tail) if part)
        case NewsReply(articles):
            return "\n".join(f"[{one.title}]" for one in articles)
        case MusicReply():
            return f"[{reply.title}]"
    return f"[{say('con.inbox.reply.' + type(reply).__name__.removesuffix('Reply').lower())}]"


def came_of(one: Said, say: Words) -> str:
    """What became of something we said, "" where there is nothing to add: it was sent."""
    if one.by:
        return "" if one.came == "sent" else say(f"con.inbox.came.{one.came or 'unknown'}")
    state = _STATES.get(one.came, "")
    return "" if state in ("", "answered") else say(f"con.inbox.state.{state}")


def quick_replies(talk: Talk, say: Words) -> list[tuple[str, str]]:
    """(question, text) of what the house has written down, else a few words of courtesy."""
    found = [
        (str(document["questions"][0]), text)
        for (kind, _), document in sorted(talk.documents.items())
        if kind == "faq" and (text := _plain(document))
    ][:MOST_QUICK]
    own = [say(f"con.inbox.quick.{number}") for number in range(1, OWN_QUICK + 1)]
    return found or [(text[:12], text) for text in own]


def _plain(document: Mapping[str, Any]) -> str:
    """The first answer that is the same for everybody: nothing in it is filled in."""
    texts = (one.get("text", "") for one in document.get("answers", ()) if not one.get("only"))
    fit = (t for t in texts if t and "{" not in t and not t.startswith(UNANSWERED))
    return next(fit, "") if document.get("questions") else ""


def left_of(until: datetime | None, left: int, now: datetime, say: Words) -> str:
    """How long and how often one may still write."""
    minutes = int((until - now).total_seconds() // 60) if until else 0
    if minutes <= 0 or left <= 0:
        return say("con.inbox.window.shut")
    span = (
        say("con.inbox.hours", hours=minutes // 60)
        if minutes >= 60
        else say("con.inbox.minutes", minutes=minutes)
    )
    return say("con.inbox.window.open", span=span, left=left)

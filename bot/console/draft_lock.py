"""What is published, or thrown away, is the draft that its reader saw: its rules, intents,
questions and forms with their examples. Every form that does so carries which one that was."""

from __future__ import annotations

from flask import request

from bot.clock import from_ms, to_ms
from bot.console import newer
from bot.console.gate import account, asker
from bot.console.shell import Words, actor_said, shown_at, words, zone_of
from bot.errors import Conflict
from bot.store import edit_marks, talk
from bot.store.talk import DRAFT
from bot.talk.documents import Bundle, to_value

_MOST_NAMED = 12
_WHAT = "talk"


class Moved(Conflict):
    """The draft is another by now."""


def stamp_of(draft: Bundle) -> str:
    """Which draft somebody sees; "" for none."""
    if not draft.documents and not draft.examples and not draft.own_words:
        return ""
    return newer.digest([to_value(draft), draft.own_words])


def mark() -> None:
    """Who asks has changed the draft. In the transaction of the change."""
    of, who = account(), asker()
    edit_marks.put(of.id, _WHAT, DRAFT, str(talk.version(of.id)), who.actor, who.now)


def must_be_seen(draft: Bundle) -> None:
    """Raises Moved where the form was of another draft. In the transaction of what is ordered."""
    if request.form.get("draft", "") != stamp_of(draft):
        raise Moved(_moved(words()))


def _moved(say: Words) -> str:
    of = account()
    left = edit_marks.of(of.id, _WHAT, DRAFT, str(talk.version(of.id)))
    if left is None:
        first = say("con.draft.moved")
    else:
        at = shown_at(left.at, zone_of(of))
        first = say("con.draft.moved_by", who=actor_said(left.by, say), at=at)
    since = _since()
    return "\n".join(
        [first, say("con.draft.since", what=say("con.rules.comma").join(since))]
        if since
        else [first]
    )


def _since() -> list[str]:
    """The documents that were written since the page was shown, as far as it says when."""
    text = request.form.get("shown", "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        return []
    at, of = from_ms(int(text)), account()
    found = [one for one in talk.documents(of.id, DRAFT) if one.updated_at >= at]
    return [
        document_said(one.kind, str(one.document.get("name") or one.slug), words())
        for one in sorted(found, key=lambda one: one.updated_at, reverse=True)[:_MOST_NAMED]
    ]


def document_said(kind: str, name: str, say: Words) -> str:
    """A document of the draft as people call it."""
    return say(f"con.rules.where.{kind}", name=name)


def shown_now() -> str:
    """When the page is shown, for the form that carries it."""
    return str(to_ms(asker().now))

"""消息: who waits for a person, what nobody answered, and the latest messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from bot.console.chat_words import person, state_of, words_of
from bot.console.gate import account, asker, page
from bot.console.parts import digest, part, spot, written
from bot.console.rights import Right
from bot.console.shell import Words, render, shown_at, words, zone_of
from bot.store import audit, chats, pseudonyms
from bot.store.chats import Held, Line, Spot
from bot.store.handoff import AGENT

PAGE = 50
VIEWS = ("held", "open", "all")


@dataclass(frozen=True)
class Row:
    """One line of a list, in finished words."""

    id: int
    name: str
    text: str
    at: str
    state: str
    unread: bool = False


# --- the lists -----------------------------------------------------------------------------------


@page("/a/<slug>/inbox", Right.TALK)
def inbox(slug: str) -> Response:
    """Who waits and is served, what nobody answered in 24 hours, or everything."""
    audit.record(asker().actor, "inbox_look", asker().now, detail={"view": _view()})
    return render("inbox.html", **_list())


@page("/a/<slug>/inbox-live", Right.TALK)
def inbox_live(slug: str) -> Response:
    """The list alone, for a page that asks again and again; nothing where nothing changed."""
    return part("inbox_list.html", _list())


def _list() -> dict[str, Any]:
    view, say, now, of = _view(), words(), asker().now, account()
    waiting = chats.held(of.id, now)
    begin, more = spot(), None
    if view == "held":
        rows = [_held(one, say) for one in waiting]
    else:
        lines, more = (
            chats.latest(of.id, begin, PAGE)
            if view == "all"
            else chats.unanswered(of.id, now, begin, PAGE)
        )
        rows = [_line(one, say) for one in lines]
    return {
        "rows": rows,
        "view": view,
        "views": VIEWS,
        "count": len(waiting),
        "more": written(more),
        "first": begin == Spot(),
        "slug": of.slug,
        "seen": digest(rows, len(waiting)),
    }


def _view() -> str:
    asked = request.args.get("view", "")
    return asked if asked in VIEWS else VIEWS[0]


def _held(one: Held, say: Words) -> Row:
    zone = zone_of(account())
    state = (
        say("con.inbox.served", who=person(one.agent))
        if one.owner == AGENT
        else say("con.inbox.waits", at=shown_at(one.asked_at, zone), why=say(_why(one.why)))
    )
    return Row(
        one.follower_id,
        pseudonyms.of(one.follower_id),
        one.text,
        shown_at(one.last_at, zone),
        state,
        one.unread,
    )


def _why(why: str) -> str:
    known = ("word", "intent", "rule", "form", "anger", "misses", "unsatisfied", "agent")
    return f"con.inbox.why.{why if why in known else 'other'}"


def _line(one: Line, say: Words) -> Row:
    return Row(
        one.follower_id,
        pseudonyms.of(one.follower_id),
        words_of(one.kind, one.text, say),
        shown_at(one.at, zone_of(account())),
        state_of(one, say),
    )

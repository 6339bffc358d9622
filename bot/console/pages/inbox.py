"""消息: who waits for a person, what nobody answered, and the latest messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from werkzeug.wrappers import Response

from bot.console.chat_words import left_of, person, state_of, words_of
from bot.console.gate import account, asker, page
from bot.console.parts import digest, part, spot, written
from bot.console.rights import Right
from bot.console.shell import Words, render, shown_at, words, zone_of
from bot.store import audit, chat_stars, chats, desk_figures, followers, pseudonyms
from bot.store.accounts import AccountState
from bot.store.chats import Held, Line
from bot.store.handoff import AGENT
from bot.store.spots import Spot

PAGE = 50
VIEWS = ("held", "open", "starred", "all")


@dataclass(frozen=True)
class Row:
    """One line of a list, in finished words."""

    id: int
    name: str
    text: str
    at: str
    state: str
    unread: bool = False
    window: str = ""
    starred: bool = False


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
        rows = [_held(one, say, now) for one in waiting]
    elif view == "starred":
        rows = _starred(of.id, now, say)
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
        "mine": _mine(of, now, say),
        "seen": digest(rows, len(waiting)),
    }


def _view() -> str:
    asked = request.args.get("view", "")
    return asked if asked in VIEWS else VIEWS[0]


def _held(one: Held, say: Words, now: datetime) -> Row:
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
        left_of(one.window_until, one.window_left, now, say),
    )


def _starred(account_id: int, now: datetime, say: Words) -> list[Row]:
    """Those that somebody keeps in sight, the latest starred first, with who has them."""
    ids = chat_stars.starred(account_id)
    last, zone = chats.last_words(ids), zone_of(account())
    found = []
    for who in followers.some(ids) if ids else ():
        at, text = last.get(who.id, (None, ""))
        owner = who.owner(now)
        state = say(
            "con.inbox.with_agent" if owner == AGENT else f"con.inbox.owner.{owner or 'bot'}"
        )
        window = left_of(who.window_until, who.window_left, now, say)
        found.append(
            Row(who.id, pseudonyms.of(who.id), text, shown_at(at, zone), state, window=window)
        )
    return found


def _mine(of: AccountState, now: datetime, say: Words) -> str:
    """What who asks has done today, in one line."""
    day = desk_figures.today(of.id, asker().actor, midnight(now, zone_of(of)))
    first = "–" if day.first_seconds is None else span(day.first_seconds, say)
    return say("con.inbox.mine", chats=f"{day.chats:,}", answers=f"{day.answers:,}", first=first)


def midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """When the account's day began."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def span(seconds: float, say: Words) -> str:
    """90 s as 1 分 30 秒."""
    minutes, rest = divmod(round(seconds), 60)
    return say("con.inbox.span", minutes=minutes, seconds=rest)


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

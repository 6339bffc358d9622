"""One chat of 消息: what was said, and the means to answer."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console.chat_words import answer_of, came_of, left_of, person, quick_replies, words_of
from bot.console.gate import account, asker, page
from bot.console.parts import digest, part, spot, written
from bot.console.rights import Right
from bot.console.shell import Words, render, shown_at, words, zone_of
from bot.errors import NotFound
from bot.inbox import desk
from bot.inbox.desk import Came, Refused
from bot.store import audit, chats, followers, handoff, pseudonyms
from bot.store.chats import Said, Spot
from bot.store.handoff import AGENT
from bot.values.audience import FollowerState
from bot.web.services import services

PAGE = 50
# What may be tried again as it is: certainly nothing went out.
_AGAIN = (Came.AWAY, Came.QUOTA, Came.REFUSED, Came.WINDOW)


@dataclass(frozen=True)
class Bubble:
    """One thing said in a chat. `side`: them, bot, us."""

    side: str
    who: str
    text: str
    at: str
    came: str


@page("/a/<slug>/inbox/<int:follower_id>", Right.TALK)
def chat(slug: str, follower_id: int) -> Response:
    """What was said, and the means to answer. The look is in the audit log."""
    who = _found(follower_id)
    audit.record(asker().actor, "chat_look", asker().now, follower_id=who.id)
    return _chat(who)


@page("/a/<slug>/inbox/<int:follower_id>/live", Right.TALK)
def chat_live(slug: str, follower_id: int) -> Response:
    """What was said alone, for a page that asks again and again; nothing where nothing changed."""
    return part("chat_part.html", _talk(_found(follower_id)))


@page("/a/<slug>/inbox/<int:follower_id>/take", Right.TALK, ("POST",))
def chat_take(slug: str, follower_id: int) -> Response:
    """接入: the chat is this operator's, unless somebody else was first."""
    who = asker()
    return _done(follower_id, lambda: desk.take(services(), account(), follower_id, *_by(who.now)))


@page("/a/<slug>/inbox/<int:follower_id>/back", Right.TALK, ("POST",))
def chat_back(slug: str, follower_id: int) -> Response:
    """转回机器人."""
    who = asker()
    return _done(follower_id, lambda: desk.give_back(account(), follower_id, *_by(who.now)))


@page("/a/<slug>/inbox/<int:follower_id>/say", Right.TALK, ("POST",))
def chat_say(slug: str, follower_id: int) -> Response:
    """Send an answer; what is refused keeps the text and says why."""
    one, who, text = _found(follower_id), asker(), request.form.get("text", "")
    key = request.form.get("key", "")[:32] or secrets.token_hex(8)
    try:
        came = desk.say(services(), account(), one.id, who.actor, text, key, who.now)
    except Refused as no:
        return _chat(one, 409, words()(f"con.inbox.no.{no.why}"), text)
    if came in (Came.SENT, Came.REPEATED):
        return _to_chat(one.id)
    left = text if came in _AGAIN else ""
    return _chat(_found(one.id), 409, words()(f"con.inbox.came.{came}"), left)


def _by(now: datetime) -> tuple[str, datetime]:
    return asker().actor, now


def _done(follower_id: int, order: Callable[[], None]) -> Response:
    one = _found(follower_id)
    try:
        order()
    except Refused as no:
        return _chat(_found(one.id), 409, words()(f"con.inbox.no.{no.why}"))
    return _to_chat(one.id)


def _to_chat(follower_id: int) -> Response:
    return redirect(url_for("console.chat", slug=account().slug, follower_id=follower_id), 303)


def _found(follower_id: int) -> FollowerState:
    try:
        found = followers.get(follower_id) if follower_id < 1 << 63 else None
    except NotFound:
        found = None
    if found is None or found.account_id != account().id or found.erased_at is not None:
        abort(404)
    return found


def _chat(who: FollowerState, status: int = 200, error: str = "", text: str = "") -> Response:
    talk = services().talk_of(account().id)
    return render(
        "chat.html",
        status,
        **_talk(who),
        error=error,
        text=text,
        key=secrets.token_hex(8),
        quick=quick_replies(talk, words()),
    )


def _talk(who: FollowerState) -> dict[str, Any]:
    say, now, begin = words(), asker().now, spot()
    lines, more = chats.chat(who.id, begin, PAGE)
    bubbles = [bubble for one in reversed(lines) for bubble in _bubbles(one, say)]
    owner = who.owner(now)
    agent = _agent(who.id) if owner == AGENT else ""
    mine, here = agent == asker().actor, not desk.has_left(who)
    held = _standing(owner, agent, here, say)
    window = left_of(who.window_until, who.window_left, now, say)
    return {
        "id": who.id,
        "name": pseudonyms.of(who.id),
        "bubbles": bubbles,
        "more": written(more),
        "first": begin == Spot(),
        "mine": mine,
        "takes": owner != AGENT,
        "here": here,
        "held": held,
        "window": window,
        "slug": account().slug,
        "may_look": asker().may(Right.PEOPLE),
        "moved": request.args.get("mine", str(int(mine))) != str(int(mine)),
        "seen": digest(bubbles, held, window, mine),
    }


def _standing(owner: str, agent: str, here: bool, say: Words) -> str:
    """Whose chat it is."""
    if not here:
        return say("con.inbox.owner.gone")
    if owner == AGENT:
        return say("con.inbox.served", who=person(agent))
    return say(f"con.inbox.owner.{owner or 'bot'}")


def _agent(follower_id: int) -> str:
    """Who has the chat that an agent has."""
    latest = next(iter(handoff.asked(follower_id, 1)), None)
    return latest.agent if latest else ""


def _bubbles(one: Said, say: Words) -> list[Bubble]:
    at = shown_at(one.at, zone_of(account()))
    if one.by:
        return [Bubble("us", person(one.by), one.text, at, came_of(one, say))]
    said = [Bubble("them", "", words_of(one.kind, one.text, say), at, "")]
    came = came_of(one, say)
    return said + [
        Bubble("bot", say("con.inbox.bot"), text, at, came) for text in answer_of(one, say)
    ]

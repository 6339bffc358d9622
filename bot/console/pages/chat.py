"""One chat of 消息: what was said, and the means to answer."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.clock import to_ms
from bot.console.chat_words import answer_of, came_of, left_of, person, quick_replies, words_of
from bot.console.follower_parts import found
from bot.console.gate import account, asker, page
from bot.console.parts import digest, part, spot, written
from bot.console.rights import Right, may
from bot.console.shell import Words, render, shown_at, words, zone_of
from bot.inbox import asking, desk
from bot.inbox.desk import Came, Refused
from bot.store import audit, chat_stars, chats, handoff, operators, pictures, pseudonyms
from bot.store.chats import Said
from bot.store.handoff import AGENT, DESK
from bot.store.pictures import PictureState
from bot.store.spots import Spot
from bot.values.audience import FollowerState
from bot.web.services import services

PAGE = 50
MOST_HITS = 50
MOST_PICTURES = 60  # to choose from, the latest
# What may be tried again as it is: certainly nothing went out.
_AGAIN = (Came.AWAY, Came.QUOTA, Came.REFUSED, Came.WINDOW)


@dataclass(frozen=True)
class Bubble:
    """One thing said in a chat. `side`: them, bot, us; `picture`: of the library, 0 for none."""

    side: str
    who: str
    text: str
    at: str
    came: str
    picture: int = 0


@page("/a/<slug>/inbox/<int:follower_id>", Right.TALK)
def chat(slug: str, follower_id: int) -> Response:
    """What was said, and the means to answer. The look is in the audit log."""
    who = found(follower_id)
    audit.record(asker().actor, "chat_look", asker().now, follower_id=who.id)
    return _chat(who)


@page("/a/<slug>/inbox/<int:follower_id>/live", Right.TALK)
def chat_live(slug: str, follower_id: int) -> Response:
    """What was said alone, for a page that asks again and again; nothing where nothing changed."""
    return part("chat_part.html", _talk(found(follower_id)))


@page("/a/<slug>/inbox/<int:follower_id>/take", Right.TALK, ("POST",))
def chat_take(slug: str, follower_id: int) -> Response:
    """接入: the chat is this operator's, unless somebody else was first."""
    who = asker()
    return _done(follower_id, lambda: desk.take(services(), account(), follower_id, *_by(who.now)))


@page("/a/<slug>/inbox/<int:follower_id>/back", Right.TALK, ("POST",))
def chat_back(slug: str, follower_id: int) -> Response:
    """转回机器人; then the follower is asked how it was."""
    who = asker()

    def order() -> None:
        desk.give_back(account(), follower_id, *_by(who.now))
        asking.after_desk(services(), account(), follower_id, *_by(who.now))

    return _done(follower_id, order)


@page("/a/<slug>/inbox/<int:follower_id>/pass", Right.TALK, ("POST",))
def chat_pass(slug: str, follower_id: int) -> Response:
    """转给同事: the chat is a colleague's who may answer on this account."""
    one, to = found(follower_id), request.form.get("to", "")
    if to not in dict(_colleagues()):
        return _chat(one, 422, words()("con.inbox.no.colleague"))
    now = asker().now
    return _done(
        one.id,
        lambda: desk.pass_on(services(), account(), one.id, asker().actor, f"{DESK}{to}", now),
    )


@page("/a/<slug>/inbox/<int:follower_id>/note", Right.TALK, ("POST",))
def chat_note(slug: str, follower_id: int) -> Response:
    """内部备注: for colleagues, never sent."""
    one, given = found(follower_id), request.form
    key, text = given.get("key", "")[:32] or secrets.token_hex(8), given.get("note", "")
    try:
        desk.note(account(), one.id, asker().actor, text, key, asker().now)
    except Refused as no:
        return _chat(one, 409, words()(f"con.inbox.no.{no.why}"), noted=text)
    return _to_chat(one.id)


@page("/a/<slug>/inbox/<int:follower_id>/star", Right.TALK, ("POST",))
def chat_star(slug: str, follower_id: int) -> Response:
    """星标, or no longer."""
    one = found(follower_id)
    if request.form.get("on") == "1":
        chat_stars.star(account().id, one.id, asker().actor, asker().now)
    else:
        chat_stars.unstar(one.id)
    return _to_chat(one.id)


def _colleagues() -> list[tuple[str, str]]:
    """(name, words) of who else may answer here."""
    here, me = account().id, asker().person.id
    return [
        (one.name, one.title)
        for one in operators.everybody()
        if one.id != me
        and one.disabled_at is None
        and not one.invited
        and may(one.role_on(here), Right.TALK)
    ]


@page("/a/<slug>/inbox/<int:follower_id>/say", Right.TALK, ("POST",))
def chat_say(slug: str, follower_id: int) -> Response:
    """Send an answer; what is refused keeps the text and says why."""
    one, who, text = found(follower_id), asker(), request.form.get("text", "")
    key = request.form.get("key", "")[:32] or secrets.token_hex(8)
    try:
        came = desk.say(services(), account(), one.id, who.actor, text, key, who.now)
    except Refused as no:
        return _chat(one, 409, words()(f"con.inbox.no.{no.why}"), text)
    if came in (Came.SENT, Came.REPEATED):
        return _to_chat(one.id)
    left = text if came in _AGAIN else ""
    return _chat(found(one.id), 409, words()(f"con.inbox.came.{came}"), left)


@page("/a/<slug>/inbox/<int:follower_id>/picture", Right.TALK, ("POST",))
def chat_picture(slug: str, follower_id: int) -> Response:
    """Send a picture of 图片素材."""
    one, who, given = found(follower_id), asker(), request.form
    asked, key = given.get("picture", ""), given.get("key", "")[:32] or secrets.token_hex(8)
    shown = next((p for p in _pictures() if str(p.id) == asked), None)
    if shown is None:
        return _chat(one, 422, words()("con.inbox.no.picture"))
    try:
        came = desk.show(services(), account(), one.id, who.actor, shown, key, who.now)
    except Refused as no:
        return _chat(one, 409, words()(f"con.inbox.no.{no.why}"))
    if came in (Came.SENT, Came.REPEATED):
        return _to_chat(one.id)
    return _chat(found(one.id), 409, words()(f"con.inbox.came.{came}"))


def _pictures() -> list[PictureState]:
    """Those that may be sent: the platform has them."""
    return pictures.kept(account().id, MOST_PICTURES)


def _by(now: datetime) -> tuple[str, datetime]:
    return asker().actor, now


def _done(follower_id: int, order: Callable[[], None]) -> Response:
    one = found(follower_id)
    try:
        order()
    except Refused as no:
        return _chat(found(one.id), 409, words()(f"con.inbox.no.{no.why}"))
    return _to_chat(one.id)


def _to_chat(follower_id: int) -> Response:
    return redirect(url_for("console.chat", slug=account().slug, follower_id=follower_id), 303)


def _chat(
    who: FollowerState, status: int = 200, error: str = "", text: str = "", noted: str = ""
) -> Response:
    talk = services().talk_of(account().id)
    sought = request.args.get("q", "").strip()[:64]
    return render(
        "chat.html",
        status,
        **_talk(who),
        error=error,
        text=text,
        noted=noted,
        key=secrets.token_hex(8),
        starred=chat_stars.is_starred(who.id),
        colleagues=_colleagues(),
        pictures=_pictures(),
        q=sought,
        hits=_hits(who.id, sought, words()) if sought else [],
        quick=quick_replies(talk, words()),
    )


def _hits(follower_id: int, sought: str, say: Words) -> list[dict[str, str]]:
    """What was said in this chat with these words, each with a page that begins at it."""
    zone = zone_of(account())
    return [
        {
            "at": shown_at(one.at, zone),
            "who": person(one.by) if one.by else pseudonyms.of(follower_id),
            "text": words_of(one.kind, one.text, say) if not one.by else one.text,
            "spot": written(Spot(to_ms(one.at), one.event_id + 1)),
        }
        for one in chats.search(follower_id, sought, MOST_HITS)
    ]


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
    if one.kind == chats.NOTE:
        return [Bubble("note", say("con.inbox.note_by", who=person(one.by)), one.text, at, "")]
    if one.by and (picture := one.facts.get("picture")):
        text = f"[{say('con.inbox.reply.image')}] {one.text}"
        return [Bubble("us", person(one.by), text, at, came_of(one, say), int(str(picture)))]
    if one.by:
        return [Bubble("us", person(one.by), one.text, at, came_of(one, say))]
    said = [Bubble("them", "", words_of(one.kind, one.text, say), at, "")]
    came = came_of(one, say)
    return said + [
        Bubble("bot", say("con.inbox.bot"), text, at, came) for text in answer_of(one, say)
    ]

"""粉丝: the list with its filters, and the way to one follower's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, redirect, request
from werkzeug.wrappers import Response

from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import Words, render, shown_at, words, zone_of
from bot.errors import InvalidInput, NotFound
from bot.profile import showing
from bot.store import effect_weeks, follower_list, followers, pseudonyms, segments
from bot.store.follower_list import Line
from bot.store.profiles import interests_of

PAGE = 50
TAGS_SHOWN = 4
_WHO = {"yes": True, "no": False, "": None}


@dataclass(frozen=True)
class Row:
    """A follower in finished words; `window`: hours left of the 48 in which one may write."""

    id: int
    name: str
    state: str
    colour: str
    stage: str
    tags: list[str]
    topics: str
    source: str
    since: str
    seen: str
    window: str


@page("/a/<slug>/followers", Right.LOOK)
def followers_list(slug: str) -> Response:
    """Fifty at a time, the latest first."""
    of, say, now = account(), words(), asker().now
    before = _place()
    try:
        lines = _lines(before, now)
    except (InvalidInput, NotFound) as error:
        return render("followers.html", 422, **_around(), rows=[], more=0, error=str(error))
    shown = lines[:PAGE]
    rows = _rows(shown, say, zone_of(of), now)
    more = shown[-1].id if len(lines) > PAGE else 0
    return render("followers.html", **_around(), rows=rows, more=more, error="")


@page("/a/<slug>/followers/<int:follower_id>", Right.PEOPLE)
def follower(slug: str, follower_id: int) -> Response:
    """One follower's page. The look is in the audit log; personal words are for who may export."""
    try:
        found = followers.get(follower_id)
    except NotFound:
        abort(404)
    if found.account_id != account().id or found.erased_at is not None:
        abort(404)
    who = asker()
    link = showing.page_link("", follower_id, who.actor, who.now, personal=who.may(Right.EXPORT))
    return redirect(f"{link.url}?lang={who.person.language}")


def _lines(before: int, now: datetime) -> list[Line]:
    """One more than a page, to know whether there are more. Raises InvalidInput, NotFound."""
    of, asked = account(), request.args
    if number := asked.get("q", "").strip():
        return follower_list.one(of.id, _number(number))
    if segment := asked.get("segment", ""):
        held = segments.by_slug(of.id, segment)
        return follower_list.of_segment(held.id, before, PAGE + 1)
    if tag := asked.get("tag", "").strip():
        return follower_list.with_tag(of.id, tag[:64], now, before, PAGE + 1)
    following = _WHO.get(asked.get("following", ""))
    return follower_list.everybody(of.id, before, PAGE + 1, following)


def _number(text: str) -> int:
    """A number or a pseudonym. Raises InvalidInput."""
    found = int(text) if text.isdecimal() and len(text) < 19 else pseudonyms.read(text)
    if found is None:
        raise InvalidInput(words()("con.followers.bad_number"), "q")
    return found


def _place() -> int:
    asked = request.args.get("before", "")
    return int(asked) if asked.isdecimal() and len(asked) < 19 else follower_list.FIRST


def _around() -> dict[str, Any]:
    of = account()
    return {
        "count": f"{effect_weeks.following(of.id):,}",
        "segments": segments.of_account(of.id),
        "asked": request.args,
        "slug": of.slug,
        "may_look": asker().may(Right.PEOPLE),
    }


def _rows(lines: list[Line], say: Words, zone: ZoneInfo, now: datetime) -> list[Row]:
    ids = [line.id for line in lines]
    tags, topics = follower_list.tags_of(ids, now), interests_of(ids)
    return [
        _row(one, tags.get(one.id, []), topics.get(one.id, {}), say, zone, now) for one in lines
    ]


def _row(
    one: Line, tags: list[str], topics: dict[str, float], say: Words, zone: ZoneInfo, now: datetime
) -> Row:
    state, colour = _state(one)
    best = sorted(topics.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    left = (one.window_until - now).total_seconds() / 3600 if one.window_until else 0
    return Row(
        one.id,
        pseudonyms.of(one.id),
        say(f"con.followers.state.{state}"),
        colour,
        say(f"me.stage.{one.stage}"),
        tags[:TAGS_SHOWN],
        "、".join(name for name, _ in best),
        one.source,
        shown_at(one.subscribed_at, zone),
        shown_at(one.last_seen_at, zone),
        say("con.followers.hours", hours=f"{left:.0f}") if left > 0 else "–",
    )


def _state(one: Line) -> tuple[str, str]:
    if one.blacklisted:
        return "blacklisted", "red"
    if not one.subscribed:
        return "left", "secondary"
    return ("opted_out", "yellow") if one.opted_out else ("following", "green")

"""粉丝: the list with its filters, what may be done to those marked in it, and its file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.background.follower_files import EXPORT
from bot.collect import labelling, tagging
from bot.console import kept_figures
from bot.console.follower_parts import standing, tabs
from bot.console.gate import account, asker, page
from bot.console.refusals import told
from bot.console.rights import Right
from bot.console.shell import Words, render, shown_at, words, zone_of
from bot.console.work import begin
from bot.errors import HongyanError, InvalidInput, NotFound
from bot.store import audit, follower_list, pseudonyms, segments
from bot.store.follower_list import Line
from bot.store.profiles import interests_of
from bot.web.services import services

PAGE = 50
TAGS_SHOWN = 4
_WHO = {"": None, "yes": True, "no": False, "opted_out": None, "blacklisted": None}
FILTERS = ("segment", "tag", "following", "q")
ACTS = ("tag", "untag", "block", "unblock")  # what may be done to those that are marked
LOGGED = {  # in each one's own log, as where it is done to one alone
    "tag": "follower_tag",
    "untag": "follower_untag",
    "block": "blacklist",
    "unblock": "unblacklist",
}


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
    return _list()


def _list(status: int = 200, error: str = "") -> Response:
    of, say, now = account(), words(), asker().now
    try:
        lines = _lines(_place(), now)
    except (InvalidInput, NotFound) as fault_:
        return render("followers.html", 422, **_around(), rows=[], more=0, error=str(fault_))
    shown = lines[:PAGE]
    rows = _rows(shown, say, zone_of(of), now)
    more = shown[-1].id if len(lines) > PAGE else 0
    return render("followers.html", status, **_around(), rows=rows, more=more, error=error)


@page("/a/<slug>/followers/act", Right.EDIT, ("POST",))
def followers_act(slug: str) -> Response:
    """Tag those that are marked, or untag them; onto the blacklist, or off it."""
    who, act = asker(), request.form.get("act", "")
    ids = [
        int(one) for one in request.form.getlist("id")[:PAGE] if one.isdecimal() and len(one) < 19
    ]
    if act not in ACTS or not ids:
        return _list(422, words()("con.followers.nobody_marked"))
    try:
        done = _carried_out(act, ids, request.form.get("tag", ""))
    except HongyanError as error:
        return _list(409 if act in ("block", "unblock") else 422, told(error))
    detail = {"tag": request.form.get("tag", "").strip()} if act in ("tag", "untag") else {}
    for one in follower_list.of(account().id, ids):
        audit.record(who.actor, LOGGED[act], who.now, follower_id=one, detail=detail)
    audit.record(who.actor, f"followers_{act}", who.now, detail={**detail, "followers": done})
    back = url_for("console.followers_list", slug=slug)
    return redirect(f"{back}?{urlencode({**_asked(), 'done': done})}", 303)


@page("/a/<slug>/followers/export", Right.EXPORT, ("POST",))
def followers_export(slug: str) -> Response:
    """The filtered list as a file, in the background; without openids, but it is logged."""
    who, given = asker(), request.form
    state = given.get("following", "")
    asked = {
        "segment": given.get("segment", "")[:64],
        "tag": given.get("tag", "").strip()[:64],
        "state": {"yes": "following", "no": "left"}.get(state, state if state in _WHO else ""),
    }
    if asked["segment"]:
        try:
            segments.by_slug(account().id, asked["segment"])
        except NotFound as error:
            return _list(422, str(error))
    task = begin(EXPORT, asked)
    audit.record(who.actor, "export", who.now, detail=asked)
    return redirect(url_for("console.work_one", slug=slug, task_id=task), 303)


def _carried_out(act: str, ids: list[int], tag: str) -> int:
    """Of how many it was new. Raises InvalidInput, GatewayError."""
    of, now = account(), asker().now
    if act in ("tag", "untag"):
        return labelling.label(of.id, ids, tag, act == "tag", now)
    client = services().client_of(of.id)
    return tagging.block_all(of.id, client, ids, act == "block", now)


def _lines(before: int, now: datetime) -> list[Line]:
    """One more than a page, to know whether there are more. Raises InvalidInput, NotFound."""
    of, asked = account(), _asked()
    if number := asked.get("q", "").strip():
        return follower_list.one(of.id, _number(number))
    if segment := asked.get("segment", ""):
        held = segments.by_slug(of.id, segment)
        return follower_list.of_segment(held.id, before, PAGE + 1)
    if tag := asked.get("tag", "").strip():
        return follower_list.with_tag(of.id, tag[:64], now, before, PAGE + 1)
    state = asked.get("following", "")
    if state == "blacklisted":
        return follower_list.blacklisted(of.id, before, PAGE + 1)
    if state == "opted_out":
        return follower_list.opted_out(of.id, before, PAGE + 1)
    return follower_list.everybody(of.id, before, PAGE + 1, _WHO.get(state))


def _number(text: str) -> int:
    """A number or a pseudonym. Raises InvalidInput."""
    found = int(text) if text.isdecimal() and len(text) < 19 else pseudonyms.read(text)
    if found is None:
        raise InvalidInput(words()("con.followers.bad_number"), "q")
    return found


def _place() -> int:
    asked = request.args.get("before", "")
    return int(asked) if asked.isdecimal() and len(asked) < 19 else follower_list.FIRST


def _asked() -> dict[str, str]:
    """The filters. An act carries them along; the tag of its own is another one's name there."""
    given = request.values
    names = {name: "of_tag" if name == "tag" and "act" in given else name for name in FILTERS}
    return {name: value for name, key in names.items() if (value := given.get(key, ""))}


def _around() -> dict[str, Any]:
    of, may, done = account(), asker().may, request.args.get("done", "")
    found = kept_figures.following(of.id, asker().now)
    following, at = found if found else (None, asker().now)
    return {
        "counting": following is None,
        "count": "…" if following is None else f"{following:,}",
        "counted": shown_at(at, zone_of(of)) if at < asker().now else "",
        "segments": segments.of_account(of.id),
        "asked": _asked(),
        "slug": of.slug,
        "tabs": tabs("followers_list"),
        "states": tuple(_WHO),
        "may_look": may(Right.PEOPLE),
        "may_edit": may(Right.EDIT),
        "may_export": may(Right.EXPORT),
        "acts": ACTS,
        "done": done if done.isdecimal() and len(done) < 4 else "",
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
    state = standing(one)
    best = sorted(topics.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    left = (one.window_until - now).total_seconds() / 3600 if one.window_until else 0
    return Row(
        one.id,
        pseudonyms.of(one.id),
        state.said,
        state.colour,
        state.stage,
        tags[:TAGS_SHOWN],
        "、".join(name for name, _ in best),
        one.source,
        shown_at(one.subscribed_at, zone),
        shown_at(one.last_seen_at, zone),
        say("con.followers.hours", hours=f"{left:.0f}") if left > 0 else "–",
    )

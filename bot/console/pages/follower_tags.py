"""标签: every tag, how many have it, and whether WeChat has it, too; made, renamed, removed.

What touches everybody who has a tag goes on in the background.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.background.tag_changes import REMOVE, RENAME, TAGS
from bot.collect import labelling, tagging
from bot.console.follower_parts import tabs
from bot.console.gate import account, asker, page
from bot.console.refusals import status_of, told
from bot.console.rights import Right
from bot.console.shell import render, words
from bot.console.work import begin
from bot.errors import Conflict, HongyanError, InvalidInput, NotFound
from bot.store import audit, made_tags, platform_tags, tag_list
from bot.store.platform_tags import PlatformTag
from bot.web.services import services
from bot.wechat.lists import RESERVED_TAGS

PAGE = 50


@dataclass(frozen=True)
class Row:
    """A tag in finished words; `there`: how many have it on WeChat, "–" where it is not there."""

    tag: str
    count: str
    there: str
    state: str
    colour: str
    pushed: bool
    own: bool


@page("/a/<slug>/followers/tags", Right.LOOK)
def follower_tags(slug: str) -> Response:
    """By name, fifty at a time."""
    return _page()


@page("/a/<slug>/followers/tags/make", Right.EDIT, ("POST",))
def tag_make(slug: str) -> Response:
    """A tag that nobody has yet, here alone until it is sent to WeChat."""
    who, tag = asker(), request.form.get("tag", "")
    try:
        name = labelling.make(account().id, tag, who.actor, who.now)
    except HongyanError as error:
        return _page(status_of(error), told(error), tag)
    audit.record(who.actor, "tags_make", who.now, detail={"tag": name})
    return _back()


@page("/a/<slug>/followers/tags/push", Right.EDIT, ("POST",))
def tag_push(slug: str) -> Response:
    """Send a tag to WeChat from now on; it is made there where it is missing."""
    who, tag = asker(), request.form.get("tag", "")
    try:
        name = labelling.checked(tag)
        client = services().client_of(account().id)
        made = tagging.start_pushing(account().id, client, name, who.now)
    except HongyanError as error:
        return _page(422, told(error), tag)
    audit.record(who.actor, "tags_push", who.now, detail={"tag": made.name})
    return _back()


@page("/a/<slug>/followers/tags/stop", Right.EDIT, ("POST",))
def tag_stop(slug: str) -> Response:
    """Send it no more; what is there stays there."""
    who, tag = asker(), request.form.get("tag", "")
    try:
        platform_tags.set_pushed(platform_tags.named(account().id, tag).id, False)
    except NotFound as error:
        return _page(404, str(error))
    audit.record(who.actor, "tags_push", who.now, detail={"tag": tag, "stopped": True})
    return _back()


@page("/a/<slug>/followers/tags/rename", Right.EDIT, ("POST",))
def tag_rename(slug: str) -> Response:
    """Everybody who has it gets it under another name: in the background."""
    return _change(RENAME, request.form.get("to", ""))


@page("/a/<slug>/followers/tags/remove", Right.EDIT, ("POST",))
def tag_remove(slug: str) -> Response:
    """Nobody has it any more, here or there, once its name has been typed: in the background."""
    return _change(REMOVE, request.form.get("typed", ""))


def _change(act: str, to: str) -> Response:
    who, of, tag = asker(), account(), request.form.get("tag", "")
    try:
        _check(act, tag, to)
        name = labelling.checked(to) if act == RENAME else ""
    except HongyanError as error:
        return _page(409 if isinstance(error, Conflict) else 422, told(error))
    asked = {"act": act, "tag": tag, "to": name}
    task = begin(TAGS, asked)
    audit.record(who.actor, f"tags_{act}", who.now, detail={"tag": tag, "to": name})
    return redirect(url_for("console.work_one", slug=of.slug, task_id=task), 303)


def _check(act: str, tag: str, to: str) -> None:
    """What can be told at once. Raises Conflict, InvalidInput."""
    say, now = words(), asker().now
    if not tag or not labelling.known(account().id, tag, now):
        raise Conflict(say("con.tags.gone"))
    if act == REMOVE and to.strip() != tag:
        raise InvalidInput(say("con.tags.mistyped"), "typed")
    if act == RENAME and to.strip() != tag and labelling.known(account().id, to.strip(), now):
        raise Conflict(say("con.tags.taken", tag=to.strip()[: labelling.LONGEST]))
    if users := labelling.named_by(account().id, tag):
        raise Conflict(say("con.tags.named", by="、".join(users[:10])))


def _page(status: int = 200, error: str = "", given: str = "") -> Response:
    of, now = account(), asker().now
    after = request.args.get("after", "")[:64]
    held, more = tag_list.page(of.id, after, PAGE, now)
    there = {one.name: one for one in platform_tags.of_account(of.id)}
    rows = {one.tag: _row(one.tag, one.people, one.whole, there.get(one.tag)) for one in held}
    # What nobody here has, of WeChat or made by name, stands at its place among the names.
    empty = [*there, *made_tags.names(of.id, after, PAGE + 1)]
    for name in empty:
        if name > after and (not more or name <= more) and name not in rows:
            rows[name] = _row(name, 0, True, there.get(name))
    shown = sorted(rows)[:PAGE]
    return render(
        "tags.html",
        status,
        rows=[rows[name] for name in shown],
        more=shown[-1] if more or len(rows) > PAGE else "",
        first=not after,
        tabs=tabs("follower_tags"),
        slug=of.slug,
        may_edit=asker().may(Right.EDIT),
        may_look=asker().may(Right.PEOPLE),
        error=error,
        given=given,
        most=tagging.MOST_TAGS,
        there=len(there),
    )


def _row(tag: str, count: int, whole: bool, there: PlatformTag | None) -> Row:
    say = words()
    if there is None:
        state, colour = "here", "secondary"
    elif there.tag_id in RESERVED_TAGS:
        state, colour = "reserved", "azure"
    else:
        state, colour = ("both", "green") if there.pushed else ("there", "blue")
    return Row(
        tag,
        f"{count:,}" if whole else say("con.tags.at_least", count=f"{count:,}"),
        f"{there.fans:,}" if there else "–",
        say(f"con.tags.state.{state}"),
        colour,
        bool(there and there.pushed),
        state != "reserved",
    )


def _back() -> Response:
    return redirect(url_for("console.follower_tags", slug=account().slug), 303)

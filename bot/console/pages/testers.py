"""测试人员: followers of the house's own who look at messages before others get them."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.campaign.ahead.trial import MOST, tester_of
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import render, words
from bot.console.tabs import settings_tabs
from bot.errors import NotFound
from bot.store import audit, trials

LONGEST_NAME = 32


@page("/a/<slug>/testers", Right.SETTINGS)
def testers(slug: str) -> Response:
    """All of them, and the form that adds one."""
    return _page()


@page("/a/<slug>/testers/add", Right.SETTINGS, ("POST",))
def add_tester(slug: str) -> Response:
    """A name for a follower, by number or openid; a name that is there means this one from now."""
    who, of = asker(), account()
    name, word = (request.form.get(field, "").strip() for field in ("name", "follower"))
    if not name or len(name) > LONGEST_NAME:
        return _page(422, words()("con.testers.bad.name", most=LONGEST_NAME), "name")
    names = {one.name for one in trials.testers(of.id)}
    if name not in names and len(names) >= MOST:
        return _page(409, words()("con.testers.bad.many", most=MOST))
    try:
        follower_id = tester_of(of.id, word)
    except NotFound:
        return _page(404, words()("con.testers.bad.follower"), "follower")
    trials.add_tester(of.id, name, follower_id, who.now)
    told = {"account": slug, "tester": name}
    audit.record(who.actor, "tester_add", who.now, follower_id=follower_id, detail=told)
    return redirect(url_for("console.testers", slug=slug))


@page("/a/<slug>/testers/remove", Right.SETTINGS, ("POST",))
def remove_tester(slug: str) -> Response:
    """Gets no test messages any more."""
    who, name = asker(), request.form.get("name", "")
    try:
        trials.remove_tester(account().id, name)
    except NotFound:
        return _page(404, words()("con.testers.bad.gone"))
    told = {"account": slug, "tester": name}
    audit.record(who.actor, "tester_remove", who.now, detail=told)
    return redirect(url_for("console.testers", slug=slug))


def _page(status: int = 200, error: str = "", field: str = "") -> Response:
    return render(
        "testers.html",
        status,
        slug=account().slug,
        tabs=settings_tabs("testers"),
        rows=trials.testers(account().id),
        most=MOST,
        longest=LONGEST_NAME,
        given=request.form if error else {},
        error="" if field else error,
        faults={field: error} if field else {},
    )

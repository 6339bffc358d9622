"""同步: followers, tags and the blacklist brought in from WeChat; the last rounds."""

from __future__ import annotations

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.background.syncing import SYNC, WHAT
from bot.collect.statistics import day_of_round
from bot.console.follower_parts import tabs
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import Words, language, render, shown_at, words, zone_of
from bot.console.work import begin
from bot.i18n import catalogue
from bot.store import audit, syncs
from bot.store import background as tasks

_SHOWN = 20


@page("/a/<slug>/followers/syncs", Right.LOOK)
def syncs_page(slug: str) -> Response:
    """The last rounds, and the buttons that begin one."""
    of, say, zone = account(), words(), zone_of(account())
    last = tasks.last(of.id, SYNC)
    rows = [
        {
            "kind": _kind(one.kind, say),
            "state": say(f"con.syncs.state.{one.state}"),
            "colour": "blue" if one.state == "running" else "green",
            "done": f"{one.done:,} / {one.total:,}" if one.total else f"{one.done:,}",
            "changed": f"{one.changed:,}",
            "from": shown_at(one.started_at, zone),
            "to": shown_at(one.ended_at, zone),
            "error": one.error,
        }
        for one in syncs.latest(of.id, _SHOWN)
    ]
    return render(
        "syncs.html",
        rows=rows,
        tabs=tabs("syncs_page"),
        slug=slug,
        what=WHAT if asker().may(Right.EDIT) else (),
        going=last.id if last is not None and not last.is_over else 0,
    )


def _kind(kind: str, say: Words) -> str:
    """What a round brings, in words; one that has none yet stays as the store calls it."""
    if day := day_of_round(kind):
        return say("con.syncs.kind.statistics", day=day)
    return catalogue(language()).get(f"con.syncs.kind.{kind}", kind)


@page("/a/<slug>/followers/syncs/start", Right.EDIT, ("POST",))
def sync_start(slug: str) -> Response:
    """Begin a round in the background, or go to the one that is under way."""
    what, who = request.form.get("what", ""), asker()
    if what not in WHAT:
        abort(404)
    task = begin(SYNC, {"what": what})
    audit.record(who.actor, "sync", who.now, detail={"what": what})
    return redirect(url_for("console.work_one", slug=slug, task_id=task), 303)

"""待修复: messages that failed too often and reports that were refused; tried again or given up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.collect import intake
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import render, shown_at, words, zone_of
from bot.store import audit, dead_messages, pseudonyms, quarantine

Act = Callable[[], int]
SHOWN = 50  # of each kind, the rest is counted


@dataclass(frozen=True)
class Row:
    """One thing that is held, in finished words; nothing of what was said."""

    id: int
    kind: str
    who: str
    at: str
    tries: int
    error: str


@page("/a/<slug>/held", Right.SETTINGS)
def held(slug: str) -> Response:
    """Both lists, with how many there are in all."""
    return _page()


@page("/a/<slug>/held/messages", Right.SETTINGS, ("POST",))
def held_messages(slug: str) -> Response:
    """retry: handle again; drop: leave unanswered. One, or all without a number."""
    of, who, number = account().id, asker(), _number()
    acts = {
        "retry": lambda: dead_messages.revive(of, who.now, number),
        "drop": lambda: dead_messages.give_up(of, number),
    }
    return _done("messages", acts.get(request.form.get("act", "")))


@page("/a/<slug>/held/reports", Right.SETTINGS, ("POST",))
def held_reports(slug: str) -> Response:
    """retry: judge again; drop: throw away. One, or all without a number."""
    of, who, number = account().id, asker(), _number()
    acts = {
        "retry": lambda: intake.replay(of, who.now, number or None).taken,
        "drop": lambda: int(quarantine.drop(of, number)) if number else quarantine.drop_all(of),
    }
    return _done("reports", acts.get(request.form.get("act", "")))


def _done(what: str, act: Act | None) -> Response:
    if act is None:
        return _page(422, words()("con.held.unknown_act"))
    many, who = act(), asker()
    told = {"act": request.form["act"], "count": many}
    audit.record(who.actor, f"held_{what}", who.now, detail=told)
    return redirect(url_for("console.held", slug=account().slug, done=many), 303)


def _page(status: int = 200, error: str = "") -> Response:
    of = account()
    done = request.args.get("done", "")
    return render(
        "held.html",
        status,
        messages=_messages(),
        dead=dead_messages.count(of.id),
        reports=_reports(),
        refused=quarantine.count(of.id),
        done=int(done) if done.isdecimal() and len(done) < 10 else None,
        error=error,
    )


def _messages() -> list[Row]:
    zone = zone_of(account())
    return [
        Row(
            one.event_id,
            one.kind,
            pseudonyms.of(one.follower_id) if one.follower_id else "–",
            shown_at(one.at, zone),
            one.attempts,
            one.error or "–",
        )
        for one in dead_messages.latest(account().id, SHOWN)
    ]


def _reports() -> list[Row]:
    zone = zone_of(account())
    return [
        Row(one.id, one.kind, one.where, shown_at(one.at, zone), one.tries, one.reason)
        for one in quarantine.held(account().id, limit=SHOWN)
    ]


def _number() -> int:
    """0 where none is named: all of them. What is no number is nobody's."""
    asked = request.form.get("number")
    if asked is None:
        return 0
    if not (asked.isdecimal() and 0 < len(asked) < 19 and int(asked)):
        abort(404)
    return int(asked)

"""未命中消息: what nobody answered, in groups, and what each could become."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.background.suggesting import SUGGEST
from bot.console.gate import account, asker, page
from bot.console.rights import Right
from bot.console.shell import render, words, zone_of
from bot.console.work import begin
from bot.errors import HongyanError, NotFound
from bot.store import audit, suggestions, talk
from bot.store.suggestions import Suggestion
from bot.store.talk import DRAFT
from bot.talk import learning

MOST = 50
SHOWN = 5  # messages of a group


@dataclass(frozen=True)
class Group:
    """A suggestion with the words of its messages."""

    one: Suggestion
    title: str
    texts: list[str]
    answer: str


@page("/a/<slug>/unanswered", Right.TALK)
def unanswered(slug: str) -> Response:
    """The greatest groups first. What followers wrote is shown: the look is in the audit log."""
    audit.record(asker().actor, "unanswered_look", asker().now)
    return _page()


@page("/a/<slug>/unanswered/now", Right.EDIT, ("POST",))
def unanswered_now(slug: str) -> Response:
    """Group what was said since last night in the background."""
    return redirect(url_for("console.work_one", slug=slug, task_id=begin(SUGGEST, {})), 303)


@page("/a/<slug>/unanswered/<int:number>", Right.EDIT, ("POST",))
def unanswered_decide(slug: str, number: int) -> Response:
    """accept: examples of an intent; rule: a keyword rule; dismiss. All of it in the draft."""
    act, who = request.form.get("act", ""), asker()
    try:
        one = suggestions.get(account().id, number)
    except NotFound:
        abort(404)
    if act not in _ACTS:
        return _page(422, words()("con.rules.unknown_act"))
    try:
        _ACTS[act](one)
    except HongyanError as error:
        return _page(409, str(error))
    audit.record(who.actor, f"unanswered_{act}", who.now, detail={"suggestion": number})
    return redirect(url_for("console.unanswered", slug=slug), 303)


def _accept(one: Suggestion) -> None:
    intent = request.form.get("intent", "").strip()
    learning.accept(account().id, one.id, intent, asker().now)


def _rule(one: Suggestion) -> None:
    learning.make_rule(account().id, one.id, asker().now, zone_of(account()), DRAFT)


def _dismiss(one: Suggestion) -> None:
    learning.dismiss(account().id, one.id)


_ACTS: dict[str, Callable[[Suggestion], None]] = {
    "accept": _accept,
    "rule": _rule,
    "dismiss": _dismiss,
}


def _page(status: int = 200, error: str = "") -> Response:
    of, say = account(), words()
    found = suggestions.listed(of.id)[:MOST]
    stage = talk.read_from(of.id, DRAFT)
    return render(
        "unanswered.html",
        status,
        groups=[_group(one, say) for one in found],
        intents=[one.slug for one in talk.documents(of.id, stage, "intent")],
        may_edit=asker().may(Right.EDIT),
        slug=of.slug,
        error=error,
    )


def _group(one: Suggestion, say: Any) -> Group:
    said = suggestions.texts(account().id, one.events[:SHOWN])
    title = one.title or "、".join(one.keywords) or one.intent
    answer = str(one.draft.get("text", "")) or (f"[{next(iter(one.draft))}]" if one.draft else "")
    return Group(
        one, say(f"con.unanswered.kind.{one.kind}", what=title), list(said.values()), answer
    )

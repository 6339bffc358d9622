"""A journey's document as YAML: looked at, then kept as the next version."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot import journey as use
from bot.console import newer
from bot.console.documents import document_from, ordered
from bot.console.flow_faults import refused
from bot.console.gate import account, asker, page
from bot.console.pages.journeys import found, note
from bot.console.rights import Right
from bot.console.shell import language, render, words
from bot.errors import HongyanError, InvalidInput
from bot.journey import words as say_of
from bot.journey.checks import Flaw
from bot.segment.catalogue import titles
from bot.store import journey_drafts
from bot.store import journeys as store
from bot.store.db import transaction
from bot.store.journeys import JourneyState
from bot.talk.files import write_yaml

BEGINNING = """\
slug: welcome
name: 欢迎
trigger: {when: subscribe}
holdout: 0.05
steps:
  - id: wait
    wait: {days: 1}
  - id: thanks
    tag: 新朋友
  - id: end
    end: finished
"""


@page("/a/<slug>/new-journey", Right.EDIT, ("GET", "POST"))
def new_journey(slug: str) -> Response:
    """A new journey; ?trade= would be installed, this one is written."""
    return new_form() if request.method == "GET" else _saved(None)


def new_form(error: str = "") -> Response:
    """The ways to begin one: on the canvas, or as a document."""
    return _form(None, BEGINNING, error=error, status=422 if error else 200)


@page("/a/<slug>/journeys/<ref>/edit", Right.EDIT, ("GET", "POST"))
def journey_edit(slug: str, ref: str) -> Response:
    """The latest version's document, and what is wrong with it."""
    one = found(ref)
    if request.method == "POST":
        return _saved(one)
    draft = journey_drafts.of_journey(one.id)
    if draft is not None and request.args.get("draft"):
        return _form(one, write_yaml(draft.document))
    if not one.version:
        return _form(one, BEGINNING.replace("slug: welcome", f"slug: {one.slug}"))
    document = store.version(one.id, one.version).document
    return _form(one, write_yaml(ordered(document)), _looked(document))


def _saved(one: JourneyState | None) -> Response:
    """Look at what was written; keep it where that was asked and nothing is wrong."""
    who, given = asker(), request.form
    text, document = given.get("yaml", ""), None
    try:
        document = document_from(text)
        _must_fit(one, document)
        flaws = _looked(document)
        if given.get("do") != "save":
            return _form(one, text, flaws, told=_told(document))
        if any(flaw.error for flaw in flaws if flaw.code not in LACKS):
            _must_be_seen(one, document)
            return _form(one, text, flaws, error=words()("con.journey.flawed"), status=422)
        with transaction():
            _must_be_seen(one, document)
            made = use.define(
                account().id, document, who.now, policy=given.get("policy", ""),
                author=who.actor[:64],
            )  # fmt: skip
            if given.get("draft"):
                journey_drafts.drop(made.id)
            note("journey_define", made, version=made.version, policy=given.get("policy", ""))
    except newer.Overtaken as error:
        return _form(found(one.slug) if one else None, text, error=str(error), status=409,
                     refused=error)  # fmt: skip
    except HongyanError as error:
        return _form(one, text, error=refused(error, document, words()), status=422)
    return redirect(url_for("console.journey_page", slug=account().slug, ref=made.slug))


# Names of what can still be made: a draft may be kept without, a start is refused by use.start.
LACKS = (
    "no_batch", "no_batch_in", "no_segment", "no_content", "no_journey", "no_date", "lint",
)  # fmt: skip


def _must_fit(one: JourneyState | None, document: dict[str, Any]) -> None:
    slug = document.get("slug")
    if one is not None and slug != one.slug:
        raise InvalidInput(words()("con.journey.slug", slug=one.slug), "slug")
    taken = {each.slug for each in store.of_account(account().id)} if one is None else set()
    if isinstance(slug, str) and slug in taken:
        raise InvalidInput(words()("con.journey.taken", slug=slug[:40]), "slug")


def _must_be_seen(one: JourneyState | None, document: dict[str, Any]) -> None:
    """Nobody's change is written over unseen. Raises Overtaken."""
    now = found(one.slug) if one else None
    if now is not None and request.form.get("seen", "") != str(now.version):
        kept = store.version(now.id, now.version) if now.version else None
        theirs, by, at = (kept.document, kept.author, kept.at) if kept else ({}, "", None)
        raise newer.overtaken(theirs, document, by, at, kind="journey")


def _looked(document: Any) -> list[Flaw]:
    return use.check(account().id, document, asker().now)[1]


def _told(document: Any) -> list[str]:
    flow = use.check(account().id, document, asker().now)[0]
    return list(say_of.told(flow, language(), titles(account().id)))


def _form(
    one: JourneyState | None,
    text: str,
    flaws: list[Flaw] | None = None,
    told: list[str] | None = None,
    error: str = "",
    status: int = 200,
    refused: HongyanError | None = None,
) -> Response:
    say = words()
    return render(
        "journey_form.html",
        status,
        one=one,
        slug=account().slug,
        yaml=text,
        seen=newer.seen(str(one.version) if one else "", refused),
        newer=newer.newer_of(refused),
        flaws=[(flaw.error, flaw.said(language())) for flaw in flaws or []],
        told="\n".join(told or []),
        policies=[(policy, say(f"con.journey.policy.{policy}")) for policy in use.POLICIES],
        policy=request.form.get("policy", store.KEEP),
        draft=request.values.get("draft", ""),
        given=request.form,
        begins=request.args.get("ref", "")[:32],
        yaml_open="yaml" in request.form,
        error=error,
    )

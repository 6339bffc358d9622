"""One rule of 自动回复: its form with all that a rule can say, or its document; into the draft."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console import draft_lock, newer, rule_form
from bot.console.answer_form import MARKETERS
from bot.console.audit_words import changes
from bot.console.gate import account, asker, page
from bot.console.newer import Held
from bot.console.refusals import status_of
from bot.console.rights import Right
from bot.console.rule_choices import names_of_rules, offered
from bot.console.rule_faults import fault_of
from bot.console.rule_form import Document
from bot.console.shell import render, words, zone_of
from bot.errors import Conflict, HongyanError
from bot.store import audit, talk
from bot.store.db import transaction
from bot.store.talk import DRAFT
from bot.talk import rulebook
from bot.talk.answers import LANGUAGES
from bot.talk.files import write_yaml
from bot.talk.filling import VARIABLES
from bot.talk.rules import ON, PRIORITY
from bot.talk.times import DAYS

GIVES = ("all", "random", "first")


@page("/a/<slug>/new-rule", Right.EDIT, ("GET", "POST"))
def rule_new(slug: str) -> Response:
    """A new rule in the draft."""
    asked = request.args.get("tab", "") or request.form.get("on", "")
    blank: Document = {"on": asked if asked in ON else "message", "priority": PRIORITY}
    return _save(blank) if request.method == "POST" else _form(blank)


@page("/a/<slug>/rules/<ref>", Right.EDIT, ("GET", "POST"))
def rule_edit(slug: str, ref: str) -> Response:
    """One rule of the draft, by form or as a document."""
    one = _found(ref)
    return _save(one) if request.method == "POST" else _form(one)


@page("/a/<slug>/rules/<ref>/remove", Right.EDIT, ("POST",))
def rule_remove(slug: str, ref: str) -> Response:
    """Out of the draft, as it was seen; it answers until that is published."""
    one, who = _found(ref), asker()
    try:
        with transaction():  # a draft is not begun for nothing
            _held(_found(ref)).must_be_seen({})
            _removed(ref)
            audit.record(who.actor, "rule_remove", who.now, detail={"rule": ref})
            draft_lock.mark()
    except Conflict as error:
        return _form(one, 409, error)
    return redirect(url_for("console.rules", slug=slug, tab=one.get("on", "message")), 303)


def _removed(ref: str) -> None:
    """Raises Conflict: a draft with nothing in it would be none."""
    talk.begin_draft(account().id)
    talk.remove(account().id, "rule", ref, stage=DRAFT)
    if not talk.has(account().id, DRAFT):
        raise Conflict(words()("con.rules.last"))


def _found(ref: str) -> Document:
    """The rule as the draft has it, or would begin with."""
    of = account()
    listed = talk.documents(of.id, talk.read_from(of.id, DRAFT), "rule")
    found = next((one for one in listed if one.slug == ref), None)
    if found is None:
        abort(404)
    return dict(found.document)


def _base(old: Document) -> Document | None:
    """What a form is opened of; None where only the document can be edited."""
    return rule_form.whole(old) if "slug" in old else old


def _save(old: Document) -> Response:
    """Into the draft, where nobody changed it meanwhile and the X-ray finds no error of it; or one
    step of filling in the form, which saves nothing."""
    of, who, given = account(), asker(), request.form
    typed: Document | None = None  # by form: comes back as it was filled in
    tried: Document = {}
    try:
        if given.get("as") == "yaml":
            tried = rule_form.from_yaml(given.get("document", ""), old.get("slug", ""))
        else:
            tried = typed = _typed(old)
            step = rule_form.acted(typed, given.get("act", ""))
            if step is not None:
                return _form(old, new=typed, step=step)
        with transaction():
            tried = {"slug": rule_form.free_slug(_taken()), **tried}
            _unseen(old, tried)
            read = rulebook.read([tried])
            rulebook.keep(of.id, read, who.now, zone_of(of), stage=DRAFT)
            told = changes("rule", old, rulebook.write(read)[0]) if "slug" in old else []
            detail = {"account": of.slug, "rule": read[0].slug, "changes": told}
            audit.record(who.actor, "rule_save", who.now, detail=detail)
            _held(_found(read[0].slug)).mark()
            draft_lock.mark()
    except HongyanError as error:
        now = _found(old["slug"]) if "slug" in old else old
        return _form(now, status_of(error), error, typed, tried)
    return redirect(url_for("console.rules", slug=of.slug, tab=read[0].on), 303)


def _typed(old: Document) -> Document:
    """Raises Conflict where the rule is more than a form of today knows."""
    base = _base(old)
    if base is None:
        raise Conflict(words()("con.rules.unreadable"))
    return rule_form.from_form(request.form, base, zone_of(account()))


def _taken() -> set[str]:
    stage = talk.read_from(account().id, DRAFT)
    return {one.slug for one in talk.documents(account().id, stage, "rule")}


def _unseen(old: Document, new: Document) -> None:
    """Raises Conflict where somebody else's edit would be written over."""
    if "slug" in old:
        now = _found(old["slug"])
        held = _held(now)
        if request.form.get("seen", "") != held.stamp:
            mine = rule_form.whole(new) or new
            raise held.overtaken(rule_form.whole(now) or now, mine)
    elif new["slug"] in _taken():
        raise Conflict(words()("con.rules.taken", slug=new["slug"]))


def _held(document: Document) -> Held:
    return Held("rule", document["slug"], document)


def _form(
    old: Document,
    status: int = 200,
    error: HongyanError | None = None,
    new: Document | None = None,
    tried: Document | None = None,
    step: int = -1,
) -> Response:
    """new: what was filled in; tried: of which the error is; step: the answer just edited."""
    say, zone = words(), zone_of(account())
    base = new if new is not None else _base(old)
    written = request.form.get("document") if request.form.get("as") == "yaml" else None
    fault = fault_of(error, tried or {}, names_of_rules(_stage())) if error else None
    articles = step if request.form.get("act", "").startswith("article") else -1
    return render(
        "rule_form.html",
        status,
        old=old,
        f=rule_form.shown(base, zone, articles) if base is not None else None,
        on=old.get("on", "message"),
        document=written if written is not None else write_yaml(old) if "slug" in old else "",
        seen=newer.seen(_held(old).stamp if "slug" in old else "", error),
        newer=newer.newer_of(error),
        slug=account().slug,
        fault=fault if request.form.get("as") != "yaml" else None,
        error=fault.said if fault else "",
        step=step,
        by_document=written is not None or base is None,
        **_offered(say),
    )


def _stage() -> str:
    return talk.read_from(account().id, DRAFT)


def _offered(say: Any) -> dict[str, Any]:
    return {
        **offered(say),
        "kinds": [(kind, say(f"con.rules.kind.{kind}")) for kind in MARKETERS],
        "gives": [(give, say(f"con.rules.give.{give}")) for give in GIVES],
        "languages": [(lang, say(f"con.rules.lang.{lang}")) for lang in LANGUAGES],
        "weekdays": [(day, say(f"con.weekday.{day}")) for day in DAYS],
        "variables": [(name, say(f"con.rules.variable.{name}")) for name in VARIABLES],
    }

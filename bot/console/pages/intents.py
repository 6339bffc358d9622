"""意图与语料: what followers may mean, by which examples it is learnt, and which examples clash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console import kept_figures, newer
from bot.console.documents import document_from
from bot.console.gate import account, asker, page
from bot.console.newer import Held
from bot.console.refusals import status_of, told
from bot.console.rights import Right
from bot.console.shell import Link, render, shown_at, words, zone_of
from bot.console.tabs import tabs_of
from bot.errors import Conflict, HongyanError, InvalidInput
from bot.nlp.learn.reading import OUT_OF_SCOPE
from bot.store import audit, example_list, talk
from bot.store.db import transaction
from bot.store.example_list import Listed
from bot.store.talk import DRAFT, LIVE
from bot.talk import corpus
from bot.talk.files import write_yaml
from bot.web.services import services

PAGE = 50
TABS = ("intents", "intent_clashes", "training", "shadow", "replay")
LONGEST = 64_000  # characters of a document, or of texts


@dataclass(frozen=True)
class Row:
    """An intent. `f1`: of the model in use, on texts that it had not seen."""

    slug: str
    title: str
    examples: int
    before: int  # examples live, where a draft is shown
    f1: float | None
    answer: str


@dataclass(frozen=True)
class Shown:
    """An example. `taken`: the intent that the model in use takes it for, where that is another."""

    id: int
    text: str
    source: str
    own: bool
    taken: str


def tabs(here: str) -> list[Link]:
    """The pages of this entry of the menu that one may open."""
    return tabs_of(((f"con.tab.{name}", name) for name in TABS), here)


@page("/a/<slug>/intents", Right.LOOK)
def intents(slug: str) -> Response:
    """Every intent with how many examples it has and how well it is told from the others."""
    of, stage = account(), talk.read_from(account().id, DRAFT)
    many, live = talk.count_examples(of.id, stage), talk.count_examples(of.id, LIVE)
    model = services().talk_of(of.id).model
    said = model.card.checked.get("labels", {}) if model else {}
    documents = {one.slug: one.document for one in talk.documents(of.id, stage, "intent")}
    named = sorted({*documents, *many})
    return render(
        "intents.html",
        rows=[
            Row(
                one, _title(one, documents.get(one, {})), many.get(one, 0), live.get(one, 0),
                said[one]["f1"] if said.get(one, {}).get("support") else None,
                _answer(documents.get(one, {})),
            )
            for one in named
        ],
        stage=stage,
        tabs=tabs("intents"),
        may_read=asker().may(Right.TALK),
        may_edit=asker().may(Right.EDIT),
        slug=slug,
    )  # fmt: skip


@page("/a/<slug>/intents/<ref>", Right.TALK)
def intent_page(slug: str, ref: str) -> Response:
    """One intent's examples, some at a time."""
    return _page(ref)


@page("/a/<slug>/intents/<ref>", Right.EDIT, ("POST",))
def intent_act(slug: str, ref: str) -> Response:
    """Examples added, moved or removed; the intent's own document. All of it in the draft."""
    act, who = request.form.get("act", ""), asker()
    _known(ref)
    if act not in _ACTS:
        return _page(ref, 422, InvalidInput(words()("con.rules.unknown_act"), "act"))
    try:
        detail = _ACTS[act](ref)
    except HongyanError as error:
        return _page(ref, status_of(error), error)
    audit.record(who.actor, f"intent_{act}", who.now, detail={"intent": ref, **detail})
    if request.form.get("back") == "clashes":
        return redirect(url_for("console.intent_clashes", slug=slug), 303)
    return redirect(url_for("console.intent_page", slug=slug, ref=ref), 303)


@page("/a/<slug>/new-intent", Right.EDIT, ("GET", "POST"))
def intent_new(slug: str) -> Response:
    """A new intent with its answer and its first examples."""
    given, who = request.form, asker()
    if request.method == "GET":
        return _new()
    ref = given.get("slug", "").strip()
    document: dict[str, Any] = {"slug": ref, "title": given.get("title", "").strip()}
    if answer := given.get("answer", "").replace("\r\n", "\n").strip():
        document["answers"] = [{"text": answer}]
    try:
        with transaction():
            if ref in {one.slug for one in _documents()}:
                raise Conflict(words()("con.intents.taken_as", slug=ref))
            corpus.put_intent(account().id, document, who.now)
            if texts := _texts():
                corpus.add(account().id, ref, texts)
            audit.record(who.actor, "intent_document", who.now, detail={"intent": ref})
    except HongyanError as error:
        return _new(status_of(error), told(error))
    return redirect(url_for("console.intent_page", slug=slug, ref=ref), 303)


@page("/a/<slug>/intents-clashes", Right.TALK)
def intent_clashes(slug: str) -> Response:
    """Examples that say the same and are of different intents: the model cannot learn from them."""
    of, now = account(), asker().now
    stage, found, at = kept_figures.clashes(of.id, now)
    _note([one for clash in found for one in clash.examples])
    return render(
        "intent_clashes.html",
        clashes=found,
        counting=at is None,
        as_of=shown_at(at, zone_of(of)) if at and at < now else "",
        stage=stage,
        titles=titles_of(stage),
        tabs=tabs("intent_clashes"),
        may_edit=asker().may(Right.EDIT),
        slug=slug,
    )


# --- acts ---------------------------------------------------------------------------------------


def _add(ref: str) -> dict[str, Any]:
    done = corpus.add(account().id, ref, _texts(), force="force" in request.form)
    return {"new": done.new, "moved": done.moved}


def _move(ref: str) -> dict[str, Any]:
    target = request.form.get("target", "")
    return {"to": target, "examples": corpus.move(account().id, _stage(), _ids(), target)}


def _remove(ref: str) -> dict[str, Any]:
    return {"examples": corpus.remove(account().id, _stage(), _ids())}


def _document(ref: str) -> dict[str, Any]:
    """Where nobody changed it meanwhile."""
    text = request.form.get("document", "")
    if len(text) > LONGEST:
        raise InvalidInput(f"wants at most {LONGEST:,} characters", "document")
    document = document_from(text)
    if document.get("slug", ref) != ref:
        raise InvalidInput(words()("con.intents.other_slug", slug=ref), "slug")
    document = {"slug": ref, **document}
    with transaction():
        _held(ref).must_be_seen(document)
        corpus.put_intent(account().id, document, asker().now)
        _held(ref).mark()
    return {}


def _held(ref: str) -> Held:
    found = next((dict(one.document) for one in _documents() if one.slug == ref), None)
    return Held("intent", ref, found)


_ACTS = {"add": _add, "move": _move, "remove": _remove, "document": _document}


def _stage() -> str:
    """Which stage's examples the page showed: their ids are of that one."""
    return DRAFT if request.form.get("stage") == DRAFT else LIVE


def _ids() -> list[int]:
    given = request.form.getlist("example")[: corpus.MOST_AT_ONCE + 1]
    return [int(one) for one in given if one.isascii() and one.isdigit() and len(one) < 19]


def _texts() -> list[str]:
    text = request.form.get("texts", "")
    if len(text) > LONGEST:
        raise InvalidInput(f"wants at most {LONGEST:,} characters", "texts")
    return [line.strip() for line in text.splitlines() if line.strip()]


# --- pages --------------------------------------------------------------------------------------


def _documents() -> list[talk.Stored]:
    return talk.documents(account().id, talk.read_from(account().id, DRAFT), "intent")


def _title(ref: str, document: Any) -> str:
    if ref == OUT_OF_SCOPE:
        return words()("con.intents.out_of_scope")
    return str(document.get("title") or ref)


def titles_of(stage: str) -> dict[str, str]:
    """What the intents of a stage are called, by slug."""
    found = talk.documents(account().id, stage, "intent")
    titles = {one.slug: _title(one.slug, one.document) for one in found}
    return {**titles, OUT_OF_SCOPE: _title(OUT_OF_SCOPE, {})}


def named_intents() -> dict[str, str]:
    """What intents are called, the draft's and the live ones."""
    return titles_of(LIVE) | titles_of(DRAFT)


def _answer(document: Any) -> str:
    answers = document.get("answers") or ()
    return next((str(one["text"]) for one in answers if "text" in one), "")


def _known(ref: str) -> None:
    stage = talk.read_from(account().id, DRAFT)
    if ref not in titles_of(stage) and ref not in talk.count_examples(account().id, stage):
        abort(404)


def _note(found: list[Listed]) -> None:
    """Followers' own words were looked at."""
    if any(one.example.event_id is not None for one in found):
        audit.record(asker().actor, "intent_look", asker().now)


def _page(ref: str, status: int = 200, error: HongyanError | None = None) -> Response:
    of, who = account(), asker()
    _known(ref)
    stage = talk.read_from(of.id, DRAFT)
    last = request.args.get("after", "")
    after = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else 0
    found = example_list.page(of.id, stage, ref, after=after, limit=PAGE + 1)
    _note(found)
    held = _held(ref)
    titles = titles_of(stage)
    return render(
        "intent.html",
        status,
        ref=ref,
        title=titles.get(ref, ref),
        examples=[_shown(one, titles) for one in found[:PAGE]],
        more=found[PAGE - 1].id if len(found) > PAGE else 0,
        many=talk.count_examples(of.id, stage).get(ref, 0),
        stage=stage,
        titles=titles,
        document=request.form.get("document") or (write_yaml(held.state) if held.state else ""),
        seen=newer.seen(held.stamp, error),
        newer=newer.newer_of(error),
        texts=request.form.get("texts", "") if error else "",
        may_edit=who.may(Right.EDIT),
        tabs=tabs("intents"),
        slug=of.slug,
        error=told(error) if error else "",
    )


def _shown(one: Listed, titles: Mapping[str, str]) -> Shown:
    example = one.example
    model = services().talk_of(account().id).model
    labels = model.predict(example.text).labels if model else (example.intent,)
    taken = (
        "" if tuple(labels) == (example.intent,) else "、".join(titles.get(x, x) for x in labels)
    )
    own = example.event_id is not None
    return Shown(one.id, example.text, example.source, own, taken)


def _new(status: int = 200, error: str = "") -> Response:
    slug = account().slug
    return render("intent_new.html", status, given=request.form, slug=slug, error=error)

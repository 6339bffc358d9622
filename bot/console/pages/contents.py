"""内容库: the list by kind; one piece with its versions, what the linter says, and a phone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, BinaryIO, cast

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.background.content_table import CONTENTS
from bot.console import content_fields, newer
from bot.console.documents import document_from
from bot.console.gate import account, asker, page
from bot.console.refusals import status_of
from bot.console.rights import Right
from bot.console.shell import actor_said, language, render, shown_at, words, zone_of
from bot.console.work import begin
from bot.content import library
from bot.content.checkup import Facts, content_draft
from bot.content.documents import Content, ContentPurpose, Kind, read_content
from bot.content.findings import Finding
from bot.content.library import Refused
from bot.content.limits import limit_of
from bot.content.rows import HEADINGS
from bot.errors import HongyanError, InvalidInput, NotFound
from bot.store import audit, called, content_uses, coupon_batches
from bot.store import contents as store
from bot.store.contents import ContentState
from bot.store.db import transaction
from bot.talk.files import write_yaml
from bot.web.services import services

PAGE = 50
MOST_BYTES = 64 * 1024 * 1024
_VERSIONS = 30
_COLOURS = {"draft": "secondary", "published": "green", "edited": "yellow", "archived": "secondary"}
_PLACES = {"campaign": "campaigns", "journey": "journeys", "content": "contents"}
_TAG = re.compile(r"<a\b[^>]*>(.*?)</a\s*>", re.IGNORECASE | re.DOTALL)
BEGINNINGS = {
    Kind.PRODUCT: "price_fen: 2200\nlink: https://\ntopics: {咖啡: 1.0}\n",
    Kind.ARTICLE: "link: https://\ntopics: {咖啡: 1.0}\n",
    Kind.ADVERTISEMENT: "link: https://\n",
    Kind.MINIPROGRAM: "appid: wx\npath: pages/index\n",
    Kind.COUPON_BATCH: "batch: \n",
    Kind.MESSAGE: "channel: customer_service\ntext: |\n  \n",
}


@page("/a/<slug>/contents", Right.LOOK)
def contents(slug: str) -> Response:
    """Fifty at a time by slug; of one kind where it is asked for."""
    say, asked, of = words(), request.args, account()
    kind = asked.get("kind", "")
    kind = kind if kind in {one.value for one in Kind} else ""
    archived, after = asked.get("archived") == "1", asked.get("after", "")[:64]
    found = store.page(of.id, after, PAGE + 1, kind=kind, archived=archived)
    shown = found[:PAGE]
    uses = content_uses.counts(
        of.id, {one.slug: str(document.get("batch", "")) for one, document in shown}
    )
    return render(
        "contents.html",
        rows=[_row(one, uses[one.slug]) for one, _ in shown],
        kinds=[(one.value, say(f"con.content.kind.{one.value}")) for one in Kind],
        kind=kind,
        archived=archived,
        more=shown[-1][0].slug if len(found) > PAGE else "",
        slug=slug,
        may_edit=asker().may(Right.EDIT),
    )


@page("/a/<slug>/contents/<ref>", Right.LOOK)
def content_page(slug: str, ref: str) -> Response:
    """The latest version, or ?version=, as a phone shows it and as the linter sees it."""
    return _page(_found(ref))


@page("/a/<slug>/new-content", Right.EDIT, ("GET", "POST"))
def new_content(slug: str) -> Response:
    """A new piece of ?kind=, as YAML."""
    if request.method == "POST":
        return _saved(None)
    try:
        kind = Kind(request.args.get("kind", Kind.PRODUCT))
    except ValueError:
        abort(404)
    ref = request.args.get("ref", "")[:63]
    begun = {"slug": ref, "kind": kind.value} if ref else None
    text = f"slug: {ref}\nkind: {kind.value}\ntitle: \n{BEGINNINGS[kind]}"
    return _form(None, text, kind=kind, document=begun)


@page("/a/<slug>/contents-import", Right.EDIT, ("GET", "POST"), upload=MOST_BYTES)
def contents_import(slug: str) -> Response:
    """商品表导入: a table's rows as drafts, in the background."""
    if request.method == "GET":
        return _import_form()
    given, file, who = request.form, request.files.get("file"), asker()
    kind = given.get("kind", "")
    if kind not in {one.value for one in Kind}:
        abort(404)
    if file is None or not file.filename:
        return _import_form(422, words()("con.list.nothing"))
    upload = (file.filename[-64:], cast(BinaryIO, file.stream))
    asked = {"kind": kind, "author": who.actor}
    try:
        task = begin(CONTENTS, asked, upload)
    except HongyanError as error:
        return _import_form(422, str(error))
    return redirect(url_for("console.work_one", slug=slug, task_id=task))


def _import_form(status: int = 200, error: str = "") -> Response:
    say = words()
    kinds = [(one.value, say(f"con.content.kind.{one.value}")) for one in Kind]
    headings = [(name, "、".join(said[:4])) for name, said in HEADINGS.items()]
    return render(
        "contents_import.html", status, kinds=kinds, headings=headings, error=error,
        slug=account().slug,
    )  # fmt: skip


@page("/a/<slug>/contents/<ref>/edit", Right.EDIT, ("GET", "POST"))
def content_edit(slug: str, ref: str) -> Response:
    """The latest version's document; saved as the next one, which nobody gets until published."""
    one = _found(ref)
    if request.method == "POST":
        return _saved(one)
    document = store.version(one.id, one.latest).document
    return _form(one, write_yaml(document), document=document)


@page("/a/<slug>/contents/<ref>/publish", Right.EDIT, ("POST",))
def content_publish(slug: str, ref: str) -> Response:
    """Let a version go out; what the linter calls an error only where somebody answers for it."""
    one, who, given = _found(ref), asker(), request.form
    asked, despite = given.get("version", ""), given.getlist("despite")
    number = int(asked) if asked.isdecimal() and len(asked) < 9 else one.latest
    try:
        state, _, moved = library.publish(
            account().id, one.slug, who.now, number=number, despite=despite,
            public_url=services().settings.public,
        )  # fmt: skip
    except Refused:
        return _page(one, 409, words()("con.content.refused"), number)
    except HongyanError as error:
        return _page(one, 409, str(error))
    if moved:
        _note("content_publish", one.slug, version=state.published, despite=despite)
    return redirect(url_for("console.content_page", slug=slug, ref=one.slug))


@page("/a/<slug>/contents/<ref>/archive", Right.EDIT, ("POST",))
def content_archive(slug: str, ref: str) -> Response:
    """Take it out of use; refused while something names it."""
    one = _found(ref)
    try:
        changed = library.archive(account().id, one.slug, asker().now)
    except HongyanError:
        return _page(one, 409, words()("con.content.in_use"))
    if changed:
        _note("content_archive", one.slug)
    return redirect(url_for("console.contents", slug=slug))


def _found(ref: str) -> ContentState:
    try:
        return store.by_slug(account().id, ref)
    except NotFound:
        abort(404)


def _note(action: str, slug: str, **more: object) -> None:
    audit.record(asker().actor, action, asker().now, detail={"slug": slug, **more})


def _row(one: ContentState, uses: int) -> dict[str, Any]:
    say = words()
    return {
        "slug": one.slug,
        "title": one.title,
        "kind": say(f"con.content.kind.{one.kind}"),
        "state": say(f"con.content.state.{one.state}"),
        "colour": _COLOURS[one.state],
        "latest": one.latest,
        "published": one.published or "–",
        "uses": uses,
        "at": shown_at(one.updated_at, zone_of(account())),
    }


def _saved(one: ContentState | None) -> Response:
    """Look at what was written, or keep it as the next version."""
    who, given, say = asker(), request.form, words()
    text, document = given.get("yaml", ""), None
    try:
        if given.get("as") == "form":
            before = store.version(one.id, one.latest).document if one else {}
            document = content_fields.from_form(given, before)
            text = write_yaml(document)
        else:
            document = document_from(text)
        slug = document.get("slug")
        if one is not None and slug != one.slug:
            raise InvalidInput(say("con.content.slug", slug=one.slug), "slug")
        content = read_content(document, zone_of(account()))
        if given.get("do") != "save":
            return _form(one, text, looked=content, document=document)
        with transaction():
            if one is None and store.find(account().id, content.slug) is not None:
                raise InvalidInput(say("con.content.taken", slug=content.slug), "slug")
            if one is not None:
                _must_be_seen(one, document)
            made, new = library.put(account().id, document, who.now, author=who.actor[:64])
    except HongyanError as error:
        return _form(_found(one.slug) if one else None, text, error=error, document=document)
    if new:
        _note("content_edit", made.slug, version=made.latest)
    return redirect(url_for("console.content_page", slug=account().slug, ref=made.slug))


def _must_be_seen(one: ContentState, document: Mapping[str, Any]) -> None:
    """Nobody's edit is written over unseen. In the transaction of the edit. Raises Overtaken."""
    latest = store.by_slug(one.account_id, one.slug).latest
    if request.form.get("seen", "") != str(latest):
        kept = store.version(one.id, latest)
        raise newer.overtaken(kept.document, document, kept.author, kept.at, kind="content")


def _form(
    one: ContentState | None,
    text: str,
    error: HongyanError | None = None,
    looked: Content | None = None,
    document: Mapping[str, Any] | None = None,
    kind: Kind | None = None,
) -> Response:
    """document: what the form's fields show, where it can be read; kind: of a new piece."""
    say = words()
    fields = content_fields.shown(document or {"kind": (kind or Kind.PRODUCT).value})
    if request.form.get("as") == "form":
        fields |= {name: request.form[name] for name in fields if name in request.form}
    return render(
        "content_form.html",
        status_of(error) if error else 200,
        one=one,
        yaml=text,
        seen=newer.seen(str(one.latest) if one else "", error),
        newer=newer.newer_of(error),
        error=str(error) if error else "",
        looked=looked is not None,
        findings=[_finding(each) for each in _linted(looked)] if looked else [],
        phone=_phone(looked) if looked else None,
        slug=account().slug,
        f=fields,
        by_form=document is not None or kind is not None or request.form.get("as") == "form",
        kind_said=say(f"con.content.kind.{fields['kind']}") if fields["kind"] in list(Kind) else "",
        purposes=[(each.value, say(f"con.content.purpose.{each}")) for each in ContentPurpose],
        batches=[(each.slug, each.title) for each in coupon_batches.batches(account().id)],
    )


def _linted(content: Content) -> list[Finding]:
    public = services().settings.public
    return library.lint_content(account().id, content, asker().now, public)


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "severity": words()(f"lint.severity.{one.severity.value}"),
        "colour": {"error": "red", "warning": "yellow"}.get(one.severity.value, "blue"),
        "refuses": one.severity.value == "error",
        "place": f"{one.part}「{one.quote}」" if one.quote else one.part,
        "why": one.why(language()),
        "fix": one.suggestion(language()),
    }


def _phone(content: Content) -> dict[str, Any]:
    """What a phone shows, with sample values; and how long each part is of what is allowed."""
    draft = content_draft(content, Facts(zone=zone_of(account())))
    filled = {part: draft.filled(text) for part, text in draft.parts.items()}
    sizes = [
        (part, limit.size(text), limit.most)
        for part, text in filled.items()
        if (limit := limit_of(draft.channel, part)) is not None
    ]
    return {
        "title": content.scene,
        "parts": [(part, _TAG.sub(r"\1〔↗〕", text)) for part, text in filled.items()],
        "named": bool(content.fields),
        "link": content.link,
        "price": "" if content.price_fen is None else f"¥{content.price_fen / 100:,.2f}",
        "sizes": sizes,
    }


def _page(
    one: ContentState, status: int = 200, error: str = "", number: int | None = None
) -> Response:
    say, zone = words(), zone_of(account())
    asked = request.args.get("version", "")
    wanted = int(asked) if asked.isdecimal() and len(asked) < 9 else number or one.latest
    try:
        stored = store.version(one.id, wanted)
    except NotFound:
        abort(404)
    content, names = read_content(stored.document, zone), called.names(account().id)
    return render(
        "content.html",
        status,
        one=one,
        row=_row(one, 0),
        number=stored.number,
        yaml=write_yaml(stored.document),
        phone=_phone(content),
        findings=[_finding(each) for each in _linted(content)],
        uses=[
            {"kind": say(f"con.use.{use.kind}"), "slug": use.slug, "path": use.path,
             "place": _PLACES.get(use.kind, ""), "stage": use.stage,
             "called": names.get(f"{use.kind}:{use.slug}") or use.slug}
            for use in library.where_used(account().id, one.slug)
        ],
        versions=[
            {"number": held.number, "at": shown_at(held.at, zone),
             "by": actor_said(held.author, say), "published": held.number == one.published}
            for held in store.versions(one.id, _VERSIONS)
        ],
        error=error,
        slug=account().slug,
        may_edit=asker().may(Right.EDIT),
    )  # fmt: skip

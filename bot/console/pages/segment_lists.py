"""手工名单: a segment of uploaded followers; who is put in or kept out by hand; 相似人群."""

from __future__ import annotations

import io
from typing import BinaryIO, cast

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console.gate import account, asker, page
from bot.console.pages.segments import found, note, segment_with
from bot.console.rights import Right
from bot.console.shell import render, words
from bot.console.work import begin
from bot.errors import HongyanError, InvalidInput
from bot.learning.purposes import LIKE
from bot.segment import catalogue
from bot.segment.rules import is_slug
from bot.store import audit, pseudonyms
from bot.store.segment_lists import NAMES

MOST_BYTES = 64 * 1024 * 1024  # two million lines
MOST_TYPED = 200  # followers that are typed in, not uploaded
HOWS = ("replace", "add")
PINS = {"include": True, "exclude": False, "rule": None}
_SLUG_LIMIT = 64 - len(LIKE)


@page("/a/<slug>/new-list", Right.EDIT, ("GET", "POST"), upload=MOST_BYTES)
def new_list(slug: str) -> Response:
    """A static segment of a file, or further followers for one; read in the background."""
    if request.method == "GET":
        return _form()
    form, who = request.form, asker()
    ref, how, by = form.get("slug", "").strip(), form.get("how", ""), form.get("by", "")
    try:
        if not is_slug(ref):
            raise InvalidInput(words()("con.list.slug"), "slug")
        if how not in HOWS or by not in NAMES:
            raise InvalidInput(words()("con.list.how"), "how")
        upload = _upload()
    except HongyanError as error:
        return _form(422, str(error))
    name = form.get("name", "").strip()[:64]
    asked = {"segment": ref, "name": name, "by": by, "how": how, "author": who.actor}
    return _asked(asked, upload)


@page("/a/<slug>/segments/<ref>/pins", Right.PEOPLE, ("POST",), upload=MOST_BYTES)
def segment_pins(slug: str, ref: str) -> Response:
    """Put followers in, keep them out, or let the rule decide again: a few typed, or a file."""
    one, who, form = found(ref), asker(), request.form
    how = form.get("how", "")
    try:
        if how not in PINS or not who.may(Right.EDIT):
            raise InvalidInput(words()("con.list.how"), "how")
        if request.files.get("file"):
            asked = {"segment": one.slug, "by": form.get("by", "id"), "how": how,
                     "reason": form.get("reason", "")[:190], "author": who.actor}  # fmt: skip
            return _asked(asked, _upload())
        ids = _typed(form.get("followers", ""))
        catalogue.pin(
            one.account_id, one.slug, ids, PINS[how], who.now,
            author=who.actor, reason=form.get("reason", "")[:190],
        )  # fmt: skip
    except HongyanError as error:
        return segment_with(one, 422, str(error))
    for each in ids:
        detail = {"segment": one.slug, "how": how}
        audit.record(who.actor, "segment_pin", who.now, follower_id=each, detail=detail)
    return redirect(url_for("console.segment_page", slug=slug, ref=one.slug))


@page("/a/<slug>/segments/<ref>/alike", Right.EDIT, ("POST",))
def segment_alike(slug: str, ref: str) -> Response:
    """相似人群: learn who is like its members, and make a segment of those most like them."""
    one, who = found(ref), asker()
    if len(one.slug) > _SLUG_LIMIT:
        return segment_with(one, 422, words()("con.alike.long", most=_SLUG_LIMIT))
    asked = {"segment": one.slug, "author": who.actor}
    task = begin("alike", asked)
    note("segment_alike", one.slug)
    return redirect(url_for("console.work_one", slug=slug, task_id=task))


def _typed(text: str) -> list[int]:
    """Numbers or pseudonyms, a line each. Raises InvalidInput."""
    lines = [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]
    if not 0 < len(lines) <= MOST_TYPED:
        raise InvalidInput(words()("con.list.typed", most=MOST_TYPED), "followers")
    ids = []
    for line in lines:
        number = int(line) if line.isdecimal() and len(line) < 19 else pseudonyms.read(line)
        if number is None:
            raise InvalidInput(words()("con.followers.bad_number"), "followers")
        ids.append(number)
    return list(dict.fromkeys(ids))


def _upload() -> tuple[str, BinaryIO]:
    """The file, or the text that stands in its place. Raises InvalidInput."""
    file = request.files.get("file")
    if file is not None and file.filename:
        return file.filename[-64:], cast(BinaryIO, file.stream)
    text = request.form.get("lines", "").strip()
    if not text:
        raise InvalidInput(words()("con.list.nothing"), "file")
    return "lines.txt", io.BytesIO(text.encode())


def _asked(asked: dict[str, str], upload: tuple[str, BinaryIO]) -> Response:
    task = begin("member_list", asked, upload)
    return redirect(url_for("console.work_one", slug=account().slug, task_id=task))


def _form(status: int = 200, error: str = "") -> Response:
    return render(
        "segment_list.html", status, slug=account().slug, names=NAMES, error=error,
        given=request.form,
    )  # fmt: skip

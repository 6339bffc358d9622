"""图片素材: pictures that the platform keeps, shown small from here, for rules and menus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

from flask import abort, redirect, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from bot.background.picture import PICTURE
from bot.collect import pictures as use
from bot.console.gate import account, asker, page
from bot.console.parts import spot, written
from bot.console.refusals import status_of, told
from bot.console.rights import Right
from bot.console.shell import Words, actor_said, refusal, render, shown_at, words, zone_of
from bot.console.work import begin
from bot.content.picture_file import FORMATS, MOST_BYTES, MOST_THUMB, read_picture
from bot.errors import HongyanError, InvalidInput, NotFound
from bot.store import audit
from bot.store import pictures as store
from bot.store.pictures import PictureState, Small
from bot.web.services import services

PAGE = 24
SLACK = 200_000  # bytes of a form beside the picture: its small one and the words
LONGEST_NAME = 64


@dataclass(frozen=True)
class Row:
    """One picture, in finished words."""

    id: int
    name: str
    about: str
    by: str
    at: str
    state: str
    colour: str
    why: str
    media_id: str
    shows: bool


@page("/a/<slug>/pictures", Right.LOOK)
def pictures(slug: str) -> Response:
    """The latest first."""
    return _page()


@page("/a/<slug>/new-picture", Right.EDIT, ("POST",), upload=MOST_BYTES + SLACK)
def picture_add(slug: str) -> Response:
    """A file by its own bytes, whatever it is called; the platform gets it in the background."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page(422, words()("con.list.nothing"))
    with file.stream:
        return _added(file)


def _added(file: FileStorage) -> Response:
    who, slug = asker(), account().slug
    data = file.stream.read(MOST_BYTES + 1)
    try:
        found = read_picture(data)
        one = store.add(
            account().id, use.digest(data), _name(file),
            (found.format, len(data), found.width, found.height),
            who.actor, who.now, _small(data, found.format),
        )  # fmt: skip
        if one.media_id:
            return redirect(url_for("console.pictures", slug=slug, there=one.id))
        file.stream.seek(0)
        upload = (one.file_name, cast(BinaryIO, file.stream))
        task = begin(PICTURE, {"id": one.id}, upload)
    except HongyanError as error:
        return _page(status_of(error), str(error))
    audit.record(who.actor, "picture_add", who.now, detail={"picture": one.id, "name": one.name})
    return redirect(url_for("console.work_one", slug=slug, task_id=task))


@page("/a/<slug>/pictures/<int:picture_id>/small", Right.LOOK)
def picture_small(slug: str, picture_id: int) -> Response:
    """The small one. Its kind is what its bytes were found to be, and browsers look no further."""
    found = store.small(account().id, picture_id)
    if found is None:
        abort(404)
    answer = Response(found.data, mimetype=FORMATS[found.format])
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@page("/a/<slug>/pictures/<int:picture_id>/remove", Right.EDIT, ("POST",))
def picture_remove(slug: str, picture_id: int) -> Response:
    """From the platform and from here, unless something shows it."""
    who = asker()
    try:
        one = store.get(account().id, picture_id)
    except NotFound:
        abort(404)
    try:
        use.remove(one, _client())
    except use.InUse as error:
        uses = "、".join(map(_use, error.uses))
        return _page(409, words()("con.pictures.used", name=one.name, uses=uses))
    except HongyanError as error:
        return _page(status_of(error), told(error))
    audit.record(who.actor, "picture_remove", who.now, detail={"picture": one.id, "name": one.name})
    return redirect(url_for("console.pictures", slug=slug))


def _client() -> use.Material:
    return services().client_of(account().id)


def _use(name: str) -> str:
    """What "rule welcome" names, in the reader's words."""
    kind, _, slug = name.partition(" ")
    return f"{words()(f'con.pictures.use.{kind}')} {slug}"


def _name(file: FileStorage) -> str:
    given = request.form.get("name", "").strip() or file.filename or ""
    return "".join(one for one in given if one.isprintable())[:LONGEST_NAME] or "–"


def _small(data: bytes, format_: str) -> Small | None:
    """What the browser made of it to be looked at, or the picture itself where that is small."""
    if len(data) <= MOST_THUMB:
        return Small(format_, data)
    file = request.files.get("small")
    made = file.stream.read(MOST_THUMB + 1) if file else b""
    if not made:
        return None
    try:
        return Small(read_picture(made, MOST_THUMB).format, made)
    except InvalidInput:
        return None  # an icon stands for it


def _page(status: int = 200, error: str = "") -> Response:
    of, say, zone = account(), words(), zone_of(account())
    found, more = store.page(of.id, PAGE, spot())
    there = request.args.get("there", "")
    return render(
        "pictures.html",
        status,
        slug=of.slug,
        rows=[_row(one, say, zone) for one in found],
        more=written(more),
        there=next((one.name for one in found if str(one.id) == there), ""),
        accept=",".join(FORMATS.values()),
        most=MOST_BYTES,
        most_small=MOST_THUMB,
        may_edit=asker().may(Right.EDIT),
        error=error,
    )


def _row(one: PictureState, say: Words, zone: ZoneInfo) -> Row:
    state = "kept" if one.media_id else "refused" if one.why else "waiting"
    return Row(
        one.id, one.name, f"{one.format.upper()} {one.width}×{one.height} · {_bytes(one.size)}",
        actor_said(one.author, say), shown_at(one.at, zone), say(f"con.pictures.state.{state}"),
        {"kept": "green", "refused": "red", "waiting": "azure"}[state], refusal(one.why),
        one.media_id, one.shows,
    )  # fmt: skip


def _bytes(size: int) -> str:
    return f"{size / (1 << 20):.1f} MB" if size >= 1 << 20 else f"{max(size >> 10, 1)} KB"

"""渠道二维码: a code for each source, what it brought and cost, and what follows a scan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console import code_view as view
from bot.console import newer, sheets
from bot.console.fields import fen
from bot.console.gate import account, asker, page
from bot.console.newer import Held
from bot.console.refusals import status_of, told
from bot.console.rights import Right
from bot.console.shell import actor_said, render, shown_at, words, zone_of
from bot.errors import HongyanError, InvalidInput, NotFound
from bot.qrcodes import making
from bot.store import audit, code_days, effect_costs, qrcodes, talk
from bot.store.db import transaction
from bot.store.qrcodes import Code
from bot.store.talk import DRAFT
from bot.talk import rulebook
from bot.web import qr
from bot.web.services import services
from bot.wechat.client import WeChatClient

PAGE = 50
LONGEST_NOTE = 190
_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


@page("/a/<slug>/codes", Right.LOOK)
def codes(slug: str) -> Response:
    """The latest first; of one beginning of the scene, or those that are archived."""
    archived, beginning = "archived" in request.args, request.args.get("scene", "").strip()[:64]
    last = request.args.get("before", "")
    before = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else 0
    found = qrcodes.listed(
        account().id, archived=archived, beginning=beginning, before=before, limit=PAGE + 1
    )
    return render(
        "codes.html",
        rows=view.rows(found[:PAGE]),
        more=found[PAGE - 1].id if len(found) > PAGE else 0,
        used=qrcodes.lasting(account().id),
        most=making.MOST_LASTING,
        days=view.DAYS,
        archived=archived,
        beginning=beginning,
        may_edit=asker().may(Right.EDIT),
        may_export=asker().may(Right.EXPORT),
        slug=slug,
    )


@page("/a/<slug>/new-code", Right.EDIT, ("GET", "POST"))
def code_new(slug: str) -> Response:
    """A new code: kept, then made by the platform; one that could not be made waits on its page."""
    given, who = request.form, asker()
    if request.method == "GET":
        return _new()
    try:
        days = _days() if given.get("kind") != "lasting" else making.LONGEST_DAYS
        code = making.add(
            account().id, given.get("scene", "").strip(), given.get("name", ""),
            given.get("note", ""), given.get("kind") == "lasting", who.actor, who.now,
        )  # fmt: skip
    except HongyanError as error:
        return _new(status_of(error), told(error))
    try:
        making.make(code, _client(), who.now, days)
    except HongyanError as error:
        _record(code, "make", error)
        return _page(code, status_of(error), error)
    _record(code, "make")
    return redirect(url_for("console.code_page", slug=slug, code_id=code.id), 303)


@page("/a/<slug>/codes/<int:code_id>", Right.LOOK)
def code_page(slug: str, code_id: int) -> Response:
    """One code: picture, days, costs, what follows."""
    return _page(_found(code_id))


@page("/a/<slug>/codes/<int:code_id>", Right.EDIT, ("POST",))
def code_act(slug: str, code_id: int) -> Response:
    """Made anew, described, archived, what a day cost, a welcome of its own."""
    code, act = _found(code_id), request.form.get("act", "")
    if act not in _ACTS:
        return _page(code, 422, InvalidInput(words()("con.rules.unknown_act"), "act"))
    try:
        _ACTS[act](code)
    except HongyanError as error:
        if act == "make":
            _record(code, act, error)
        return _page(_found(code_id), status_of(error), error)
    _record(code, act)
    if act == "archive":
        return redirect(url_for("console.codes", slug=slug), 303)
    return redirect(url_for("console.code_page", slug=slug, code_id=code_id), 303)


@page("/a/<slug>/codes/<int:code_id>/picture.<kind>", Right.LOOK)
def code_picture(slug: str, code_id: int, kind: str) -> Response:
    """The picture as a file."""
    code = _found(code_id)
    if kind not in _TYPES or not code.url:
        abort(404)
    answer = Response(view.picture(code, kind), mimetype=_TYPES[kind])
    answer.headers["Content-Disposition"] = f'attachment; filename="qrcode-{code.id}.{kind}"'
    return answer


@page("/a/<slug>/codes/<int:code_id>/csv", Right.EXPORT)
def code_csv(slug: str, code_id: int) -> Response:
    """One code by day."""
    code = _found(code_id)
    audit.record(asker().actor, "qrcode_csv", asker().now, detail={"code": code.id})
    return sheets.download(view.day_sheet(code, words()), f"qrcode-{code.id}")


@page("/a/<slug>/codes-csv", Right.EXPORT)
def codes_csv(slug: str) -> Response:
    """All codes over the last days."""
    audit.record(asker().actor, "qrcode_csv", asker().now)
    return sheets.download(view.code_sheet(_pages(account().id), words()), "qrcodes")


def _pages(account_id: int) -> Iterator[Sequence[Code]]:
    before = 0
    while found := qrcodes.listed(account_id, before=before, limit=PAGE):
        yield found
        before = found[-1].id


# --- acts ---------------------------------------------------------------------------------------


def _make(code: Code) -> None:
    making.make(code, _client(), asker().now, making.LONGEST_DAYS if code.lasting else _days())


def _describe(code: Code) -> None:
    name, note = request.form.get("name", ""), request.form.get("note", "")
    with transaction():
        say = words()
        _held(code.id).must_be_seen(
            {"name": name.strip(), "note": note.strip()}, lambda field: say(f"con.codes.{field}")
        )
        making.describe(code, name, note)
        _held(code.id).mark()


def _held(code_id: int) -> Held:
    now = _found(code_id)
    return Held("qrcode", str(code_id), {"name": now.name, "note": now.note})


def _archive(code: Code) -> None:
    making.archive(code, asker().now)


def _back(code: Code) -> None:
    making.archive(code, asker().now, back=True)


def _cost(code: Code) -> None:
    """What a day of it cost, in place of what was said of that day before."""
    given = request.form
    spent, note = fen(given, "yuan"), given.get("note", "").strip()
    if spent is None or len(note) > LONGEST_NOTE:
        raise InvalidInput(words()("con.codes.bad_cost"), "yuan")
    try:
        day = date.fromisoformat(given.get("day", ""))
    except ValueError:
        raise InvalidInput(words()("con.codes.bad_day"), "day") from None
    effect_costs.set_source_cost(account().id, code.scene, day, spent, note, asker().now)


def _welcome(code: Code) -> None:
    """A rule of the draft that greets who comes with this code."""
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    document = {
        "slug": f"welcome-code-{code.id}",
        "name": code.name[:64],
        "on": "subscribe",
        "scenes": [code.scene],
        "answers": [{"text": text}],
    }
    zone = zone_of(account())
    with transaction():
        _held_welcome(code).must_be_seen(document, name="seen_welcome")
        rulebook.keep(account().id, rulebook.read([document]), asker().now, zone, stage=DRAFT)
        _held_welcome(code).mark()


def _held_welcome(code: Code) -> Held:
    """The rule of the draft that the form writes, under the name that the page of rules gives."""
    ref, of = f"welcome-code-{code.id}", account().id
    listed = talk.documents(of, talk.read_from(of, DRAFT), "rule")
    found = next((dict(one.document) for one in listed if one.slug == ref), None)
    return Held("rule", ref, found)


_ACTS: dict[str, Callable[[Code], None]] = {
    "make": _make,
    "describe": _describe,
    "archive": _archive,
    "back": _back,
    "cost": _cost,
    "welcome": _welcome,
}


def _days() -> int:
    text = request.form.get("days", "").strip() or str(making.LONGEST_DAYS)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= making.LONGEST_DAYS):
        raise InvalidInput(words()("con.codes.bad_days", most=making.LONGEST_DAYS), "days")
    return int(text)


def _record(code: Code, act: str, error: HongyanError | None = None) -> None:
    detail = {"code": code.id, "scene": code.scene}
    if error is not None:
        detail["refused"] = type(error).__name__
    audit.record(asker().actor, f"qrcode_{act}", asker().now, detail=detail)


# --- pages --------------------------------------------------------------------------------------


def _found(code_id: int) -> Code:
    try:
        return qrcodes.get(account().id, code_id)
    except NotFound:
        abort(404)


def _client() -> WeChatClient:
    return services().client_of(account().id)


def _new(status: int = 200, error: str = "") -> Response:
    return render(
        "code_new.html",
        status,
        given=request.form,
        longest=making.LONGEST_SCENE,
        days=making.LONGEST_DAYS,
        used=qrcodes.lasting(account().id),
        most=making.MOST_LASTING,
        slug=account().slug,
        error=error,
    )


def _page(code: Code, status: int = 200, error: HongyanError | None = None) -> Response:
    who, say, zone = asker(), words(), zone_of(account())
    typed = request.form if error else {}
    (row,), days = view.rows([code]), view.days(code)
    label = say("con.codes.picture", name=code.name)
    return render(
        "code.html",
        status,
        code=code,
        row=row,
        until=view.until(code),
        made=shown_at(code.made_at, zone),
        made_by=actor_said(code.actor, say),
        drawn=qr.inline(code.url, label) if code.url else "",
        chart=view.chart(days, say),
        days=[(day, one) for day, one in days if one != view.NOTHING],
        after=view.after(code),
        spent=code_days.spent(code.account_id, code.scene),
        most_days=making.LONGEST_DAYS,
        span=view.DAYS,
        may_edit=who.may(Right.EDIT),
        may_export=who.may(Right.EXPORT),
        slug=account().slug,
        about=typed if "name" in typed else {"name": code.name, "note": code.note},
        cost=typed if "day" in typed else {"day": view.span()[1].isoformat()},
        welcome=typed.get("text", ""),
        seen=newer.seen(_held(code.id).stamp, error),
        seen_welcome=newer.seen(_held_welcome(code).stamp, error, "seen_welcome"),
        newer=newer.newer_of(error),
        error=told(error) if error else "",
    )

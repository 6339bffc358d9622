"""自定义菜单: edited in a draft on a phone; published, compared, rolled back, taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console import menu_view as view
from bot.console import newer
from bot.console.gate import account, asker, page
from bot.console.newer import Held
from bot.console.refusals import status_of, told
from bot.console.rights import Right
from bot.console.shell import actor_said, render, shown_at, words, zone_of
from bot.errors import Conflict, HongyanError, InvalidInput, NotFound
from bot.menus import buttons as edit
from bot.menus import editing, publishing
from bot.menus.buttons import FIELDS, Button, Place
from bot.menus.checking import ERROR, PLATFORMS
from bot.menus.publishing import Compared
from bot.store import audit, edit_marks, pictures, platform_tags
from bot.store import menus as store
from bot.store.db import transaction
from bot.store.menus import DEFAULT, MenuState
from bot.web.services import services
from bot.wechat.client import WeChatClient

MOST_PICTURES = 60  # to choose from, the latest


@page("/a/<slug>/menus", Right.LOOK)
def menus(slug: str) -> Response:
    """The default menu."""
    return _page(_menu(DEFAULT))


@page("/a/<slug>/menus/<ref>", Right.LOOK)
def menu_one(slug: str, ref: str) -> Response:
    """A personalised menu."""
    return _page(_menu(ref))


@page("/a/<slug>/new-menu", Right.EDIT, ("GET", "POST"))
def menu_new(slug: str) -> Response:
    """A personalised menu, which begins as the default one is."""
    given, who = request.form, asker()
    if request.method == "GET":
        return _new()
    ref, title = given.get("slug", "").strip(), given.get("title", "").strip()
    begins = editing.menu_of(account().id, DEFAULT, who.now).buttons
    try:
        editing.add(account().id, ref, title, _rule(), who.now, begins)
    except HongyanError as error:
        return _new(status_of(error), told(error))
    audit.record(who.actor, "menu_edit", who.now, detail={"menu": ref})
    return redirect(url_for("console.menu_one", slug=slug, ref=ref), 303)


@page("/a/<slug>/menus/<ref>/button", Right.EDIT, ("POST",))
def menu_button(slug: str, ref: str) -> Response:
    """One step of editing: save, up, down, remove."""
    typed = None
    try:
        typed = _typed() if request.form.get("act", "save") == "save" else None
        with transaction():
            menu = _menu(ref)
            new, place = _edited(menu, typed)
            _kept(menu, new)
            audit.record(asker().actor, "menu_edit", asker().now, detail={"menu": ref})
    except HongyanError as error:
        return _page(_menu(ref), status_of(error), error, typed=typed)
    return redirect(_address(menu, edit.written(place)), 303)


def _edited(menu: MenuState, typed: Button | None) -> tuple[list[Button], Place]:
    """The buttons with one step of editing, and where one goes on. Raises InvalidInput."""
    place, act = edit.read_place(request.form.get("place", "")), request.form.get("act", "save")
    if typed is not None:
        return edit.put(menu.buttons, place, typed), place
    if act in ("up", "down"):
        return _moved(menu, place, -1 if act == "up" else 1)
    if act == "remove":
        return edit.remove(menu.buttons, place), place[:-1]
    raise InvalidInput(words()("con.rules.unknown_act"), "act")


def _held(menu: MenuState) -> Held:
    return Held("menu", menu.slug, {"edit": menu.edit, "menu": _draft_of(menu)})


def _draft_of(menu: MenuState, **changes: Any) -> dict[str, Any]:
    return {"title": menu.title, "rule": menu.rule, "button": menu.buttons, **changes}


def _must_be_seen(menu: MenuState, **changes: Any) -> None:
    """The form was of this very draft. Raises Overtaken, with what it would change of it."""
    if request.form.get("seen", "") != str(menu.edit):
        mine = _draft_of(menu, **changes)
        raise _held(menu).overtaken(_draft_of(menu), mine, back=_address(menu))


def _another(menu: MenuState) -> Conflict:
    """The draft is another than the one that was to be published."""
    held, say = _held(menu), words()
    left = edit_marks.of(menu.account_id, held.what, held.ref, held.stamp)
    if left is None:
        return Conflict(say("con.draft.moved"))
    at = shown_at(left.at, zone_of(account()))
    return Conflict(say("con.draft.moved_by", who=actor_said(left.by, say), at=at))


def _kept(menu: MenuState, new: list[Button]) -> None:
    """New buttons of the draft, by who asks. Raises Overtaken, Conflict."""
    _must_be_seen(menu, button=new)
    with transaction():
        _held(editing.keep(menu, new, asker().now)).mark()


@page("/a/<slug>/menus/<ref>/draft", Right.EDIT, ("POST",))
def menu_draft(slug: str, ref: str) -> Response:
    """The draft as a whole: as the platform has it, as a version was, for whom; or away with it."""
    return _done(_menu(ref), _DRAFT)


@page("/a/<slug>/menus/<ref>/act", Right.RUN, ("POST",))
def menu_act(slug: str, ref: str) -> Response:
    """What followers see: publish, an earlier version again, take it back."""
    return _done(_menu(ref), _ACTS)


@page("/a/<slug>/menus/<ref>/compare", Right.EDIT, ("POST",))
def menu_compare(slug: str, ref: str) -> Response:
    """What the platform shows now beside what we published; nothing is changed."""
    menu = _menu(ref)
    try:
        is_open, found = publishing.compare(account().id, _client())
    except HongyanError as error:
        return _page(menu, status_of(error), error)
    return _page(menu, compared=(is_open, found))


# --- acts ---------------------------------------------------------------------------------------

Act = Callable[[MenuState], str]


def _done(menu: MenuState, acts: dict[str, Act]) -> Response:
    act = request.form.get("act", "")
    try:
        if act not in acts:
            raise InvalidInput(words()("con.rules.unknown_act"), "act")
        back = acts[act](menu)
    except HongyanError as error:
        if act in acts:
            _record(menu, act, type(error).__name__)
        return _page(_menu(menu.slug), status_of(error), error)
    _record(menu, act)
    return redirect(back or url_for("console.menus", slug=account().slug), 303)


def _record(menu: MenuState, act: str, refused: str = "") -> None:
    """Also what was refused: the platform may have been asked."""
    detail: dict[str, Any] = {"menu": menu.slug}
    if number := request.form.get("number", "")[:10]:
        detail["version"] = number
    if refused:
        detail["refused"] = refused
    audit.record(asker().actor, f"menu_{act}", asker().now, detail=detail)


def _publish(menu: MenuState) -> str:
    """The draft as it was seen: `menu` is what was read, and no other goes out."""
    if request.form.get("draft", "") != str(menu.edit):
        raise _another(menu)
    publishing.publish(menu, _client(), asker().actor, asker().now)
    return _address(menu)


def _roll_back(menu: MenuState) -> str:
    publishing.roll_back(menu, _number(), _client(), asker().actor, asker().now)
    return _address(menu)


def _take_back(menu: MenuState) -> str:
    publishing.take_back(menu, _client())
    return _address(menu)


def _stray(menu: MenuState) -> str:
    menuid = request.form.get("number", "")[:32]
    publishing.delete_stray(menu.account_id, menuid, _client())
    return _address(menu)


def _adopt(menu: MenuState) -> str:
    _kept(menu, publishing.adopt(menu, _client()))
    return _address(menu)


def _restore(menu: MenuState) -> str:
    _kept(menu, store.version(menu.id, _number()).buttons)
    return _address(menu)


def _describe(menu: MenuState) -> str:
    title, rule = request.form.get("title", "").strip(), _rule()
    with transaction():
        now = _menu(menu.slug)
        _must_be_seen(now, title=title, rule={name: one for name, one in rule.items() if one})
        editing.describe(now, title, rule, asker().now)
        _held(_menu(menu.slug)).mark()
    return _address(menu)


def _away(menu: MenuState) -> str:
    editing.remove(menu)
    return ""


_ACTS: dict[str, Act] = {
    "publish": _publish,
    "rollback": _roll_back,
    "delete": _take_back,
    "stray": _stray,
}
_DRAFT: dict[str, Act] = {
    "adopt": _adopt,
    "restore": _restore,
    "describe": _describe,
    "remove": _away,
}


# --- what was filled in -------------------------------------------------------------------------


def _typed() -> Button:
    """The button of the form: only the fields of its type."""
    given = request.form
    kind = given.get("type", "")
    found: Button = {"name": given.get("name", "").strip(), "type": kind}
    for name in FIELDS.get(kind, ()):
        found[name] = given.get(name, "").strip()
    if kind == "click" and given.get("answer"):
        found["key"] = given["answer"].strip()
    return edit.cleaned([found])[0]


def _moved(menu: MenuState, place: Place, by: int) -> tuple[list[Button], Place]:
    new = edit.move(menu.buttons, place, by)
    return new, (*place[:-1], place[-1] + by) if new != menu.buttons else place


def _rule() -> dict[str, str]:
    return {name: request.form.get(name, "").strip() for name in ("tag_id", "client_platform_type")}


def _number() -> int:
    text = request.form.get("number", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound(words()("con.menus.no_version"))
    return int(text)


# --- the page -----------------------------------------------------------------------------------


def _menu(ref: str) -> MenuState:
    try:
        return editing.menu_of(account().id, ref, asker().now)
    except NotFound:
        abort(404)


def _client() -> WeChatClient:
    return services().client_of(account().id)


def _address(menu: MenuState, at: str = "") -> str:
    slug = account().slug
    if menu.is_default:
        return url_for("console.menus", slug=slug, at=at or None)
    return url_for("console.menu_one", slug=slug, ref=menu.slug, at=at or None)


def _chosen(menu: MenuState) -> Place | None:
    """The button that is being edited."""
    asked = request.args.get("at", "") or request.form.get("place", "")
    try:
        place = edit.read_place(asked)
        edit.put(menu.buttons, place, view.blank())  # there is one, or room for one
    except InvalidInput:
        return (0,) if not menu.buttons else None
    return place


def _page(
    menu: MenuState,
    status: int = 200,
    error: HongyanError | None = None,
    *,
    typed: Button | None = None,
    compared: tuple[bool, list[Compared]] | None = None,
) -> Response:
    who, say = asker(), words()
    chosen, found = _chosen(menu), view.found_faults(menu)
    return render(
        "menus.html",
        status,
        menu=menu,
        tabs=[(one.slug, one.title) for one in store.of_account(account().id)
              if one.slug != DEFAULT],
        whom=view.whom(menu.rule, say),
        cells=view.phone(menu.buttons, chosen, who.may(Right.EDIT)),
        at=edit.written(chosen) if chosen else "",
        b=typed or _button(menu, chosen),
        types=[(kind, say(f"con.menus.type.{kind}")) for kind in FIELDS],
        choices=view.choices(say) if chosen else [],
        pictures=pictures.kept(account().id, MOST_PICTURES),
        faults=view.fault_rows(found),
        wrong=any(one.level == ERROR for one in found),
        changes=view.unpublished(menu),
        history=view.history(menu),
        taps=view.taps(menu),
        spans=view.SPANS,
        compared=compared,
        tags=platform_tags.of_account(account().id),
        phones=PLATFORMS,
        may_edit=who.may(Right.EDIT),
        may_run=who.may(Right.RUN),
        slug=account().slug,
        seen=newer.seen(str(menu.edit), error),
        newer=newer.newer_of(error),
        title=request.form.get("title", menu.title) if error else menu.title,
        rule=_rule() if error and "title" in request.form else menu.rule,
        error=told(error) if error else "",
    )  # fmt: skip


def _button(menu: MenuState, place: Place | None) -> Button:
    try:
        return edit.at(menu.buttons, place) if place else view.blank()
    except InvalidInput:
        return view.blank()


def _new(status: int = 200, error: str = "") -> Response:
    return render(
        "menu_new.html",
        status,
        tags=platform_tags.of_account(account().id),
        phones=PLATFORMS,
        given=request.form,
        slug=account().slug,
        error=error,
    )

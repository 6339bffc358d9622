"""Menus of an account: the draft of each, and every version that was sent to the platform."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import from_ms, to_ms
from bot.errors import Conflict, NotFound
from bot.store.db import fetch, insert_new, run, transaction

DEFAULT = "default"
ASKED, DONE, REFUSED, UNKNOWN = "asked", "done", "refused", "unknown"
_MENU = "id, account_id, slug, title, rule, buttons, edit, live, updated_at"
_VERSION = "id, menu_id, number, rule, buttons, state, errcode, menuid, actor, at"
Buttons = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class MenuState:
    """`buttons`, `rule`: the draft, in the platform's own form; `live`: see the model."""

    id: int
    account_id: int
    slug: str
    title: str
    rule: dict[str, str]
    buttons: list[dict[str, Any]]
    edit: int
    live: int
    updated_at: datetime

    @property
    def is_default(self) -> bool:
        return self.slug == DEFAULT


@dataclass(frozen=True, slots=True)
class Version:
    """What was sent, and what became of it."""

    id: int
    menu_id: int
    number: int
    rule: dict[str, str]
    buttons: list[dict[str, Any]]
    state: str
    errcode: int | None
    menuid: str
    actor: str
    at: datetime


def of_account(account_id: int) -> list[MenuState]:
    """The default one first, the others as they were made."""
    rows = fetch(
        f"SELECT {_MENU} FROM menu WHERE account_id = ?"
        " ORDER BY CASE WHEN slug = 'default' THEN 0 ELSE 1 END, id",
        (account_id,),
    )
    return [_menu(row) for row in rows]


def get(account_id: int, slug: str) -> MenuState:
    """Raises NotFound."""
    rows = fetch(f"SELECT {_MENU} FROM menu WHERE account_id = ? AND slug = ?", (account_id, slug))
    if not rows:
        raise NotFound(f"there is no menu {slug!r}")
    return _menu(rows[0])


def add(account_id: int, slug: str, title: str, rule: Mapping[str, str], now: datetime) -> bool:
    """An empty draft. False: there is a menu of this slug."""
    columns = ("account_id", "slug", "title", "rule", "buttons", "edit", "live", "updated_at")
    values = (account_id, slug, title, _json(rule), "[]", 1, 0, to_ms(now))
    return insert_new("menu", columns, values) is not None


def save(
    menu: MenuState, buttons: Buttons, now: datetime, *, rule: Mapping[str, str], title: str
) -> None:
    """A new draft in place of the one that was read. Raises Conflict where it is another now."""
    changed = run(
        "UPDATE menu SET buttons = ?, rule = ?, title = ?, edit = edit + 1, updated_at = ?"
        " WHERE id = ? AND edit = ?",
        (_json(buttons), _json(rule), title, to_ms(now), menu.id, menu.edit),
    )
    if not changed:
        raise Conflict(f"menu {menu.slug} was changed by somebody else meanwhile")


def remove(menu_id: int) -> bool:
    """With its versions; only one that no follower sees. False: there is none such."""
    return run("DELETE FROM menu WHERE id = ? AND live = 0", (menu_id,)) == 1


# --- versions -----------------------------------------------------------------------------------


def versions(menu_id: int, limit: int = 50) -> list[Version]:
    """The latest first."""
    rows = fetch(
        f"SELECT {_VERSION} FROM menu_version WHERE menu_id = ? ORDER BY number DESC LIMIT ?",
        (menu_id, limit),
    )
    return [_version(row) for row in rows]


def gone_out(account_id: int, until: datetime, limit: int = 200) -> list[Version]:
    """What the platform took of all the account's menus before an instant, the latest first."""
    columns = ", ".join(f"v.{name}" for name in _VERSION.split(", "))
    rows = fetch(
        f"SELECT {columns} FROM menu_version v JOIN menu m ON m.id = v.menu_id"
        " WHERE m.account_id = ? AND v.state = ? AND v.at < ? ORDER BY v.at DESC, v.id DESC"
        " LIMIT ?",
        (account_id, DONE, to_ms(until), limit),
    )
    return [_version(row) for row in rows]


def version(menu_id: int, number: int) -> Version:
    """Raises NotFound."""
    rows = fetch(
        f"SELECT {_VERSION} FROM menu_version WHERE menu_id = ? AND number = ?", (menu_id, number)
    )
    if not rows:
        raise NotFound(f"there is no version {number} of this menu")
    return _version(rows[0])


def live_version(menu: MenuState) -> Version | None:
    """What followers see of it; None for nothing."""
    return version(menu.id, menu.live) if menu.live else None


def ask(
    menu_id: int, buttons: Buttons, rule: Mapping[str, str], actor: str, now: datetime
) -> Version:
    """The next version, before the platform is asked for it."""
    with transaction():
        rows = fetch("SELECT MAX(number) FROM menu_version WHERE menu_id = ?", (menu_id,))
        number = int(rows[0][0] or 0) + 1
        columns = ("menu_id", "number", "rule", "buttons", "state", "menuid", "actor", "at")
        values = (menu_id, number, _json(rule), _json(buttons), ASKED, "", actor[:64], to_ms(now))
        if insert_new("menu_version", columns, values) is None:
            raise Conflict("this menu is being published by somebody else")
    return version(menu_id, number)


def went_live(sent: Version, menuid: str) -> None:
    """The platform took it: followers see it from now on."""
    with transaction():
        run(
            "UPDATE menu_version SET state = ?, menuid = ?, errcode = NULL WHERE id = ?",
            (DONE, menuid, sent.id),
        )
        run("UPDATE menu SET live = ? WHERE id = ?", (sent.number, sent.menu_id))


def failed(sent: Version, state: str, errcode: int | None) -> None:
    """`state`: refused, or unknown where no answer came."""
    run("UPDATE menu_version SET state = ?, errcode = ? WHERE id = ?", (state, errcode, sent.id))


def taken_back(menu_ids: Sequence[int]) -> None:
    """The platform shows them no more."""
    marks = ",".join("?" * len(menu_ids))
    if menu_ids:
        run(f"UPDATE menu SET live = 0 WHERE id IN ({marks})", tuple(menu_ids))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _menu(row: tuple[Any, ...]) -> MenuState:
    id_, account_id, slug, title, rule, buttons, edit, live, at = row
    return MenuState(
        id_, account_id, slug, title, json.loads(rule), json.loads(buttons), edit, live, from_ms(at)
    )


def _version(row: tuple[Any, ...]) -> Version:
    id_, menu_id, number, rule, buttons, state, errcode, menuid, actor, at = row
    return Version(
        id_, menu_id, number, json.loads(rule), json.loads(buttons), state, errcode, menuid, actor,
        from_ms(at),
    )  # fmt: skip

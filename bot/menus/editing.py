"""Drafts of menus: the default one, which is always there, and personalised ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.errors import Conflict, InvalidInput, NotFound
from bot.menus.buttons import Button
from bot.menus.checking import Faulty, rule_errors
from bot.store import menus
from bot.store.db import transaction
from bot.store.menus import DEFAULT, MenuState

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
LONGEST_TITLE = 64
MOST_MENUS = 20  # personalised ones that we keep


def menu_of(account_id: int, slug: str, now: datetime) -> MenuState:
    """The menu; an empty draft of the default one where nobody made one. Raises NotFound."""
    try:
        return menus.get(account_id, slug)
    except NotFound:
        if slug != DEFAULT:
            raise
    return MenuState(0, account_id, DEFAULT, "", {}, [], 0, 0, now)


def keep(menu: MenuState, buttons: Sequence[Button], now: datetime) -> MenuState:
    """A new draft of it. Raises Conflict where it changed since it was read."""
    with transaction():
        if not menu.id:
            menus.add(menu.account_id, DEFAULT, "", {}, now)
            there = menus.get(menu.account_id, DEFAULT)
            if there.edit != 1 or there.buttons:
                raise Conflict("the menu was begun by somebody else meanwhile")
            menu = there
        menus.save(menu, buttons, now, rule=menu.rule, title=menu.title)
    return menus.get(menu.account_id, menu.slug)


def add(
    account_id: int,
    slug: str,
    title: str,
    rule: Mapping[str, str],
    now: datetime,
    buttons: Sequence[Button] = (),
) -> MenuState:
    """A personalised menu that begins with these buttons. Raises InvalidInput, Conflict."""
    if not SLUG.fullmatch(slug) or slug == DEFAULT:
        raise InvalidInput("slug: wants lower-case letters, digits and -, at most 32", "slug")
    with transaction():
        if sum(not one.is_default for one in menus.of_account(account_id)) >= MOST_MENUS:
            raise Conflict(f"there are {MOST_MENUS} personalised menus already")
        if not menus.add(account_id, slug, _title(title), _rule(rule), now):
            raise Conflict(f"there is a menu {slug} already")
        return keep(menus.get(account_id, slug), buttons, now)


def describe(menu: MenuState, title: str, rule: Mapping[str, str], now: datetime) -> None:
    """Another title, or for whom; in force when it is published. Raises InvalidInput, Conflict."""
    if menu.is_default:
        raise InvalidInput("the default menu is for everybody", "rule")
    menus.save(menu, menu.buttons, now, rule=_rule(rule), title=_title(title))


def remove(menu: MenuState) -> None:
    """Raises Conflict for the default one, and for one that followers see."""
    if menu.is_default or not menus.remove(menu.id):
        raise Conflict(f"menu {menu.slug} is seen by followers: take it back first")


def expecting(menu: MenuState, edit: int) -> MenuState:
    """The menu as somebody saw it: a change is refused where it is another by now."""
    return replace(menu, edit=edit)


def _title(text: str) -> str:
    if not 1 <= len(text) <= LONGEST_TITLE:
        raise InvalidInput(f"title: wants 1 to {LONGEST_TITLE} characters", "title")
    return text


def _rule(rule: Mapping[str, str]) -> dict[str, str]:
    found = {name: value for name, value in rule.items() if value}
    if wrong := rule_errors(found):
        raise Faulty(wrong)
    return found

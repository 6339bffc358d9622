"""Menus (4.8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.api.buttons import check_buttons, check_conditional, check_rule
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, number, ok
from bot.sandbox.menus import Button, Conditional, Menus, menu_for
from bot.sandbox.world import World


@endpoint("POST", "/cgi-bin/menu/create")
def menu_create(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    desk.world.menu = check_buttons(desk.world, body.get("button"))
    menus = desk.world.room(Menus)
    menus.menuid = menus.next_id()
    return ok()


@endpoint("GET", "/cgi-bin/menu/get")
def menu_get(desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    """The default menu, with its menuid and the others where there are conditional ones."""
    if not desk.world.menu:
        raise PlatformError(46003)
    menus = desk.world.room(Menus)
    default: dict[str, Any] = {"button": desk.world.menu}
    if not menus.conditional:
        return {"menu": default}
    return {
        "menu": {**default, "menuid": menus.menuid},
        "conditionalmenu": [
            {"button": one.buttons, "matchrule": one.rule, "menuid": one.menuid}
            for one in menus.conditional
        ],
    }


def _as_configured(button: Button) -> Button:
    """As get_current_selfmenu_info shows it: sub-buttons in a `list`."""
    if not button.get("sub_button"):
        return {name: value for name, value in button.items() if name != "sub_button"}
    return {**button, "sub_button": {"list": [_as_configured(b) for b in button["sub_button"]]}}


@endpoint("GET", "/cgi-bin/get_current_selfmenu_info")
def menu_info(desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    return {
        "is_menu_open": int(bool(desk.world.menu)),
        "selfmenu_info": {"button": [_as_configured(button) for button in desk.world.menu]},
    }


@endpoint("GET", "/cgi-bin/menu/delete")
def menu_delete(desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    """The conditional menus go with the default one."""
    desk.world.menu = []
    desk.world.room(Menus).conditional.clear()
    return ok()


# --- conditional menus -------------------------------------------------------------------------


def _must_be_open(world: World) -> None:
    state = world.config.switches.conditional_open
    if state == "unsupported":
        raise PlatformError(65306)
    if state == "closed":
        raise PlatformError(65309)


@endpoint("POST", "/cgi-bin/menu/addconditional")
def menu_add_conditional(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    world, menus = desk.world, desk.world.room(Menus)
    _must_be_open(world)
    if not world.menu:
        raise PlatformError(65303)
    others = [button for one in menus.conditional for button in one.buttons]
    buttons = check_conditional(world, body.get("button"), others)
    rule = check_rule(world, body.get("matchrule"))
    if len(menus.conditional) >= world.config.switches.conditional_menus:
        raise PlatformError(65305)
    made = Conditional(menus.next_id(), buttons, rule)
    menus.conditional.append(made)
    return {"menuid": str(made.menuid)}


@endpoint("POST", "/cgi-bin/menu/delconditional")
def menu_delete_conditional(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    _must_be_open(desk.world)
    menus, menuid = desk.world.room(Menus), number(body.get("menuid"), 65301)
    left = [one for one in menus.conditional if one.menuid != menuid]
    if len(left) == len(menus.conditional):
        raise PlatformError(65301)
    menus.conditional = left
    return ok()


@endpoint("POST", "/cgi-bin/menu/trymatch")
def menu_try_match(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """What this follower's phone shows; `user_id` is an openid."""
    world, user = desk.world, body.get("user_id")
    _must_be_open(world)
    person = world.people.get(user) if isinstance(user, str) else None
    if person is None or not person.subscribed:
        raise PlatformError(65302)
    if not (buttons := menu_for(world, person)):
        raise PlatformError(46003)
    return {"button": buttons}

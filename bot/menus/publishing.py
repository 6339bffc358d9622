"""Menus on their way to followers: published, taken back, an earlier one again; compared.

A version is on record before the platform is asked, with what came of it: where no answer came it
is `unknown`, and a look at the platform (`compare`) tells. A personalised menu cannot be changed
there: the new one is added first, then the old one is deleted, so that nobody is without.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.errors import Conflict, GatewayError, HongyanError, OutcomeUnknown
from bot.menus.buttons import Button, cleaned, differences
from bot.menus.checking import Faulty, errors, host_errors, known, rule_errors
from bot.store import menus
from bot.store.menus import DEFAULT, REFUSED, UNKNOWN, MenuState, Version
from bot.wechat import menus as platform
from bot.wechat.client import WeChatClient

logger = logging.getLogger(__name__)
BUSY = timedelta(minutes=2)  # how long somebody else's call may take
GONE = 65301  # errcode: no such personalised menu


def publish(menu: MenuState, client: WeChatClient, actor: str, now: datetime) -> Version:
    """The draft to the platform. Raises Faulty, Conflict, GatewayError."""
    return _send(menu, menu.buttons, menu.rule, client, actor, now)


def roll_back(
    menu: MenuState, number: int, client: WeChatClient, actor: str, now: datetime
) -> Version:
    """An earlier version again, as a new one; the draft stays as it is. Raises NotFound, Faulty,
    Conflict, GatewayError."""
    old = menus.version(menu.id, number)
    if number == menu.live:
        raise Conflict(f"version {number} is what followers see")
    return _send(menu, old.buttons, old.rule, client, actor, now)


def must_hold(
    menu: MenuState, buttons: Sequence[Mapping[str, Any]], rule: Mapping[str, str]
) -> None:
    """Before it goes out. Raises Faulty, Conflict."""
    found = errors(buttons, known(menu.account_id))
    if not menu.is_default:
        others = [
            one for one in menus.of_account(menu.account_id)
            if one.live and not one.is_default and one.id != menu.id
        ]  # fmt: skip
        standing = [menus.version(one.id, one.live).buttons for one in others]
        found += [*rule_errors(rule), *host_errors([buttons, *standing])]
    if found:
        raise Faulty(found)
    if not menu.is_default and not _default_is_live(menu.account_id):
        raise Conflict("the platform wants a default menu first: publish that one")


def _default_is_live(account_id: int) -> bool:
    return any(one.is_default and one.live for one in menus.of_account(account_id))


def _send(
    menu: MenuState,
    buttons: Sequence[Mapping[str, Any]],
    rule: Mapping[str, str],
    client: WeChatClient,
    actor: str,
    now: datetime,
) -> Version:
    must_hold(menu, buttons, rule)
    last = next(iter(menus.versions(menu.id, 1)), None)
    if last is not None and last.state == menus.ASKED and last.at > now - BUSY:
        raise Conflict(f"version {last.number} is being published at this moment")
    before = menus.live_version(menu)
    sent = menus.ask(menu.id, buttons, rule, actor, now)
    try:
        menuid = _ask_for(menu, sent, client)
    except HongyanError as error:
        lost = isinstance(error, OutcomeUnknown)
        errcode = error.errcode if isinstance(error, GatewayError) else None
        menus.failed(sent, UNKNOWN if lost else REFUSED, errcode)
        raise
    menus.went_live(sent, menuid)
    if before is not None and before.menuid:
        _drop(client, before.menuid)
    return menus.version(menu.id, sent.number)


def _ask_for(menu: MenuState, sent: Version, client: WeChatClient) -> str:
    if not menu.is_default:
        return platform.add_conditional(client, sent.buttons, sent.rule)
    client.create_menu({"button": sent.buttons})
    return ""


def _drop(client: WeChatClient, menuid: str) -> None:
    """What a newer one stands above already; one that stays is seen by `compare`."""
    try:
        platform.delete_conditional(client, menuid)
    except GatewayError as error:
        if error.errcode != GONE:
            logger.warning("menu=%s could not be deleted: %s", menuid, error)


# --- taking back --------------------------------------------------------------------------------


def take_back(menu: MenuState, client: WeChatClient) -> None:
    """Followers see it no more; the default one takes all personalised ones along. Raises Conflict,
    GatewayError."""
    live = menus.live_version(menu)
    if live is None:
        raise Conflict(f"menu {menu.slug or DEFAULT} is not published")
    if menu.is_default:
        client.delete_menu()
        menus.taken_back([one.id for one in menus.of_account(menu.account_id)])
        return
    try:
        platform.delete_conditional(client, live.menuid)
    except GatewayError as error:
        if error.errcode != GONE:
            raise
    menus.taken_back([menu.id])


def delete_stray(account_id: int, menuid: str, client: WeChatClient) -> None:
    """A personalised menu that stands on the platform and is none of ours. Raises Conflict,
    GatewayError."""
    if menuid in _ours(account_id):
        raise Conflict(f"menu {menuid} is one of ours: take it back on its page")
    platform.delete_conditional(client, menuid)


def _ours(account_id: int) -> dict[str, MenuState]:
    """menuid -> the personalised menu that followers see by it."""
    live = [one for one in menus.of_account(account_id) if one.live and not one.is_default]
    return {menus.version(one.id, one.live).menuid: one for one in live}


# --- comparing ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compared:
    """One menu of ours, or one that is only there.

    state    same, other, missing (not there), stray (not ours), unpublished (and not there)
    changes  of `other`: from ours to theirs, as bot.menus.buttons.differences
    """

    slug: str
    title: str
    state: str
    buttons: list[Button]
    changes: list[tuple[str, str, str]]
    menuid: str = ""


def compare(account_id: int, client: WeChatClient) -> tuple[bool, list[Compared]]:
    """Whether the platform shows a menu at all, and how each stands there. Raises GatewayError."""
    there = platform.standing(client)
    is_open, shown = platform.shown(client)
    default = next((one for one in menus.of_account(account_id) if one.is_default), None)
    # A menu made on the platform's own pages is none that menu/get tells.
    buttons = shown if there.buttons is None and is_open else there.buttons
    found = [_default(default, buttons)]
    ours = _ours(account_id)
    for one in there.conditional:
        mine = ours.pop(one.menuid, None)
        found.append(_other(mine, _read(one.buttons), one.menuid))
    found += [Compared(one.slug, one.title, "missing", [], []) for one in ours.values()]
    return is_open, found


def _default(menu: MenuState | None, there: list[Any] | None) -> Compared:
    live = menus.live_version(menu) if menu else None
    if there is None:
        return Compared(DEFAULT, "", "missing" if live else "unpublished", [], [])
    buttons = _read(there)
    if live is None:
        return Compared(DEFAULT, "", "stray", buttons, [])
    changes = differences(live.buttons, buttons)
    return Compared(DEFAULT, "", "other" if changes else "same", buttons, changes)


def _other(menu: MenuState | None, buttons: list[Button], menuid: str) -> Compared:
    if menu is None:
        return Compared("", "", "stray", buttons, [], menuid)
    live = menus.version(menu.id, menu.live)
    changes = differences(live.buttons, buttons)
    return Compared(menu.slug, menu.title, "other" if changes else "same", buttons, changes, menuid)


def _read(buttons: list[Any]) -> list[Button]:
    """As far as it can be read: what another program made may be anything."""
    try:
        return cleaned(buttons)
    except HongyanError:
        return []


def adopt(menu: MenuState, client: WeChatClient) -> list[Button]:
    """The default menu that the platform shows, for a draft. Raises Conflict, GatewayError."""
    is_open, shown = platform.shown(client)
    there = platform.standing(client).buttons or (shown if is_open else None)
    if not there or not menu.is_default:
        raise Conflict("the platform shows no menu")
    return _read(there)

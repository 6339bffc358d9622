"""The platform's menus beyond setting the default one: personalised ones, and what stands there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import OutcomeUnknown, RequestRejected
from bot.wechat.client import WeChatClient

NO_MENU = 46003


@dataclass(frozen=True, slots=True)
class Conditional:
    """A personalised menu as the platform holds it."""

    menuid: str
    buttons: list[Any]
    rule: dict[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """What was set by the API. `buttons` None: no menu."""

    buttons: list[Any] | None
    conditional: tuple[Conditional, ...] = ()


def standing(client: WeChatClient) -> Standing:
    """Every menu that was set by the API. Raises GatewayError."""
    try:
        answer = client.call("GET", "/cgi-bin/menu/get")
    except RequestRejected as error:
        if error.errcode != NO_MENU:
            raise
        return Standing(None)
    others = [_conditional(one) for one in answer.get("conditionalmenu") or ()]
    return Standing(list((answer.get("menu") or {}).get("button") or ()), tuple(others))


def shown(client: WeChatClient) -> tuple[bool, list[Any]]:
    """(whether the menu is open, its buttons) as followers without a personalised one meet it,
    whether it was set by the API or on the platform's own pages. Raises GatewayError."""
    answer = client.call("GET", "/cgi-bin/get_current_selfmenu_info")
    info = answer.get("selfmenu_info") or {}
    return bool(answer.get("is_menu_open")), list(info.get("button") or ())


def add_conditional(
    client: WeChatClient, buttons: Sequence[Mapping[str, Any]], rule: Mapping[str, str]
) -> str:
    """The menuid. Of those that match a follower the one added last is shown. Raises
    GatewayError."""
    body = {"button": list(buttons), "matchrule": dict(rule)}
    answer = client.call("POST", "/cgi-bin/menu/addconditional", json=body)
    if not answer.get("menuid"):
        raise OutcomeUnknown(None, "the answer holds no menuid")
    return str(answer["menuid"])


def delete_conditional(client: WeChatClient, menuid: str) -> None:
    """Raises GatewayError; 65301 where there is none."""
    client.call("POST", "/cgi-bin/menu/delconditional", json={"menuid": menuid})


def _conditional(one: Mapping[str, Any]) -> Conditional:
    rule = {str(name): str(value) for name, value in (one.get("matchrule") or {}).items()}
    return Conditional(str(one.get("menuid", "")), list(one.get("button") or ()), rule)

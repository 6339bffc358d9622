"""An official account's settings: add one, change its secrets, ask whether it works."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from bot.errors import Conflict, GatewayError, InvalidInput
from bot.settings import SETTINGS
from bot.store import account_settings, accounts, audit
from bot.store.accounts import AccountState
from bot.wechat.client import WeChatClient

KINDS = ("service", "subscription", "test")


class Called(NamedTuple):
    """One call to the platform. many: of what it told of, None where that is no number."""

    name: str
    error: GatewayError | None
    many: int | None = None


def check_values(slug: str, **values: str) -> None:
    """Raises InvalidInput naming the first value that the setting of its name would refuse."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", slug):
        raise InvalidInput("slug: wants 1 to 32 of a-z, 0-9 and -", "slug")
    for name, value in values.items():
        setting = next(one for one in SETTINGS if one.name == name.upper())
        try:
            if not setting.read(value):
                raise ValueError
        except ValueError:
            raise InvalidInput(f"{name}: wants {setting.remedy}", name) from None


def calls(client: WeChatClient) -> Iterator[Called]:
    """Ask for the platform's addresses (which proves the token), followers and templates."""
    tried: dict[str, Callable[[], int | None]] = {
        "token": lambda: _proved(client),
        "followers": lambda: int(client.followers().total),
        "templates": lambda: len(client.get_private_templates()),
    }
    for name, call in tried.items():
        try:
            yield Called(name, None, call())
        except GatewayError as error:
            yield Called(name, error)


def _proved(client: WeChatClient) -> None:
    client.callback_ips()


def add(slug: str, kind: str, values: Mapping[str, str], actor: str, now: datetime) -> None:
    """A further account of appid, appsecret, token, aes_key. Raises InvalidInput, Conflict."""
    check_values(slug, **values)
    if kind not in KINDS:
        raise InvalidInput(f"kind: wants one of {', '.join(KINDS)}", "kind")
    if "," in values["aes_key"]:
        raise InvalidInput("aes_key: one key; the previous one is kept by changing it", "aes_key")
    accounts.add(
        slug, values["appid"], values["appsecret"], values["token"], values["aes_key"], kind, now
    )
    audit.record(actor, "account_add", now, detail={"account": slug})


def rotate(of: AccountState, values: Mapping[str, str], actor: str, now: datetime) -> list[str]:
    """New secrets in place of those that are given; which ones. Raises InvalidInput, Conflict."""
    if of.slug == "default":
        raise Conflict("the secrets of `default` come from HONGYAN_APPSECRET, _TOKEN, _AES_KEY")
    given = {name: values[name] for name in account_settings.SECRETS if values.get(name)}
    check_values(of.slug, **given)
    if not given:
        raise InvalidInput("nothing was filled in", "")
    if "," in given.get("aes_key", ""):
        raise InvalidInput("aes_key: one key; the previous one is kept by itself", "aes_key")
    account_settings.rotate(of.id, given)
    changed = sorted(given)
    audit.record(actor, "account_rotate", now, detail={"account": of.slug, "secrets": changed})
    return changed

"""`hongyan account`: official accounts."""

from __future__ import annotations

import re
from typing import Any

import click

from bot.cli import common
from bot.cli.common import account as default_account
from bot.cli.common import as_json, services, show, table
from bot.errors import Conflict, GatewayError, InvalidInput
from bot.settings import SETTINGS
from bot.store import accounts
from bot.wechat.errcodes import advice


@click.group()
def account() -> None:
    """Official accounts: add, list, check."""


@account.command()
@click.argument("slug")
@click.option("--appid", required=True)
@click.option("--kind", type=click.Choice(["service", "subscription", "test"]), default="service")
@click.option("--appsecret", prompt=True, hide_input=True)
@click.option("--token", prompt=True, hide_input=True)
@click.option("--aes-key", prompt="EncodingAESKey", hide_input=True)
def add(slug: str, appid: str, kind: str, appsecret: str, token: str, aes_key: str) -> None:
    """Add a further account; secrets are asked for, and kept encrypted."""
    services()
    check_values(slug=slug, appid=appid, appsecret=appsecret, token=token, aes_key=aes_key)
    accounts.add(slug, appid, appsecret, token, aes_key, kind, common.now())
    click.echo(f"added; its callback is /wechat/{slug}")


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


@account.command("list")
@as_json
def list_(json_: bool) -> None:
    """All accounts, without their secrets."""
    services()
    rows = [
        {"slug": a.slug, "appid": a.appid, "kind": a.kind, "timezone": a.timezone}
        for a in accounts.all_accounts()
    ]
    headings = {"slug": "slug", "appid": "appid", "kind": "kind", "timezone": "zone"}
    show({"accounts": rows}, json_, lambda: table(rows, headings))


@account.command()
@click.argument("name")
def key(name: str) -> None:
    """Make an API key of the account `default` and print it, this once; NAME says whose it is."""
    click.echo(accounts.new_api_key(default_account().id, name, common.now()))


@account.command()
@click.argument("slug")
@as_json
def check(slug: str, json_: bool) -> None:
    """Call the platform and say in words what is wrong."""
    house = services()
    found = house.account_of(slug)
    results = probe(house.client_of(found.id))
    show(results, json_, lambda: [f"{name:12} {value}" for name, value in results.items()])
    if not results["ok"]:
        raise Conflict("the platform refused; see above")


def probe(client: Any) -> dict[str, Any]:
    """Which calls work: token, followers, templates, addresses."""
    calls = {
        "token": client.callback_ips,
        "followers": lambda: client.followers().total,
        "templates": lambda: len(client.get_private_templates()),
    }
    results: dict[str, Any] = {"ok": True}
    for name, call in calls.items():
        try:
            value = call()
            results[name] = "ok" if isinstance(value, list) else f"ok ({value})"
        except GatewayError as error:
            results["ok"] = False
            words = advice(error.errcode, "zh") if error.errcode is not None else ""
            results[name] = f"{error} {words}".strip()
    return results

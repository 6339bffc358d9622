"""`hongyan account`: official accounts."""

from __future__ import annotations

from typing import Any

import click

from bot.cli import common
from bot.cli.common import account as default_account
from bot.cli.common import as_json, services, show, table
from bot.console.accounts import Called, calls, check_values
from bot.errors import Conflict
from bot.store import accounts
from bot.wechat.client import WeChatClient
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


def probe(client: WeChatClient) -> dict[str, Any]:
    """Which calls work: token, followers, templates, addresses."""
    called = list(calls(client))
    found: dict[str, Any] = {"ok": not any(one.error for one in called)}
    return found | {one.name: _told(one) for one in called}


def _told(one: Called) -> str:
    if one.error is None:
        return "ok" if one.many is None else f"ok ({one.many})"
    errcode = one.error.errcode
    return f"{one.error} {advice(errcode, 'zh') if errcode is not None else ''}".strip()

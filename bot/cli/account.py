"""`hongyan account`: official accounts."""

from __future__ import annotations

from typing import Any

import click

from bot.cli.common import as_json, services, show, table
from bot.clock import utc_now
from bot.errors import Conflict, GatewayError
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
    accounts.add(slug, appid, appsecret, token, aes_key, kind, utc_now())
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

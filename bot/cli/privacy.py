"""`hongyan privacy`: access and erasure."""

from __future__ import annotations

import json

import click

from bot.cli import common
from bot.cli.common import account, as_json, show, table
from bot.errors import Conflict
from bot.profile import privacy as rights
from bot.store import privacy as store


@click.group()
def privacy() -> None:
    """Followers' rights: export, erase, audit."""


@privacy.command()
@click.argument("follower_id", type=click.IntRange(1, 2**63 - 1))
def export(follower_id: int) -> None:
    """Everything held of a follower, as one JSON document on stdout."""
    account()
    click.echo(json.dumps(rights.export(follower_id), ensure_ascii=False, indent=2, default=str))


@privacy.command()
@click.argument("follower_id", type=click.IntRange(1, 2**63 - 1))
@click.option("--yes", is_flag=True, help="Without asking.")
def erase(follower_id: int, yes: bool) -> None:
    """Erase a follower for good; prints the certificate's number."""
    account()
    if not yes and not click.confirm(f"Erase follower {follower_id} for good?"):
        raise Conflict("not erased")
    click.echo(rights.erase(follower_id, "operator", common.now()))


@privacy.command()
@as_json
def audit(json_: bool) -> None:
    """Every erasure: when, why, what went."""
    rows = store.erasures(account().id)
    headings = {"certificate": "certificate", "at": "at", "cause": "cause", "removed": "removed"}
    show({"erasures": rows}, json_, lambda: table(rows, headings))

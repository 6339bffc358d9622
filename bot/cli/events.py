"""`hongyan events`: what other systems reported and was refused."""

from __future__ import annotations

from dataclasses import asdict

import click

from bot.cli import common
from bot.cli.common import account, as_json, show, table
from bot.cli.privacy import looked
from bot.collect import intake
from bot.errors import NotFound
from bot.store import quarantine as store


@click.group()
def events() -> None:
    """Reported events and orders: what is in quarantine."""


@events.group()
def quarantine() -> None:
    """Refused reports, kept sealed for thirty days: list, replay, drop."""


@quarantine.command("list")
@click.option("--limit", type=click.IntRange(1), default=500, show_default=True)
@as_json
def list_(limit: int, json_: bool) -> None:
    """What was refused, when and why; not what it said."""
    found = account().id
    rows = [held.to_json() for held in store.held(found, limit=limit)]
    headings = {name: name for name in ("id", "kind", "at", "tries", "field", "reason")}
    whole = {"quarantine": rows, "held": store.count(found)}
    show(whole, json_, lambda: table(rows, headings))


@quarantine.command()
@click.argument("number", type=click.IntRange(1, 2**63 - 1), required=False)
@as_json
def replay(number: int | None, json_: bool) -> None:
    """Judge again, all or NUMBER: what is in order now becomes an event; may be repeated."""
    found = account().id
    if number is not None and not store.held(found, only=number):
        raise NotFound(f"there is no {number} in quarantine")
    done = intake.replay(found, common.now(), number)
    looked("quarantine_replay", taken=done.taken, refused=done.refused)
    show(asdict(done), json_, lambda: [f"{done.taken} taken, {done.refused} refused again"])


@quarantine.command()
@click.argument("number", type=click.IntRange(1, 2**63 - 1), required=False)
@click.option("--all", "all_", is_flag=True, help="Everything.")
def drop(number: int | None, all_: bool) -> None:
    """Throw away NUMBER, or everything with --all."""
    if (number is None) == (not all_):
        raise click.UsageError("name one number, or --all")
    found = account().id
    if number is not None and not store.drop(found, number):
        raise NotFound(f"there is no {number} in quarantine")
    dropped = store.drop_all(found) if all_ else 1
    looked("quarantine_drop", dropped=dropped)
    click.echo(f"{dropped} dropped")

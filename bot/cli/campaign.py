"""`hongyan campaign`: from the document to the report."""

from __future__ import annotations

import json

import click

from bot import campaign as use
from bot.cli import common
from bot.cli.campaign_export import export
from bot.cli.common import account, as_json, document, services, show, table
from bot.store import campaigns as store


@click.group()
def campaign() -> None:
    """Campaigns: create, dry-run, start, pause, resume, cancel, report, export, list. ID is
    the slug."""


@campaign.command()
@click.argument("file")
def create(file: str) -> None:
    """Create or change a draft from the JSON document FILE."""
    made = use.create(services(), account().id, document(file), common.now())
    click.echo(f"campaign {made.slug} is a {made.state}")


@campaign.command("dry-run")
@click.argument("id")
@as_json
def dry_run(id: str, json_: bool) -> None:
    """Who would get it, by which channel, and who not and why; sends and writes nothing."""
    found = use.dry_run(services(), account().id, id, common.now()).to_json()
    show(found, json_, lambda: [json.dumps(found, ensure_ascii=False, indent=2)])


def _moved(to: store.CampaignState) -> None:
    click.echo(f"{to.slug} is {to.state}")


@campaign.command()
@click.argument("id")
def start(id: str) -> None:
    """Start at the document's `schedule.at` where that is to come, else now."""
    now = common.now()
    found = use.find(account().id, id)
    planned = use.parse(found.definition).at
    order = use.schedule if planned is not None and planned > now else use.start
    _moved(order(services(), account().id, id, now))


@campaign.command()
@click.argument("id")
def pause(id: str) -> None:
    """Stop sending after the messages that are under way."""
    _moved(use.pause(services(), account().id, id, common.now()))


@campaign.command()
@click.argument("id")
def resume(id: str) -> None:
    """Go on sending where it stopped."""
    _moved(use.resume(services(), account().id, id, common.now()))


@campaign.command()
@click.argument("id")
def cancel(id: str) -> None:
    """End it; whoever has not got it yet is skipped."""
    _moved(use.cancel(services(), account().id, id, common.now()))


@campaign.command()
@click.argument("id")
@as_json
def report(id: str, json_: bool) -> None:
    """The closing sum, clicks, redemptions, and the effect against the held out."""
    found = use.report_of(account().id, id).to_json()
    show(found, json_, lambda: [json.dumps(found, ensure_ascii=False, indent=2)])


@campaign.command("list")
@as_json
def list_(json_: bool) -> None:
    """All campaigns."""
    rows = [
        {"slug": row.slug, "state": row.state, "name": row.name, "error": row.error}
        for row in store.all_of(account().id)
    ]
    headings = {"slug": "slug", "state": "state", "name": "name", "error": "error"}
    show({"campaigns": rows}, json_, lambda: table(rows, headings))


campaign.add_command(export)

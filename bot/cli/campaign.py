"""`hongyan campaign`: from the document to the report."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from bot import campaign as use
from bot.campaign.approve import standing_of
from bot.cli import common
from bot.cli.campaign_dryrun import dry_run, preview_
from bot.cli.campaign_export import export
from bot.cli.campaign_review import (
    approvals_,
    approve,
    reject,
    rules,
    submit,
    test_send,
    testers,
)
from bot.cli.common import account, as_json, document, services, show, table
from bot.cli.privacy import actor, looked
from bot.cli.sending import rest, sheet, watch
from bot.store import campaigns as store


@click.group()
def campaign() -> None:
    """Campaigns, from the document to the report. ID is the slug."""


@campaign.command()
@click.argument("file")
def create(file: str) -> None:
    """Create or change a draft from the document FILE (YAML or JSON)."""
    made = _put(document(file), common.now())
    click.echo(f"campaign {made.slug} is a {made.state}")


def _put(text: dict[str, Any], now: datetime) -> store.CampaignState:
    owner, slug = account(), str(text.get("slug", ""))
    known = {row.slug for row in store.all_of(owner.id)}
    if slug in known:
        made = use.change(services(), owner.id, slug, text, now, actor=actor())
    else:
        made = use.create(services(), owner.id, text, now, actor=actor())
    looked("campaign_define", campaign=made.slug)
    return made


def _moved(to: store.CampaignState) -> None:
    click.echo(f"{to.slug} is {to.state}")


@campaign.command()
@click.argument("id")
@click.option("--despite", multiple=True, help="A rule of the linter that you take upon yourself.")
def start(id: str, despite: tuple[str, ...]) -> None:
    """Start at the document's `schedule.at` where that is to come, else now. What the linter calls
    an error is refused."""
    now = common.now()
    found = use.find(account().id, id)
    planned = use.parse(found.definition).at
    order = use.schedule if planned is not None and planned > now else use.start
    _moved(order(services(), account().id, id, now, despite=despite))
    if despite:
        looked("campaign_despite", campaign=id, rules=list(despite))


@campaign.command()
@click.argument("id")
def unschedule(id: str) -> None:
    """Make it a draft again, while it has not begun."""
    _moved(use.unschedule(services(), account().id, id, common.now()))


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
    """All campaigns, the newest first."""
    rows = [
        {
            "slug": row.slug,
            "state": row.state,
            "runs": row.generation,
            "priority": row.priority,
            "next": row.due_at.isoformat(timespec="minutes") if row.due_at else "",
            "approval": standing_of(row),
            "name": row.name,
            "error": row.error,
        }
        for row in store.all_of(account().id)
    ]
    columns = ("slug", "state", "runs", "priority", "next", "approval", "name", "error")
    show({"campaigns": rows}, json_, lambda: table(rows, {name: name for name in columns}))


campaign.add_command(export)
for before in (dry_run, preview_, submit, approve, reject, approvals_, test_send, testers, rules):
    campaign.add_command(before)
for sending in (watch, rest, sheet):
    campaign.add_command(sending)

"""`hongyan campaign`: from the document to the report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click

from bot import campaign as use
from bot.campaign.approve import standing_of
from bot.campaign.phases import phase_of
from bot.campaign.results.telling import report_told
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
from bot.cli.common import account, as_json, document, in_words, services, show, table, zone
from bot.cli.privacy import actor, looked
from bot.cli.sending import rest, sheet, watch
from bot.clock import wall
from bot.errors import Conflict
from bot.i18n import t
from bot.store import campaigns as store
from bot.talk.files import write_yaml


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
@click.option("--late", is_flag=True, help="Now, though its `schedule.at` is over.")
def start(id: str, despite: tuple[str, ...], late: bool) -> None:
    """Start at the document's `schedule.at`, or now where it has none. One that is over is refused,
    unless --late. What the linter calls an error is refused."""
    now = common.now()
    planned = use.parse(use.find(account().id, id).definition)
    if planned.at is not None and planned.at <= now and not (late or planned.recurs):
        raise Conflict(
            f"schedule.at {wall(planned.at, zone())} 已过：加 --late 立即开始，或改文档"
            " (it is over: --late starts it at once, or change the document)"
        )
    waits = planned.recurs is not None or (planned.at is not None and planned.at > now)
    order = use.schedule if waits else use.start
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
@click.option("--run", "number", type=click.IntRange(1), help="Which run; else the latest.")
@in_words
@as_json
def report(id: str, number: int | None, lang: str, json_: bool) -> None:
    """The closing sum, clicks, redemptions, and the effect against the held out."""
    found = use.report_of(account().id, id, common.now(), number)
    show(found.to_json(), json_, lambda: report_told(found, zone(), lang))


@campaign.command("list")
@in_words
@as_json
def list_(lang: str, json_: bool) -> None:
    """All campaigns, the newest first."""
    found = store.all_of(account().id)
    rows = [_row(one) for one in found]
    show({"campaigns": rows}, json_, lambda: _table(found, lang))


def _table(some: list[store.CampaignState], lang: str) -> Iterable[str]:
    columns = ("slug", "state", "runs", "priority", "next", "approval", "name", "error")
    rows = [
        {
            **_row(one),
            "state": phase_of(one).said(zone(), lang),
            "next": wall(one.due_at, zone()),
            "approval": t(f"campaign.approval.{standing_of(one).replace(' ', '_')}", lang),
        }
        for one in some
    ]
    return table(rows, {name: t(f"campaign.head.{name}", lang) for name in columns})


def _row(one: store.CampaignState) -> dict[str, Any]:
    return {
        "slug": one.slug,
        "state": one.state,
        **phase_of(one).to_json(),
        "runs": one.generation,
        "priority": one.priority,
        "next": one.due_at.isoformat(timespec="minutes") if one.due_at else "",
        "approval": standing_of(one),
        "name": one.name,
        "error": one.error,
    }


@campaign.command("show")
@click.argument("id")
@in_words
@as_json
def show_(id: str, lang: str, json_: bool) -> None:
    """How one stands, and its document, as `create` takes it."""
    found = use.find(account().id, id)
    value = {**_row(found), "definition": found.definition}
    told = _table([found], lang)
    show(value, json_, lambda: [*told, "", *write_yaml(found.definition).rstrip().splitlines()])


campaign.add_command(export)
for before in (dry_run, preview_, submit, approve, reject, approvals_, test_send, testers, rules):
    campaign.add_command(before)
for sending in (watch, rest, sheet):
    campaign.add_command(sending)

"""`hongyan quotas`: what the platform allows, what is used, and what a month has left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from bot.campaign import allowances, scarce
from bot.campaign.scarce import Month
from bot.cli import common
from bot.cli.common import account, as_json, show, table
from bot.cli.privacy import looked
from bot.i18n import t


@click.group(invoke_without_command=True)
@click.option("--compare", is_flag=True, help="Ask the platform, and adopt what it says.")
@as_json
@click.pass_context
def quotas(ctx: click.Context, compare: bool, json_: bool) -> None:
    """Calls of today against the platform's limits; --compare asks once for each API in use."""
    if ctx.invoked_subcommand is not None:
        return
    now, account_id = common.now(), account().id
    if compare:
        found = allowances.compare(common.services(), account_id, now)
        looked("quota_compare", apis=len(found))
    else:
        found = allowances.today(account_id, now)
    value = {"quotas": [one.to_json() for one in found]}
    show(value, json_, lambda: _lines([one.to_json() for one in found]))
    for one in found:
        if one.drifted:
            click.echo(f"{one.count.api}: drift {one.drift:+d} calls", err=True)
        if one.error:
            click.echo(f"{one.count.api}: not compared: {one.error}", err=True)
    if any(one.error for one in found):
        ctx.exit(1)


def _lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "no call was counted today"
        return
    flat = [
        row
        | {
            "theirs": row.get("platform", {}).get("used", "-"),
            "drift": row.get("platform", {}).get("drift", "-"),
        }
        for row in rows
    ]
    headings = {"api": "api", "used": "used", "limit": "limit", "left": "left",
                "limit_from": "limit from", "theirs": "platform", "drift": "drift"}  # fmt: skip
    yield from table(flat, headings)


@quotas.command()
@click.option("--month", "wanted", default="", help="2026-12; without it the present one.")
@as_json
def month(wanted: str, json_: bool) -> None:
    """The month's scarce goods: mass sends left, calls, rights to notices, what is planned."""
    found = scarce.month_of(account().id, wanted, common.now())
    show(found.to_json(), json_, lambda: _month_lines(found))


def _month_lines(found: Month) -> Iterator[str]:
    yield f"{found.month}  mass messages: {found.mass_left} left of {found.reachable * 4}"
    for chances, people in found.chances.items():
        yield f"  {chances} left: {people} followers"
    for channel, template, rights, people in found.rights:
        yield f"{channel} {template}: {rights} rights of {people} followers"
    names = sorted({name for day in found.days.values() for name in day})
    if names:
        yield ""
        rows = [{"day": day, **counts} for day, counts in found.days.items()]
        yield from table(rows, {"day": "day", **{n: t(f"fan.channel.{n}", "zh") for n in names}})
    if found.needs:
        yield ""
        planned = [
            {"day": n.day, "campaign": n.slug, "most": n.audience, "by": ", ".join(n.channels)}
            for n in found.needs
        ]
        headings = {"day": "day", "campaign": "campaign", "most": "at most", "by": "channels"}
        yield from table(planned, headings)
    yield from found.warnings()

"""`hongyan quotas`: what the platform allows, what is used, and what a month has left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from bot.campaign.ahead import scarce
from bot.campaign.ahead.scarce import Month
from bot.campaign.sending import allowances
from bot.campaign.sending.allowances import Compared
from bot.channels.registry import A_MONTH_EACH
from bot.cli import common
from bot.cli.common import account, as_json, in_words, show, table, zone
from bot.cli.privacy import looked
from bot.clock import wall
from bot.i18n import t


@click.group(invoke_without_command=True)
@click.option("--compare", is_flag=True, help="Ask the platform, and adopt what it says.")
@in_words
@as_json
@click.pass_context
def quotas(ctx: click.Context, compare: bool, lang: str, json_: bool) -> None:
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
    show(value, json_, lambda: _lines(found, lang))
    for one in found:
        if one.drifted:
            click.echo(f"{one.count.api}: drift {one.drift:+d} calls", err=True)
        if one.error:
            click.echo(f"{one.count.api}: not compared: {one.error}", err=True)
    if any(one.error for one in found):
        ctx.exit(1)


def _lines(found: list[Compared], lang: str) -> Iterator[str]:
    if not found:
        yield t("quota.none", lang)
        return
    names = ("api", "used", "limit", "left", "limit_from", "theirs", "drift", "asked")
    yield from table(map(_row, found), {name: t(f"quota.head.{name}", lang) for name in names})


def _row(one: Compared) -> dict[str, Any]:
    look = one.look
    return {
        **one.to_json(),
        "theirs": "–" if look is None else look.used,
        "drift": "–" if look is None else one.drift,
        "asked": wall(None if look is None else look.at, zone()),
    }


@quotas.command()
@click.option("--month", "wanted", default="", help="2026-12; without it the present one.")
@in_words
@as_json
def month(wanted: str, lang: str, json_: bool) -> None:
    """The month's scarce goods: mass sends left, calls, rights to notices, what is planned."""
    found = scarce.month_of(account().id, wanted, common.now())
    show(found.to_json(), json_, lambda: _month_lines(found, lang))


def _month_lines(found: Month, lang: str) -> Iterator[str]:
    most = found.reachable * A_MONTH_EACH
    yield t("quota.month", lang, month=found.month, left=f"{found.mass_left:,}", most=f"{most:,}")
    for chances, people in found.chances.items():
        yield t("quota.chances", lang, chances=chances, people=f"{people:,}")
    for channel, template, rights, people in found.rights:
        way = t(f"fan.channel.{channel}", lang)
        yield t("quota.rights", lang, channel=way, template=template, rights=f"{rights:,}",
                people=f"{people:,}")  # fmt: skip
    names = sorted({name for day in found.days.values() for name in day})
    if names:
        yield ""
        rows = [{"day": day, **counts} for day, counts in found.days.items()]
        days = {"day": t("quota.head.day", lang)}
        yield from table(rows, days | {n: _way(n, lang) for n in names})
    if found.needs:
        yield ""
        planned = [
            {"day": n.day, "campaign": n.slug, "most": n.audience,
             "by": t("list.separator", lang).join(_way(c, lang) for c in n.channels)}
            for n in found.needs
        ]  # fmt: skip
        heads = ("day", "campaign", "most", "by")
        yield from table(planned, {name: t(f"quota.head.{name}", lang) for name in heads})
    yield from found.warnings(lang)


def _way(name: str, lang: str) -> str:
    return t("quota.tests", lang) if name == scarce.TESTS else t(f"fan.channel.{name}", lang)

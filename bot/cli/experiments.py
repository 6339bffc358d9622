"""`hongyan experiments`: what each shows, how many people one needs, who shares nobody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from bot.campaign.experiments import report as use
from bot.cli import common
from bot.cli.common import account, as_json, show, table
from bot.cli.privacy import looked
from bot.clock import wall
from bot.experiment.evidence import as_document
from bot.experiment.power import Plan, size_for_rates
from bot.experiment.wording import size_said
from bot.i18n import t

ARMS = {
    "name": "方案", "share": "份额", "drawn": "分组", "sent": "已发", "clicked": "点击",
    "claimed": "领券", "redeemed": "核销", "ordered": "下单", "revenue": "收入", "left": "流失",
}  # fmt: skip


@click.group()
def experiments() -> None:
    """Experiments: list, show, size, groups, reserve. KEY is `experiment.key` of the document."""


@experiments.command("list")
@as_json
def list_(json_: bool) -> None:
    """Every experiment of the account, the newest first."""
    found = use.listed(account().id)
    columns = {"key": "实验", "state": "状态", "rule": "规则", "group": "互斥组", "drawn": "人数",
               "winner": "胜出", "arms": "份额"}  # fmt: skip
    rows = [{**one, "arms": _shares(one["arms"])} for one in found]
    show({"experiments": found}, json_, lambda: table(rows, columns))


@experiments.command("show")
@click.argument("key")
@as_json
def show_(key: str, json_: bool) -> None:
    """Arms, shares, intervals that hold whenever you look, guardrails, and the diary of KEY."""
    found = use.shown(account().id, key, common.now())
    document = found.to_json()
    show(document, json_, lambda: _told(document))


def _told(document: dict[str, Any]) -> Iterable[str]:
    yield from document["words"]["zh"]
    yield ""
    rows = [
        {**arm, "share": f"{arm['share']:.0%}", "revenue": f"{arm['revenue_fen'] / 100:.2f}",
         "left": sum(arm["left"].values())}
        for arm in document["arms"]
    ]  # fmt: skip
    yield from table(rows, ARMS)
    for page in document["diary"]:
        yield ""
        at = wall(datetime.fromisoformat(page["at"]), ZoneInfo(account().timezone))
        yield f"{at}  {page['words']['zh'][0]}"
        yield from (f"  {words}" for words in page["words"]["zh"][1:])


@experiments.command()
@click.option("--baseline", type=float, required=True, help="The rate today, as 0.05.")
@click.option("--effect", type=float, required=True, help="The change to be found, as 0.01.")
@click.option("--arms", type=int, default=2, show_default=True, help="With control.")
@click.option("--power", type=float, default=0.8, show_default=True)
@click.option("--daily", type=float, help="People who enter a day: how many days it takes.")
@as_json
def size(
    baseline: float, effect: float, arms: int, power: float, daily: float | None, json_: bool
) -> None:
    """How many people are needed, before anything begins."""
    found = size_for_rates(baseline, effect, Plan(power=power, arms=arms))
    days = None if daily is None else found.days(daily)
    words = [size_said(found)]
    if days is not None:
        words.append(t("experiment.size.days", days=days, daily=f"{daily:g}"))
    document = {**as_document(found), "total": found.total, "days": days, "words": words}
    show(document, json_, lambda: words)


@experiments.command()
@as_json
def groups(json_: bool) -> None:
    """Groups of experiments that share nobody, and what each owns."""
    found = use.shares(account().id)
    rows = [
        {"group": name, "shares": _shares({owner or "空闲": s for owner, s in shares.items()})}
        for name, shares in found.items()
    ]
    show({"groups": found}, json_, lambda: table(rows, {"group": "互斥组", "shares": "份额"}))


@experiments.command()
@click.argument("group")
@click.argument("key")
@click.option("--share", type=float, required=True, help="0 to 1; 0 gives it up.")
def reserve(group: str, key: str, share: float) -> None:
    """Give the experiment KEY a share of GROUP: nobody of it is in another experiment of GROUP."""
    found = use.reserve(account().id, group, key, share)
    looked("experiment_reserve", group=group, experiment=key, share=share)
    click.echo(_shares({owner or "空闲": s for owner, s in found.items()}))


def _shares(shares: dict[str, float]) -> str:
    return "  ".join(f"{name} {share:.1%}" for name, share in shares.items())

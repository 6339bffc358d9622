"""The demo's terminal: addresses first, then a line whenever something moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from bot.demo.plan import DemoPlan
from bot.demo.story import OPERATOR


def announce(plan: DemoPlan) -> None:
    """Where to look."""
    click.echo("鸿雁 Hongyan demo", err=True)
    click.echo(f"  本地微信平台 local WeChat platform   {plan.sandbox_url}/", err=True)
    click.echo(f"  和公众号聊天 chat as a follower      {plan.sandbox_url}/phone/o-me", err=True)
    click.echo(f"  控制台       marketers' console      {plan.bot_url}/console/", err=True)
    click.echo(f"    用户名 name {OPERATOR}, 密码 password {plan.password}", err=True)
    click.echo(f"  运行看板     what the bot is doing   {plan.bot_url}/live", err=True)
    click.echo(f"  日志 logs                            {plan.folder}/*.log", err=True)
    if plan.seconds is None:
        click.echo("  Ctrl-C 结束 ends it", err=True)


def line(elapsed: float, state: Mapping[str, Any], books: Mapping[str, Any]) -> str:
    """One line of progress, from both sides' figures."""
    callbacks, closing = books["callbacks"], books["campaign"]["closing"]
    parts = [
        f"{elapsed:5.0f}s",
        f"粉丝 followers {state['subscribed']}/{state['followers']}",
        f"回调 callbacks {callbacks['delivered']}",
        f"已答 answered {callbacks['answered']}",
        f"画像 profiles {books['profiles']}",
    ]
    if closing["audience"]:
        parts += [
            f"活动 sent {closing['sent']}/{closing['audience']}",
            f"点击 clicks {books['campaign']['clicks']}",
            f"核销 redeemed {books['campaign']['redemptions']}",
        ]
    return " · ".join(parts)


def finish(summary: Mapping[str, Any]) -> list[str]:
    """The summary for people."""
    campaign, callbacks = summary["campaign"], summary["callbacks"]
    closing = campaign["closing"]
    failed, skipped = sum(closing["failed"].values()), sum(closing["skipped"].values())
    sizes = ", ".join(f"{row['slug']} {row['size']}" for row in summary["segments"])
    replies = ", ".join(f"{name} {count}" for name, count in summary["replies"].items())
    latency = summary["latency_ms"]
    return [
        "",
        f"粉丝 followers {summary['followers']} · 画像 profiles {summary['profiles']}",
        f"回调 callbacks {callbacks}",
        f"回复 replies   {replies}",
        f"人群 segments  {sizes}",
        f"活动 campaign  audience {closing['audience']} = sent {closing['sent']} + failed {failed}"
        f" + skipped {skipped} {closing['skipped']} + held out {closing['held_out']}"
        f" + unknown {closing['unknown']}",
        f"效果 effect    clicks {campaign['clicks']} · redemptions {campaign['redemptions']}",
        f"时延 latency   p50 {latency['p50']} · p95 {latency['p95']} · p99 {latency['p99']} ms",
        f"对账 agrees    {summary['agrees']}",
    ]

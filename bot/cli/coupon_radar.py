"""`hongyan coupons radar`: signs of fraud, the rules, what waits for a person."""

from __future__ import annotations

from datetime import timedelta

import click

from bot.cli import common
from bot.cli.common import account, as_json, show, table
from bot.cli.privacy import looked
from bot.coupon import patrol
from bot.coupon import radar as rules
from bot.store import coupon_notices, coupon_radar


@click.command()
@click.option("--days", type=click.IntRange(1, 400), default=7, show_default=True)
@as_json
def radar(days: int, json_: bool) -> None:
    """What the rules find in the last days. Nobody is blocked by it: it is a list to look at."""
    account_id = account().id
    found = [one.to_json() for one in patrol.look(account_id, common.now() - timedelta(days=days))]
    looked("coupon_radar", days=days, findings=len(found))
    headings = {name: name for name in ("rule", "subject", "count", "most", "severity", "at")}
    lines = table(found, headings) if found else ["nothing out of the ordinary"]
    show({"days": days, "findings": found}, json_, lambda: lines)


@click.command()
@click.option("--days", type=click.IntRange(1, 400), default=30, show_default=True)
@as_json
def notices(days: int, json_: bool) -> None:
    """Low stock and the radar's findings as they were told, the newest first."""
    since = common.now() - timedelta(days=days)
    found = [one.to_json() for one in coupon_notices.since(account().id, since)]
    looked("coupon_notices", days=days)
    headings = {name: name for name in ("notice", "kind", "subject", "severity", "at", "ended_at")}
    show({"notices": found}, json_, lambda: table(found, headings))


@click.command("radar-rules")
@as_json
def list_rules(json_: bool) -> None:
    """The rules, how many they allow within how long, and whether they hold."""
    settings = coupon_radar.settings(account().id)
    rows = [
        {
            "rule": rule.name,
            "most": one.most,
            "within_minutes": one.within_seconds // 60,
            "hold": one.hold,
            "enabled": one.enabled,
        }
        for rule, one in rules.in_force(settings)
    ]
    show({"rules": rows}, json_, lambda: table(rows, {name: name for name in rows[0]}))


@click.command("radar-rule")
@click.argument("rule", type=click.Choice(rules.NAMES))
@click.option("--most", type=click.IntRange(1, 10**6), help="So many are honest,")
@click.option("--within-minutes", type=click.IntRange(1, 31 * 1440), help="within so long.")
@click.option("--hold/--no-hold", default=None, help="Hold back what it finds, or only tell.")
@click.option("--on/--off", "enabled", default=None)
def set_rule(
    rule: str,
    most: int | None,
    within_minutes: int | None,
    hold: bool | None,
    enabled: bool | None,
) -> None:
    """Change a rule for this account; what is not given stays."""
    within = None if within_minutes is None else within_minutes * 60
    now = patrol.set_rule(
        account().id, rule, most=most, within_seconds=within, hold=hold, enabled=enabled
    )
    looked("radar_rule", rule=rule, most=now.most, within=now.within_seconds, hold=now.hold,
           enabled=now.enabled)  # fmt: skip
    click.echo(
        f"{rule}: more than {now.most} within {now.within_seconds // 60} minutes"
        f"{', holds' if now.hold else ''}{'' if now.enabled else ', off'}"
    )


@click.command()
@click.argument("notice", type=click.IntRange(1, 2**63 - 1))
def release(notice: int) -> None:
    """You have looked at NOTICE: what it held is free, and what was before counts no more."""
    done = patrol.release(account().id, notice, common.now())
    looked("radar_release", notice=notice, rule=done.kind)
    click.echo(f"released: {done.kind} {done.subject}")


COMMANDS = (radar, notices, list_rules, set_rule, release)

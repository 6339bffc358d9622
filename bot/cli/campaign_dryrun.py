"""`hongyan campaign dry-run | preview`: what would happen, to all and to one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import click

from bot import campaign as use
from bot.campaign.dryrun import DryRun
from bot.campaign.preview import Preview, preview
from bot.campaign.trial import tester_of
from bot.campaign.wording import yuan
from bot.cli import common
from bot.cli.common import account, as_json, services, show
from bot.cli.privacy import looked
from bot.i18n import t


@click.command("dry-run")
@click.argument("id")
@as_json
def dry_run(id: str, json_: bool) -> None:
    """Who would get it, by which channel, and who not and why; what it costs, when it is through.
    Sends nothing, and writes nothing of the campaign."""
    owner = account()
    now = common.now()
    found = use.dry_run(services(), owner.id, id, now)
    looked("campaign_dry_run", campaign=found.slug)
    show(found.to_json(), json_, lambda: [*_lines(found), *_later(owner.id, id, now)])


def _later(account_id: int, ref: str, now: datetime) -> Iterator[str]:
    campaign = use.find(account_id, ref)
    starts = campaign.due_at or use.parse(campaign.definition).at
    if starts is not None and starts > now:
        yield (
            f"! all this as if it were sent now; it starts at {starts:%Y-%m-%d %H:%M}Z, when"
            " windows, caps and quotas will be others"
        )


def _lines(found: DryRun) -> Iterator[str]:
    yield f"campaign {found.slug}: audience {found.audience}"
    for step in found.waterfall():
        if step["out"] or step["rule"] == "held_out":
            yield f"  - {_word(step['rule'])}: {step['out']}, left {step['left']}"
    if found.control:
        yield f"    of the held out {found.control} are of the account's control group"
    yield f"sends: {found.expected}" + (
        f", of these {found.delayed} from {found.delayed_until:%Y-%m-%d %H:%M}Z on"
        if found.delayed and found.delayed_until
        else ""
    )
    for channel, many in found.ways.items():
        left = found.quota.get(channel)
        yield f"  by {channel}: {many}" + (f" (quota left today: {left})" if left else "")
    for variant, many in found.variants.items():
        yield f"  variant {variant}: {many}"
    if found.stock is not None:
        yield f"coupons: {found.burn} of {found.stock}"
    budget = f" of {yuan(found.budget_fen)}" if found.budget_fen is not None else ""
    yield f"cost, if every coupon is redeemed: {yuan(found.cost_fen)}{budget}"
    rate = f"{found.per_minute:.0f} a minute, {'measured' if found.measured else 'assumed'}"
    yield f"through at {found.finish.at:%Y-%m-%d %H:%M}Z ({rate})"
    if found.finish.late:
        yield f"  {found.finish.late} would come too late and be skipped"
    for one in found.collisions:
        yield f"also for {one.shared} of them: {one.slug} ({one.state})"
    yield from found.sizing
    for finding in found.findings:
        yield f"lint: {finding.line()}"
    for example in found.examples:
        yield f"--- {example.follower} {example.variant} {example.channel}"
        yield example.text


def _word(rule: str) -> str:
    return rule if rule == "held_out" else f"{rule} {t(f'fan.skip.{rule}')}"


@click.command("preview")
@click.argument("id")
@click.option("--follower", required=True, help="A follower's number, openid, or tester's name.")
@as_json
def preview_(id: str, follower: str, json_: bool) -> None:
    """What one follower would get, and why, rule by rule. Takes nothing. It is logged."""
    owner = account()
    who = tester_of(owner.id, follower)
    found = preview(services(), owner.id, id, who, common.now())
    looked("campaign_preview", who, campaign=id)
    show(found.to_json(), json_, lambda: _told(found))


def _told(found: Preview) -> Iterator[str]:
    why = f": {found.why} {t(f'fan.skip.{found.why}')}" if found.why else ""
    yield f"{found.follower}: {found.outcome}{why}"
    if not found.member:
        yield "not in the audience as it is now"
    if found.outcome == "waits":
        yield f"until {found.due_at:%Y-%m-%d %H:%M}Z"
    if found.channel:
        yield f"by {found.channel}, variant {found.variant}"
    if found.coupon:
        yield f"coupon {found.coupon['batch']} {found.coupon['title']}, {found.coupon['left']} left"
    for step in found.trace:
        word = {True: "passed", False: "stops here", None: "not asked"}[step.passed]
        yield f"  {step.rule}: {word}" + (f" {step.figures}" if step.figures else "")
    yield "---"
    yield found.text

"""`hongyan campaign dry-run | preview`: what would happen, to all and to one."""

from __future__ import annotations

import click

from bot import campaign as use
from bot.campaign.ahead.preview import preview
from bot.campaign.ahead.telling import dry_run_told, preview_told
from bot.campaign.ahead.trial import tester_of
from bot.cli import common
from bot.cli.common import account, as_json, in_words, services, show, zone
from bot.cli.privacy import looked


@click.command("dry-run")
@click.argument("id")
@in_words
@as_json
def dry_run(id: str, lang: str, json_: bool) -> None:
    """Who would get it, by which channel, and who not and why; what it costs, when it is through.
    As of its planned start. Sends nothing, and writes nothing of the campaign."""
    found = use.dry_run(services(), account().id, id, common.now())
    looked("campaign_dry_run", campaign=found.slug)
    show(found.to_json(), json_, lambda: dry_run_told(found, zone(), lang))


@click.command("preview")
@click.argument("id")
@click.option("--follower", required=True, help="A follower's number, openid, or tester's name.")
@in_words
@as_json
def preview_(id: str, follower: str, lang: str, json_: bool) -> None:
    """What one follower would get, and why, rule by rule. Takes nothing. It is logged."""
    owner = account()
    who = tester_of(owner.id, follower)
    found = preview(services(), owner.id, id, who, common.now())
    looked("campaign_preview", who, campaign=id)
    show(found.to_json(), json_, lambda: preview_told(found, zone(), lang))

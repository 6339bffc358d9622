"""`hongyan profiles`."""

from __future__ import annotations

import json

import click
from tqdm import tqdm

from bot.cli import common
from bot.cli.common import account, as_json, show
from bot.profile import refresh
from bot.profile.features import explain
from bot.store import followers
from bot.store import profiles as store


@click.group()
def profiles() -> None:
    """Profiles: the fold of each follower's events."""


@profiles.command()
def rebuild() -> None:
    """Fold everything again from the event log; the same profiles come out."""
    total = followers.count(account().id)
    with tqdm(total=total, unit="follower", disable=None) as bar:
        done = refresh.rebuild(common.now(), progress=lambda count: bar.update(count))
    click.echo(f"{done} profiles rebuilt")


@profiles.command("show")
@click.argument("follower_id", type=click.IntRange(1, 2**63 - 1))
@as_json
def show_(follower_id: int, json_: bool) -> None:
    """What is held of one follower, and why."""
    account()
    followers.get(follower_id)
    found = explain(store.state_of(follower_id), common.now())
    show(found, json_, lambda: [json.dumps(found, ensure_ascii=False, indent=2, default=str)])

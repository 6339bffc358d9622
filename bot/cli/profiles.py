"""`hongyan profiles`."""

from __future__ import annotations

import json

import click
from tqdm import tqdm

from bot.cli import common
from bot.cli.common import account, as_json, show
from bot.cli.privacy import looked
from bot.profile import refresh
from bot.profile.features import explain
from bot.profile.picture import picture_of
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
    """What is held of one follower, and why; his last acts, stages and place. It is logged."""
    account()
    followers.get(follower_id)
    now = common.now()
    picture = picture_of(follower_id, now).to_json()
    found = {**explain(store.state_of(follower_id), now), "picture": picture}
    looked("show", follower_id, what="profile")
    show(found, json_, lambda: [json.dumps(found, ensure_ascii=False, indent=2, default=str)])

"""`hongyan followers`."""

from __future__ import annotations

from dataclasses import asdict

import click
from tqdm import tqdm

from bot.cli import common
from bot.cli.common import account, as_json, services, show
from bot.cli.privacy import erase
from bot.profile import sync
from bot.store import followers as store


@click.group()
def followers() -> None:
    """Followers: sync, show, erase."""


@followers.command("sync")
def sync_() -> None:
    """Bring in everybody who follows, 10,000 openids a page; stopping and repeating is harmless."""
    found = account()
    client = services().client_of(found.id)
    with tqdm(unit="follower", disable=None) as bar:
        report = sync.sync_followers(
            found.id, client.iter_followers(), client.user_info_batch, common.now(), bar.update
        )
    click.echo(f"{report.seen} followers, {report.added} of them new to us")


@followers.command("show")
@click.argument("follower_id", type=click.IntRange(1, 2**63 - 1))
@as_json
def show_(follower_id: int, json_: bool) -> None:
    """One follower's state, without his openid."""
    account()
    found = asdict(store.get(follower_id))
    show(found, json_, lambda: [f"{name:18} {value}" for name, value in found.items()])


followers.add_command(erase)

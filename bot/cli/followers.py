"""`hongyan followers`."""

from __future__ import annotations

from dataclasses import asdict

import click

from bot.cli import pictures, syncing
from bot.cli.common import account, as_json, show
from bot.cli.identity import elsewhere_lines
from bot.cli.imports import export, followers_import
from bot.cli.privacy import erase, looked
from bot.profile.identity_view import elsewhere
from bot.store import followers as store
from bot.store import predictions


@click.group()
def followers() -> None:
    """Followers: sync, import, export, show, erase."""


@followers.command("show")
@click.argument("follower_id", type=click.IntRange(1, 2**63 - 1))
@as_json
def show_(follower_id: int, json_: bool) -> None:
    """One follower's state, without his openid, and where else the same person follows."""
    account()
    found = asdict(store.get(follower_id))
    others = elsewhere(follower_id)
    looked("show", follower_id, what="follower")
    said = predictions.told(follower_id)
    lines = [f"{name:18} {value}" for name, value in found.items()]
    lines += [f"{one['what']:18} {one['score']:g} {one['means']}" for one in said]
    whole = {**found, "predictions": said, "elsewhere": others}
    show(whole, json_, lambda: [*lines, *elsewhere_lines(others, "zh")])


followers.add_command(erase)
followers.add_command(syncing.sync)
followers.add_command(syncing.blacklist)
followers.add_command(syncing.unblacklist)
followers.add_command(followers_import)
followers.add_command(export)
followers.add_command(pictures.page)

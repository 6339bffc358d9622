"""`hongyan followers sync · blacklist · unblacklist`: followers and the platform's lists."""

from __future__ import annotations

from dataclasses import asdict

import click
from tqdm import tqdm

from bot.cli import common
from bot.cli.common import account, as_json, services, show
from bot.cli.privacy import looked
from bot.collect import following, tagging


@click.command("sync")
@click.option("--full", is_flag=True, help="Ask for the details of everybody, not of new ones.")
@as_json
def sync(full: bool, json_: bool) -> None:
    """Bring in everybody who follows, 10,000 openids a page; stopped, it goes on when repeated."""
    found = account()
    client = services().client_of(found.id)
    with tqdm(unit="follower", disable=None) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total or bar.total
            bar.update(done)

        report = following.sync_followers(
            found.id, client, common.now(), full=full, progress=progress
        )
    looked("sync", seen=report.seen, changed=report.changed)
    shown = asdict(report)
    show(shown, json_, lambda: [f"{report.seen} followers, {report.changed} changed"])
    if report.error and not json_:
        click.echo(report.error, err=True)


@click.command()
@click.argument("follower_id", type=click.IntRange(1, 2**63 - 1))
@as_json
def blacklist(follower_id: int, json_: bool) -> None:
    """Put a follower on the platform's blacklist: nothing is said and heard any more."""
    _block(follower_id, True, json_)


@click.command()
@click.argument("follower_id", type=click.IntRange(1, 2**63 - 1))
@as_json
def unblacklist(follower_id: int, json_: bool) -> None:
    """Take a follower off the platform's blacklist."""
    _block(follower_id, False, json_)


def _block(follower_id: int, on: bool, json_: bool) -> None:
    found = account()
    client = services().client_of(found.id)
    new = tagging.block(found.id, client, follower_id, on, common.now())
    looked("blacklist" if on else "unblacklist", follower_id, changed=new)
    where = "on the blacklist" if on else "not on the blacklist"
    done = {"follower": follower_id, "blacklisted": on, "changed": new}
    line = f"follower {follower_id} is {where}{'' if new else ', as before'}"
    show(done, json_, lambda: [line])

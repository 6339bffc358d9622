"""`hongyan tags`: the platform's tags 标签, both ways."""

from __future__ import annotations

from dataclasses import asdict

import click

from bot.cli import common
from bot.cli.common import account, as_json, services, show, table
from bot.cli.privacy import looked
from bot.collect import tagging
from bot.store import platform_tags


@click.group()
def tags() -> None:
    """Tags 标签 of the platform: list, sync, push, delete."""


@tags.command("list")
@as_json
def list_(json_: bool) -> None:
    """The tags that the platform had at the last look, and which of ours go there."""
    rows = [tag.to_json() for tag in platform_tags.of_account(account().id)]
    headings = {"name": "name", "fans": "there", "known_here": "known here", "pushed": "pushed"}
    show({"tags": rows}, json_, lambda: table(rows, headings))


@tags.command()
@as_json
def sync(json_: bool) -> None:
    """Bring the platform's tags and blacklist in, then send out the tags that are pushed."""
    found = account()
    report = tagging.sync(found.id, services().client_of(found.id), common.now())
    pushed = report.pushed
    looked("tags_sync", changed=report.changed, blacklist=report.blacklist)
    lines = [
        f"{report.tags} tags; {report.changed} taggings came or went there",
        f"blacklist: {report.blacklist} came or went",
        f"sent out: {pushed.added} tagged, {pushed.taken} untagged, {pushed.refused} refused",
    ]
    show(asdict(report), json_, lambda: lines)


@tags.command()
@click.argument("tag")
@click.option("--stop", is_flag=True, help="Send this tag no more; what is there stays.")
@as_json
def push(tag: str, stop: bool, json_: bool) -> None:
    """Send our TAG to the platform, now and at every sync; it is made there where it is missing."""
    found = account()
    if stop:
        platform_tags.set_pushed(platform_tags.named(found.id, tag).id, False)
        looked("tags_push", tag=tag, stopped=True)
        show({"tag": tag, "pushed": False}, json_, lambda: [f"tag {tag} is sent no more"])
        return
    client = services().client_of(found.id)
    made = tagging.start_pushing(found.id, client, tag, common.now())
    sent = tagging.push(found.id, client, made, common.now())
    looked("tags_push", tag=tag, added=sent.added, taken=sent.taken)
    line = f"{sent.added} tagged, {sent.taken} untagged, {sent.refused} refused"
    show({"tag": tag, "pushed": True, **asdict(sent)}, json_, lambda: [line])


@tags.command()
@click.argument("tag")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def delete(tag: str, yes: bool, json_: bool) -> None:
    """Delete TAG on the platform; our own tag of that name stays with whom we gave it to."""
    found = account()
    held = platform_tags.named(found.id, tag)
    if not yes:
        click.confirm(f"Delete tag {tag} of {held.fans} followers there?", abort=True, err=json_)
    tagging.delete(found.id, services().client_of(found.id), tag, common.now())
    looked("tags_delete", tag=tag)
    done = {"tag": tag, "deleted": True, "fans": held.fans}
    show(done, json_, lambda: [f"tag {tag} is deleted on the platform"])

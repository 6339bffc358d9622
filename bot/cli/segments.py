"""`hongyan segments`."""

from __future__ import annotations

import click

from bot import segment
from bot.cli.common import account, as_json, document, show, table
from bot.clock import utc_now
from bot.store import segments as store


@click.group()
def segments() -> None:
    """Segments: define, refresh, preview, list, members."""


@segments.command()
@click.argument("file")
def define(file: str) -> None:
    """Create or change a segment from the JSON document FILE: {slug, name, rule}."""
    wanted = document(file)
    slug = segment.define_document(account().id, wanted, utc_now())
    click.echo(f"segment {slug}; it fills at the next refresh")


@segments.command()
@click.option("--full", is_flag=True, help="Evaluate everybody, not only who changed.")
@as_json
def refresh(full: bool, json_: bool) -> None:
    """Bring every segment up to date."""
    account()
    report = segment.refresh_all(utc_now(), full=full)
    found = {"segments": report.segments, "changed": report.changed}
    show(found, json_, lambda: [f"{report.segments} segments, {report.changed} changes"])


@segments.command()
@click.argument("rule_file")
@as_json
def preview(rule_file: str, json_: bool) -> None:
    """How many followers the rule in RULE_FILE has now, and the rule said in words."""
    found = segment.preview(document(rule_file), utc_now(), account().id)
    shown = {"size": found.size, "sentence": found.sentence, "sample": list(found.sample)}
    show(shown, json_, lambda: [found.sentence, f"{found.size} followers"])


@segments.command("list")
@as_json
def list_(json_: bool) -> None:
    """All segments with their sizes."""
    rows = [row.to_json() for row in store.listed(account().id)]
    headings = {"slug": "slug", "size": "size", "refreshed_at": "refreshed", "name": "name"}
    show({"segments": rows}, json_, lambda: table(rows, headings))


@segments.command()
@click.argument("slug")
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True)
@as_json
def members(slug: str, limit: int, json_: bool) -> None:
    """Follower ids in the segment, ascending."""
    found = segment.members(account().id, slug, after=0, limit=limit)
    show({"members": found}, json_, lambda: map(str, found))

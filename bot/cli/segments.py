"""`hongyan segments`."""

from __future__ import annotations

from dataclasses import asdict

import click

from bot.cli import common
from bot.cli.common import account, as_json, document, show, table
from bot.segment import catalogue
from bot.segment.refresh import refresh_all
from bot.segment.rules import parse
from bot.segment.sentence import sentence
from bot.store import segments as store


@click.group()
def segments() -> None:
    """Segments: define, refresh, preview, list, members."""


@segments.command()
@click.argument("file")
def define(file: str) -> None:
    """Create or change a segment from the JSON document FILE: {slug, name, rule}."""
    wanted = document(file)
    made = catalogue.define(
        account().id,
        str(wanted.get("slug", "")),
        str(wanted.get("name", "")),
        wanted.get("rule"),
        common.now(),
    )
    click.echo(f"segment {made.slug}: {sentence(parse(made.rule))}")


@segments.command()
@click.option("--full", is_flag=True, help="Evaluate everybody, not only who changed.")
@as_json
def refresh(full: bool, json_: bool) -> None:
    """Bring every segment up to date."""
    report = refresh_all(common.now(), account().id, full=full)
    rows = [asdict(one) for one in report.segments]
    headings = {name: name for name in ("slug", "size", "entered", "left", "how", "error")}
    show({"segments": rows, "looked": report.looked}, json_, lambda: table(rows, headings))


@segments.command()
@click.argument("rule_file")
@as_json
def preview(rule_file: str, json_: bool) -> None:
    """How many followers the rule in RULE_FILE has now, and the rule said in words."""
    rule = document(rule_file)
    found = catalogue.preview(account().id, rule, common.now())
    words = sentence(parse(rule))
    about = "" if found.exact else "about "
    shown = {"sentence": words, **asdict(found)}
    show(shown, json_, lambda: [words, f"{about}{found.size} followers"])


@segments.command("list")
@as_json
def list_(json_: bool) -> None:
    """All segments with their sizes."""
    rows = [row.to_json() for row in store.of_account(account().id)]
    headings = {"slug": "slug", "size": "size", "refreshed_at": "refreshed", "name": "name"}
    show({"segments": rows}, json_, lambda: table(rows, headings))


@segments.command()
@click.argument("slug")
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True)
@as_json
def members(slug: str, limit: int, json_: bool) -> None:
    """Follower ids in the segment, ascending."""
    found = [member.follower_id for member in catalogue.members(account().id, slug, 0, limit)]
    show({"members": found}, json_, lambda: map(str, found))

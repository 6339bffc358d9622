"""`hongyan segments`: define, refresh, look at. Lists, pins and versions: `segment_edits`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bot.cli import common
from bot.cli.common import account, as_json, document, show, table
from bot.cli.privacy import looked
from bot.errors import InvalidInput
from bot.segment import catalogue
from bot.segment.cost import Cost, cost
from bot.segment.refresh import refresh_all
from bot.segment.rules import Rule, parse
from bot.segment.sentence import sentence
from bot.store import segments as store
from bot.talk.files import read_file


@click.group()
def segments() -> None:
    """Segments: define, refresh, preview, explain; lists, pins, versions, clusters."""


def read(path: str) -> dict[str, Any]:
    """A document, YAML or JSON; "-": JSON on standard input. Raises InvalidInput, NotFound."""
    if not path.endswith((".yaml", ".yml")):
        return document(path)
    found = read_file(Path(path))
    if not isinstance(found, dict):
        raise InvalidInput(f"{path}: the document is an object")
    return found


@segments.command()
@click.argument("file")
@click.option("--by", default="", help="Who edits, for the history.")
@click.option("--dry-run", is_flag=True, help="Only tell; save nothing.")
@click.option("--yes", is_flag=True, help="Do not ask, even where it is heavy.")
def define(file: str, by: str, dry_run: bool, yes: bool) -> None:
    """Create or change a segment from FILE, YAML or JSON: {slug, name, rule, triggers}.

    Its size and cost are told first. Where the cost is heavy, a terminal is asked whether to save.
    """
    wanted, now, owner = read(file), common.now(), account().id
    slug, name, triggers = _parts(wanted)
    rule = catalogue.check(owner, slug, name, wanted.get("rule"))
    click.echo(f"segment {slug}: {_in_words(rule)}")
    found = cost(owner, rule, now)
    for line in _costs(catalogue.preview(owner, wanted["rule"], now, sample=0), found):
        click.echo(line)
    if dry_run:
        click.echo("not saved: --dry-run")
        return
    if found.heavy and not yes and sys.stdin.isatty():
        click.confirm("That is heavy. Save it?", abort=True)
    made = catalogue.define(owner, slug, name, wanted["rule"], now, author=by, triggers=triggers)
    click.echo(f"saved as version {made.version}; members follow with the next refresh")


def _in_words(rule: Rule) -> str:
    return sentence(rule, titles=catalogue.titles(account().id))


def _parts(wanted: dict[str, Any]) -> tuple[str, str, bool | None]:
    """Slug, name and triggers of a document. Raises InvalidInput."""
    for key in wanted.keys() - {"slug", "name", "rule", "triggers"}:
        raise InvalidInput(f"{key!r} does not belong here", str(key))
    triggers = wanted.get("triggers")
    if triggers not in (None, True, False):
        raise InvalidInput("triggers: true or false", "triggers")
    return str(wanted.get("slug", "")), str(wanted.get("name", "")), triggers


def _costs(size: catalogue.Preview, found: Cost) -> list[str]:
    more = " at least" if found.capped else ""
    about, span = ("", "") if size.exact else ("about ", f" ({size.low} to {size.high})")
    return [
        f"{about}{size.size} followers{span}",
        f"reads{more} {found.rows} rows when everybody is compared; "
        f"{found.daily} followers a day are looked at again by time alone",
        *(f"! {one.zh} / {one.en}" for one in found.warnings),
        *(["!! heavy: think it over before everybody is compared"] if found.heavy else []),
    ]


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
    """How many followers the rule in RULE_FILE has now, what it costs, and the rule in words."""
    rule, now = read(rule_file), common.now()
    found = catalogue.preview(account().id, rule, now)
    spent = cost(account().id, parse(rule), now)
    words = _in_words(parse(rule))
    shown = {"sentence": words, **asdict(found), "cost": {**asdict(spent), "heavy": spent.heavy}}
    show(shown, json_, lambda: [words, *_costs(found, spent)])


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
    looked("members", segment=slug, people=len(found))
    show({"members": found}, json_, lambda: map(str, found))


@segments.command()
@click.argument("slug")
@click.argument("follower", type=int)
@as_json
def why(slug: str, follower: int, json_: bool) -> None:
    """Why FOLLOWER is in the segment, or not; since when, until when, by which conditions."""
    found = catalogue.why(account().id, slug, follower, common.now())
    looked("show", follower, what="segment", segment=slug)
    show(found, json_, lambda: _because(found))


def _because(found: dict[str, Any]) -> list[str]:
    member = f"in since {found['since']}" if found["member"] else "not in"
    now = "holds" if found["matches"] else "does not hold"
    until = f", until {found['until']} at least" if found["until"] else ""
    lines = [found["rule"], f"{member}; the rule {now}{until}"]
    lines += [f"  {'+' if one.get('held') else '-'} {_plain(one)}" for one in found["because"]]
    for change in found["history"]:
        lines.append(f"{change['at']} {'entered' if change['entered'] else 'left'}")
    return lines


def _plain(reason: dict[str, Any]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in reason.items() if key != "held")

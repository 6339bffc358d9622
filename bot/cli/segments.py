"""`hongyan segments`: define, refresh, look at. Lists, pins and versions: `segment_edits`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bot.cli import common
from bot.cli.common import account, as_json, document, show, table
from bot.cli.privacy import looked
from bot.errors import InvalidInput
from bot.segment import catalogue
from bot.segment.checks import check_rule
from bot.segment.cost import Cost, cost
from bot.segment.refresh import refresh_all
from bot.segment.rules import Rule
from bot.segment.sentence import sentence
from bot.store import segments as store
from bot.talk.files import read_file

_PAGE = 1000


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
@as_json
def define(file: str, by: str, dry_run: bool, yes: bool, json_: bool) -> None:
    """Create or change a segment from FILE, YAML or JSON: {slug, name, rule, triggers}.

    Its size and cost are told first. Where the cost is heavy, a terminal is asked whether to save.
    """
    wanted, now, owner = read(file), common.now(), account().id
    slug, name, triggers = _parts(wanted)
    rule = catalogue.check(owner, slug, name, wanted.get("rule"))
    size, spent = catalogue.preview(owner, wanted["rule"], now, sample=0), cost(owner, rule, now)
    words = _in_words(rule)
    if not json_:
        show(None, False, lambda: [f"segment {slug}: {words}", *_costs(size, spent)])
    if spent.heavy and not (yes or dry_run) and sys.stdin.isatty():
        click.confirm("That is heavy. Save it?", abort=True, err=json_)
    number = None
    if not dry_run:
        made = catalogue.define(
            owner, slug, name, wanted["rule"], now, author=by, triggers=triggers
        )
        number = made.number
    end = f"saved as version {number}; members follow with the next refresh"
    shown = {"slug": slug, "version": number, "saved": not dry_run, **_told(words, size, spent)}
    show(shown, json_, lambda: ["not saved: --dry-run" if dry_run else end])


def _in_words(rule: Rule) -> str:
    return sentence(rule, titles=catalogue.titles(account().id))


def _told(words: str, size: catalogue.Preview, spent: Cost) -> dict[str, Any]:
    return {"sentence": words, **asdict(size), "cost": {**asdict(spent), "heavy": spent.heavy}}


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
    """How many followers the rule in RULE_FILE has now, what it costs, and the rule in words.

    RULE_FILE is a rule, or the document of a segment, whose rule is taken.
    """
    wanted, now, owner = read(rule_file), common.now(), account().id
    slug, document_ = (_parts(wanted)[0], wanted["rule"]) if "rule" in wanted else ("", wanted)
    rule = check_rule(owner, slug, document_)
    size, spent = catalogue.preview(owner, document_, now), cost(owner, rule, now)
    words = _in_words(rule)
    show(_told(words, size, spent), json_, lambda: [words, *_costs(size, spent)])


@segments.command("list")
@as_json
def list_(json_: bool) -> None:
    """All segments with their sizes."""
    rows = [{**row.to_json(), "version": row.number} for row in store.of_account(account().id)]
    headings = {"slug": "slug", "size": "size", "refreshed_at": "refreshed", "name": "name"}
    show({"segments": rows}, json_, lambda: table(rows, headings))


@segments.command()
@click.argument("slug")
@click.option("--limit", type=click.IntRange(0), default=1000, show_default=True,
              help="How many at most; 0: all.")  # fmt: skip
@as_json
def members(slug: str, limit: int, json_: bool) -> None:
    """Follower ids in the segment, ascending. Where there are more, that is said."""
    state = store.by_slug(account().id, slug)
    looked("members", segment=slug, people=min(limit or state.size, state.size))
    found, shown = _ids(state.id, limit), 0
    if json_:
        ids = list(found)
        cut = bool(limit) and state.size > len(ids)
        show({"members": ids, "size": state.size, "truncated": cut}, True, list)
        return
    for one in found:
        click.echo(one)
        shown += 1
    if limit and state.size > shown:
        click.echo(f"{shown:,} of {state.size:,} shown; --limit 0 shows all", err=True)


def _ids(segment_id: int, limit: int) -> Iterator[int]:
    """Members' ids, ascending, at most so many (0: all), by pages."""
    after, left = 0, limit
    while page := store.member_ids(segment_id, after, min(left, _PAGE) if limit else _PAGE):
        yield from page
        after, left = page[-1], left - len(page)
        if limit and left <= 0:
            return


@segments.command()
@click.argument("slug")
@click.argument("follower", type=int)
@click.option("--lang", type=click.Choice(("zh", "en")), default="zh", show_default=True)
@as_json
def why(slug: str, follower: int, lang: str, json_: bool) -> None:
    """Why FOLLOWER is in the segment, or not; since when, until when, by which conditions."""
    found = catalogue.why(account().id, slug, follower, common.now(), lang)
    looked("show", follower, what="segment", segment=slug)
    show(found, json_, lambda: _because(found, _WHY[lang]))


_WHY = {
    "zh": {"in": "{} 起在人群中", "out": "不在人群中", "holds": "规则现在成立",
           "fails": "规则现在不成立", "until": "{}，至少到 {}", "both": "{}；{}",
           "entered": "进入", "left": "离开"},
    "en": {"in": "in since {}", "out": "not in", "holds": "the rule holds",
           "fails": "the rule does not hold", "until": "{}, until {} at least", "both": "{}; {}",
           "entered": "entered", "left": "left"},
}  # fmt: skip


def _because(found: dict[str, Any], words: dict[str, str]) -> list[str]:
    member = words["in"].format(found["since"]) if found["member"] else words["out"]
    now = words["holds" if found["matches"] else "fails"]
    if found["until"]:
        now = words["until"].format(now, found["until"])
    lines = [found["rule"], words["both"].format(member, now)]
    reasons = zip(found["because"], found["words"], strict=True)
    lines += [f"  {'+' if one.get('held') else '-'} {said}" for one, said in reasons]
    for change in found["history"]:
        lines.append(f"{change['at']} {words['entered' if change['entered'] else 'left']}")
    return lines

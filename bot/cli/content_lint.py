"""`hongyan content lint`, `preview` and `terms`: a text before it goes out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from bot.campaign.document.definition import parse
from bot.cli import common
from bot.cli.common import account, as_json, show
from bot.cli.privacy import FOLLOWER_ID, looked
from bot.content import library
from bot.content.checkup import Facts, content_draft, lint_campaign
from bot.content.documents import Content, Kind, read_content
from bot.content.draft import Draft
from bot.content.findings import Finding, refusing
from bot.content.linting import CheckLink
from bot.content.linting import lint as lint_draft
from bot.content.preview import own_values, phone
from bot.content.reaching import checker
from bot.content.wording import Value
from bot.errors import Conflict, InvalidInput, NotFound
from bot.i18n import t
from bot.store import contents, follower_facts, followers
from bot.talk.files import read_file
from bot.talk.filling import harmless
from bot.values.facts import Needs

Findings = dict[str, list[Finding]]
_SUFFIXES = (".yaml", ".yml", ".json", ".jsonl", ".txt")
_lang = click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)


@click.command()
@click.argument("what", required=False)
@click.option("--links", is_flag=True, help="Also ask each address whether it opens.")
@_lang
@as_json
def lint(what: str | None, links: bool, lang: str, json_: bool) -> None:
    """Look at a piece of content, at a FILE, or at the whole library.

    A file is one of documents of content, a campaign's document, or a text (.txt) that goes out as
    marketing by customer-service message. Exit status 1 where there are errors.
    """
    found = _linted(what, checker() if links else None)
    rows = {name: [one.to_json(lang) for one in findings] for name, findings in found.items()}
    show({"findings": rows}, json_, lambda: _lines(found, lang))
    if errors := sum(len(refusing(findings)) for findings in found.values()):
        raise Conflict(f"{errors} errors; see docs/reference/lint-rules.md")


def _lines(found: Findings, lang: str) -> Iterator[str]:
    for name, findings in found.items():
        for one in findings:
            yield f"{name}: {one.line(lang)}"
    clean = sum(not findings for findings in found.values())
    yield f"{len(found)} looked at, {clean} without findings"


def _linted(what: str | None, check_link: CheckLink | None) -> Findings:
    if what is None:
        zone = ZoneInfo(account().timezone)
        pieces = (read_content(document, zone) for _, document in contents.all_of(account().id))
        return {one.slug: _content(one, check_link) for one in pieces}
    path = Path(what)
    if path.suffix.lower() in _SUFFIXES:
        return _file(path, check_link)
    return {what: _content(library.read(account().id, what), check_link)}


def _content(content: Content, check_link: CheckLink | None) -> list[Finding]:
    public = common.settings().public
    return library.lint_content(account().id, content, common.now(), public, check_link)


def _file(path: Path, check_link: CheckLink | None) -> Findings:
    if path.suffix.lower() == ".txt":
        return {path.name: lint_draft(_text(path), check_link)}
    value = read_file(path)
    if isinstance(value, dict) and "kind" not in value and "purpose" in value:
        return _campaign(value, check_link)
    if isinstance(value, dict):
        value = value.get("contents", [value])
    if not isinstance(value, list):
        raise InvalidInput(f"{path.name}: wants documents of content, or a campaign's")
    read = [read_content(one, ZoneInfo(account().timezone)) for one in value]
    return {one.slug: _content(one, check_link) for one in read}


def _campaign(value: dict[str, Any], check_link: CheckLink | None) -> Findings:
    """As it would be kept: marketing has the line that says how to opt out."""
    definition = parse(value, ZoneInfo(account().timezone))
    document, now = definition.document(), common.now()
    facts = library.campaign_facts(account().id, document, now, common.settings().public)
    return {definition.slug: lint_campaign(document, facts, check_link)}


def _text(path: Path) -> Draft:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise NotFound(f"{path.name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{path.name}: is not UTF-8 text") from None
    sender = library.sender_of(account().id, common.settings().public)
    zone = ZoneInfo(account().timezone)
    return Draft(parts={"text": text}, sender=sender, sends_at=common.now(), zone=zone)


@click.command()
@click.argument("slug")
@click.option("--version", "number", type=click.IntRange(1), help="The latest one without.")
@click.option("--follower", type=FOLLOWER_ID, help="With this follower's values. It is logged.")
@as_json
def preview(slug: str, number: int | None, follower: int | None, json_: bool) -> None:
    """A message as the phone shows it, with sample values or a follower's own."""
    content = library.read(account().id, slug, number)
    draft = content_draft(content, Facts(zone=ZoneInfo(account().timezone)))
    values = None if follower is None else _values(content, follower)
    title = content.scene if content.kind is Kind.MESSAGE else ""
    lines = phone(draft, values, title)
    show({"slug": slug, "lines": lines}, json_, lambda: lines)


def _values(content: Content, follower_id: int) -> dict[str, Value]:
    """What a follower chose is made harmless, as it is where it is sent."""
    state = followers.get(follower_id)
    if state.account_id != account().id:
        raise NotFound(f"there is no follower {follower_id}")
    looked("content_preview", follower_id)
    wanted = frozenset({"name", "nickname", "city", "points"})
    facts = follower_facts.load([follower_id], Needs(attributes=wanted))
    held: dict[str, Any] = {k: v[0] for k, v in facts[0].attributes.items()} if facts else {}
    told = {
        "name": held.get("name") or held.get("nickname") or "",
        "city": held.get("city", ""),
        "points": held.get("points", ""),
        "stage": t(f"say.stage.{state.stage}"),
        "you": "您",
    }
    return {**own_values(content), **{k: harmless(str(v)) for k, v in told.items() if v}}


@click.group()
def terms() -> None:
    """What this account tells the linter: domains of its own, words that must not go out."""


@terms.command("list")
@as_json
def list_(json_: bool) -> None:
    """Both lists."""
    found = {kind: contents.terms(account().id, kind) for kind in contents.TERMS}
    lines = [f"{kind}  {value}" for kind, values in found.items() for value in values]
    show(found, json_, lambda: lines or ["nothing yet: hongyan content terms add domain HOST"])


@terms.command()
@click.argument("kind", type=click.Choice(contents.TERMS))
@click.argument("value")
@as_json
def add(kind: str, value: str, json_: bool) -> None:
    """Put a domain (links may lead there, and below it) or a forbidden word on the list."""
    value = library.term(kind, value)
    new = contents.add_term(account().id, kind, value)
    if new:
        looked("content_term_add", kind=kind, value=value)
    done = f"{kind} {value} is on the list{'' if new else ' already'}"
    show({"kind": kind, "value": value, "new": new}, json_, lambda: [done])


@terms.command()
@click.argument("kind", type=click.Choice(contents.TERMS))
@click.argument("value")
@as_json
def remove(kind: str, value: str, json_: bool) -> None:
    """Take it off the list."""
    value = library.term(kind, value)
    if not contents.remove_term(account().id, kind, value):
        raise NotFound(f"{kind} {value} is not on the list")
    looked("content_term_remove", kind=kind, value=value)
    show({"kind": kind, "value": value, "removed": True}, json_,
         lambda: [f"{kind} {value} is off the list"])  # fmt: skip

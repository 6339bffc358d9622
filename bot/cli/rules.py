"""`hongyan rules`: keyword rules, checked before followers meet them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from bot.cli import common
from bot.cli.common import account, as_json, show, table
from bot.clock import SHANGHAI
from bot.nlp.normalise import normalise
from bot.nlp.words import command
from bot.store import talk
from bot.store.talk import DRAFT, LIVE
from bot.talk import rulebook
from bot.talk.files import read_file, write_json, write_yaml
from bot.talk.rules import Rule
from bot.talk.rules_match import Entry, Rules
from bot.talk.xray import RIGHTS, Finding, xray

_LEVELS = {"error": "错误", "warning": "提醒"}
_stage = click.option(
    "--stage", type=click.Choice([LIVE, DRAFT]), default=LIVE, show_default=True, help="Which set."
)
_lang = click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
_files = click.argument("files", nargs=-1, type=click.Path(path_type=Path))


@click.group()
def rules() -> None:
    """Keyword rules: check, X-ray, try, list, import, export."""


@rules.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@_lang
@as_json
def check(files: tuple[Path, ...], lang: str, json_: bool) -> None:
    """Read the rules in FILES as one set and X-ray it; no database is needed.

    Exit status 1 when there are errors, 0 with warnings alone.
    """
    read = _of_files(files)
    _report(read, xray(read, common.now(), SHANGHAI), lang, json_)


@rules.command("xray")
@_files
@_stage
@_lang
@as_json
def xray_(files: tuple[Path, ...], stage: str, lang: str, json_: bool) -> None:
    """What is wrong with the rules in FILES, or with those in the store: never said, said twice,
    in each other's way. Each finding names the text that proves it. Exit status as for check."""
    common.services()
    read = _of_files(files) if files else rulebook.stored(account().id, stage)
    _report(read, rulebook.look(account().id, read, common.now(), _zone()), lang, json_)


@rules.command()
@click.argument("text")
@click.option("--file", "files", multiple=True, type=click.Path(path_type=Path))
@click.option("--at", default="", help="2026-12-31T23:30: as if it were said then.")
@click.option("--segment", "mine", multiple=True, help="As if by a follower in it.")
@_stage
@as_json
def test(
    text: str, files: tuple[Path, ...], at: str, mine: tuple[str, ...], stage: str, json_: bool
) -> None:
    """Which rule answers TEXT, and which others would, in their order."""
    if files:
        read, zone = _of_files(files), SHANGHAI
    else:
        common.services()
        read, zone = rulebook.stored(account().id, stage), _zone()
    now = _instant(at, zone) if at else common.now()
    word = command(normalise(text))
    hits = Rules(read).hits(normalise(text))
    fits = [one.fits(now, zone, mine.__contains__) for one in hits]
    found = {
        "rights_word": word if word in RIGHTS else "",
        "answers": "" if word in RIGHTS else _first(hits, fits),
        "hits": [
            {"rule": one.rule.slug, "match": one.match, "keyword": one.text, "now": fit}
            for one, fit in zip(hits, fits, strict=True)
        ],
    }
    show(found, json_, lambda: _tried(found))


@rules.command("list")
@_stage
@as_json
def list_(stage: str, json_: bool) -> None:
    """The rules in the store."""
    common.services()
    read = rulebook.stored(account().id, stage)
    show(rulebook.write(read), json_, lambda: _rows(read))


@rules.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@_stage
@click.option("--force", is_flag=True, help="Also with errors.")
@_lang
def import_(files: tuple[Path, ...], stage: str, force: bool, lang: str) -> None:
    """Save the rules in FILES, each in place of the one with its slug: all, or none."""
    common.services()
    read = _of_files(files)
    found = rulebook.keep(
        account().id, read, common.now(), _zone(), stage=stage, force=force
    )  # fmt: skip
    click.echo(f"{len(read)} rules in {stage}")
    for line in _lines(found, lang):
        click.echo(line, err=True)


@rules.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@_stage
def export(file: Path | None, stage: str) -> None:
    """Write the rules in the store to FILE (.yaml or .json), or as YAML on the screen."""
    common.services()
    document = {"rules": rulebook.write(rulebook.stored(account().id, stage))}
    if file is None:
        click.echo(write_yaml(document), nl=False)
        return
    suffix = file.suffix.lower()
    if suffix not in (".yaml", ".yml", ".json"):
        raise click.BadParameter("wants a file .yaml, .yml or .json", param_hint="FILE")
    text = write_json(document) if suffix == ".json" else write_yaml(document)
    file.write_text(text, encoding="utf-8")
    click.echo(f"{len(document['rules'])} rules in {file.name}")


@rules.command()
@click.argument("slug")
@_stage
def remove(slug: str, stage: str) -> None:
    """Remove a rule from the store."""
    common.services()
    talk.begin_draft(account().id, stage)
    gone = talk.remove(account().id, "rule", slug, stage=stage)
    click.echo(f"rule {slug} " + ("removed" if gone else "is not there"))


def _zone() -> ZoneInfo:
    return ZoneInfo(account().timezone)


def _of_files(files: Iterable[Path]) -> list[Rule]:
    """The rules of all files as one set. A file holds {rules: [...]}, a list, or one rule."""
    documents: list[Any] = []
    for file in files:
        found = read_file(file)
        if isinstance(found, dict) and isinstance(found.get("rules"), list):
            found = found["rules"]
        documents += found if isinstance(found, list) else [found]
    return rulebook.read(documents)


def _instant(text: str, zone: ZoneInfo) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            "wants an instant like 2026-12-31T23:30", param_hint="--at"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _report(read: list[Rule], found: list[Finding], lang: str, json_: bool) -> None:
    wrong = sum(one.level == "error" for one in found)
    counted = {"rules": len(read), "errors": wrong, "warnings": len(found) - wrong}
    shown = {**counted, "findings": [one.to_json() for one in found]}
    show(shown, json_, lambda: [*_lines(found, lang), _sum(counted, lang)])
    if wrong:
        sys.exit(1)


def _lines(found: Iterable[Finding], lang: str) -> Iterable[str]:
    for one in found:
        yield f"{_LEVELS[one.level] if lang == 'zh' else one.level} {one.kind}: {one.why(lang)}"


def _sum(counted: dict[str, int], lang: str) -> str:
    if lang == "zh":
        return "{rules} 条规则，{errors} 个错误，{warnings} 个提醒".format(**counted)
    return "{rules} rules, {errors} errors, {warnings} warnings".format(**counted)


def _first(hits: Iterable[Entry], fits: Iterable[bool]) -> str:
    pairs = zip(hits, fits, strict=True)
    return next((one.rule.slug for one, fit in pairs if fit), "")


def _tried(found: dict[str, Any]) -> Iterable[str]:
    if found["rights_word"]:
        yield f"rights: {found['rights_word']} goes before every rule"
    else:
        yield f"answers: {found['answers'] or 'no rule'}"
    if found["hits"]:
        names = ("rule", "match", "keyword", "now")
        yield from table(found["hits"], {name: name for name in names})


def _rows(read: Iterable[Rule]) -> Iterable[str]:
    rows = [
        {
            "slug": rule.slug,
            "on": rule.on,
            "priority": rule.priority,
            "keywords": len(rule.keywords) or len(rule.scenes),
            "answers": len(rule.answers),
            "enabled": "" if rule.enabled else "off",
            "name": rule.name,
        }
        for rule in read
    ]
    names = ("slug", "on", "priority", "keywords", "answers", "enabled", "name")
    return table(rows, {name: name for name in names})

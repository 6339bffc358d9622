"""`hongyan talk`: the documents of what the house says, from files and to files."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import click

from bot.cli import common
from bot.cli.common import account, as_json, show, table
from bot.errors import Conflict, InvalidInput, NotFound
from bot.store import talk as store
from bot.store.db import transaction
from bot.store.talk import DRAFT, KINDS, LIVE, PREVIOUS
from bot.talk import rulebook, training
from bot.talk.checking import Fault, Faulty, keep_checked, look
from bot.talk.documents import stored, to_value, write_files
from bot.talk.editing import Difference, difference
from bot.talk.files import write_yaml

_kind = click.Choice(KINDS)
_reading = click.option(
    "--stage", type=click.Choice([LIVE, DRAFT, PREVIOUS]), default=LIVE, show_default=True
)
_writing = click.option(
    "--stage", type=click.Choice([DRAFT, LIVE]), default=DRAFT, show_default=True,
    help="A draft begins as a copy of what is live."
)  # fmt: skip


@click.group()
def talk() -> None:
    """What the bot says: rules, intents, questions, forms, entities, settings, examples."""


@talk.command("list")
@_reading
@click.option("--kind", type=_kind, help="Only documents of this kind.")
@as_json
def list_(stage: str, kind: str | None, json_: bool) -> None:
    """The documents of a stage; beside intents how many examples they have."""
    owner = account().id
    counts = store.count_examples(owner, stage)
    rows = [
        {
            "kind": one.kind,
            "slug": one.slug,
            "title": _title(one.document),
            "examples": counts.get(one.slug, 0) if one.kind == "intent" else "",
            "origin": " ".join(one.origin.split(" ")[:2]) or "by hand",
            "updated_at": f"{one.updated_at:%Y-%m-%d %H:%M}",
        }
        for one in store.documents(owner, stage, kind or "")
    ]
    headings = {name: name for name in ("kind", "slug", "examples", "origin", "title")}
    show({"stage": stage, "documents": rows, "examples": counts}, json_,
         lambda: table(rows, headings))  # fmt: skip


def _title(document: Any) -> str:
    questions = document.get("questions") or [""]
    return str(document.get("title") or document.get("name") or questions[0])


@talk.command("show")
@click.argument("kind", type=_kind)
@click.argument("slug")
@_reading
@as_json
def show_(kind: str, slug: str, stage: str, json_: bool) -> None:
    """One document, as YAML."""
    found = [one for one in store.documents(account().id, stage, kind) if one.slug == slug]
    if not found:
        raise NotFound(f"there is no {kind} {slug} in {stage}")
    document = dict(found[0].document)
    show(document, json_, lambda: [write_yaml(document).rstrip()])


@talk.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@_writing
@click.option("--replace", "whole", is_flag=True, help="Remove what the files do not have.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@as_json
def import_(files: tuple[Path, ...], stage: str, whole: bool, dry_run: bool, json_: bool) -> None:
    """Put FILES (.yaml, .json, .jsonl, or folders of them) into a stage, all or nothing.

    Refused: what cannot be read, and what names a form, intent, entity, coupon batch, segment or
    topic that is not there. A dry run lists all of it.
    """
    owner, given = account().id, look(files)
    try:
        found = keep_checked(
            owner, given, common.now(), stage=stage, whole=whole, dry_run=dry_run
        )  # fmt: skip
    except Faulty as error:
        if not dry_run:
            more = "; --dry-run lists all" if len(error.faults) > 1 else ""
            raise InvalidInput(f"{error}{more}") from None
        _list_faults(error.faults, json_)
    _say(found, json_)
    if found.nothing or dry_run or json_:
        return
    _xrayed(owner, stage)
    if found.examples:
        click.echo(f"examples changed; learn from them with: hongyan nlu train --stage {stage}")
    if stage == DRAFT:
        click.echo("in the draft; see hongyan talk diff, then hongyan talk publish")


@talk.command()
@click.option("--out", type=click.Path(path_type=Path), help="A folder, or a file .yaml or .json.")
@_reading
def export(out: Path | None, stage: str) -> None:
    """Write a stage out: into a folder, a file, or to standard output as YAML."""
    if out is not None and out.suffix.lower() in (".jsonl", ".txt", ".csv"):
        raise click.BadParameter("wants a folder, or a file .yaml or .json", param_hint="--out")
    found = stored(account().id, stage)
    if out is None:
        click.echo(write_yaml(to_value(found)), nl=False)
    else:
        for path in write_files(found, out):
            click.echo(f"written: {path}", err=True)
    if found.own_words:
        click.echo(
            f"{found.own_words} examples are followers' own words and stay in the store", err=True
        )


@talk.command()
@click.option("--from", "old", type=click.Choice([LIVE, PREVIOUS]), default=LIVE, show_default=True)
@click.option("--to", "new", type=click.Choice([DRAFT, LIVE]), default=DRAFT, show_default=True)
@as_json
def diff(old: str, new: str, json_: bool) -> None:
    """What publishing the draft would change."""
    owner = account().id
    for stage in {old, new} - {LIVE}:
        if not store.has(owner, stage):
            raise NotFound(f"there is no {stage}")
    _say(difference(stored(owner, old), stored(owner, new)), json_)


@talk.command()
def publish() -> None:
    """Make the draft live; what was live can be rolled back to.

    Refused where it names something that is not there, or an answer still asks you what to say.
    """
    owner = account().id
    try:
        done = training.publish(owner, common.now())
    except Faulty as error:
        _list_faults(error.faults, json_=False)
    if not done:
        raise Conflict("there is no draft; begin one with: hongyan talk import")
    _done("the draft is live", owner)


@talk.command()
def rollback() -> None:
    """Make live again what was live before; twice is as before."""
    owner = account().id
    if not training.roll_back(owner, common.now()):
        raise Conflict("nothing was live before")
    _done("what was live before is live again", owner)


def _done(what: str, owner: int) -> None:
    click.echo(f"{what}, version {store.version(owner)}")
    if not training.is_current(owner):
        click.echo("the model is of other examples; learn anew with: hongyan nlu train")


@talk.command()
def discard() -> None:
    """Forget the draft."""
    there = training.drop_draft(account().id)
    click.echo("the draft is gone" if there else "there was no draft")


@talk.command()
@click.argument("kind", type=_kind)
@click.argument("slug")
@_writing
@click.option("--examples", is_flag=True, help="Of an intent: remove its examples, too.")
def remove(kind: str, slug: str, stage: str, examples: bool) -> None:
    """Remove one document."""
    owner = account().id
    with transaction():  # a draft is not begun for nothing
        store.begin_draft(owner, stage)
        if not store.remove(owner, kind, slug, stage=stage):
            raise NotFound(f"there is no {kind} {slug} in {stage}")
        more = _with_examples(owner, slug, stage, examples) if kind == "intent" else ""
    click.echo(f"{kind} {slug} is removed{more}")


def _with_examples(owner: int, slug: str, stage: str, remove: bool) -> str:
    """What becomes of the examples of an intent that is gone, in words."""
    if remove:
        gone = store.remove_intent_examples(owner, slug, stage=stage)
        return f", and {gone} examples" if gone else ""
    stay = store.count_examples(owner, stage).get(slug, 0)
    return f"; its {stay} examples stay (--examples removes them, too)" if stay else ""


def _list_faults(faults: Iterable[Fault], json_: bool) -> NoReturn:
    """All that is wrong, a line each; the command has failed."""
    show({"faults": [asdict(one) for one in faults]}, json_, lambda: ())
    if not json_:
        for one in faults:
            click.echo(f"hongyan: {one}", err=True)
    sys.exit(1)


def _xrayed(owner: int, stage: str) -> None:
    """What is wrong with the rules as they stand now, as `hongyan rules xray` says it."""
    zone = ZoneInfo(account().timezone)
    for one in rulebook.look(owner, rulebook.stored(owner, stage), common.now(), zone):
        click.echo(f"{one.level}: {one.why('zh')}", err=True)


def _say(found: Difference, json_: bool) -> None:
    show({**asdict(found), "nothing": found.nothing}, json_, lambda: _lines(found))


def _lines(found: Difference) -> Iterable[str]:
    signs = {"added": "+", "changed": "~", "removed": "-"}
    for one in found.documents:
        fields = f": {', '.join(one.fields)}" if one.fields else ""
        yield f"{signs[one.what]} {one.kind} {one.slug}{fields}"
    for intent, (came, went) in (found.examples or {}).items():
        yield f"  examples of {intent}: +{came} -{went}"
    if found.nothing:
        yield "no difference"

"""`hongyan content`: the content library, its message templates, and the linter."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from bot.cli import common
from bot.cli.common import account, as_json, show, table, zone
from bot.cli.content_lint import lint, preview, terms
from bot.cli.privacy import actor, looked
from bot.clock import wall
from bot.content import library
from bot.content.documents import Kind
from bot.content.library import Brought, Given, Refused
from bot.errors import InvalidInput
from bot.imports import content_rows
from bot.imports.sources import open_source
from bot.store import contents
from bot.store.contents import ContentState
from bot.talk.files import read_file, write_yaml

_DOCUMENTS = (".yaml", ".yml", ".json", ".jsonl")
_kind = click.Choice([kind.value for kind in Kind])


@click.group()
def content() -> None:
    """Products, articles, advertisements, pages, coupon batches and message templates."""


content.add_command(lint)
content.add_command(preview)
content.add_command(terms)


@content.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--kind", type=_kind, help="Of table rows that say none; product.")
@click.option("--sheet", default="", help="Of a workbook; its first one.")
@click.option("--by", default="", help="Who edits, for the kept versions.")
@as_json
def import_(file: Path, kind: str | None, sheet: str, by: str, json_: bool) -> None:
    """Keep what FILE holds as drafts: .yaml, .json, .jsonl of documents, or a table (.csv, .xlsx)
    with a column each. The same file again changes nothing.

    What breaks a rule is rejected with its place; the rest is kept.
    """
    given, ignored = _given(file, kind or "", sheet)
    with tqdm(given, unit="", disable=None, leave=False) as bar:
        done = library.bring(
            account().id, bar, common.now(), author=by or actor().removeprefix("operator:")
        )
    counts = {k: v for k, v in done.to_json().items() if k != "rejected"}
    looked("content_import", **counts, rejected=len(done.rejected))
    show({**done.to_json(), "ignored": ignored}, json_, lambda: _brought(done, ignored))
    if done.rejected and not (done.added or done.changed or done.unchanged):
        raise InvalidInput(f"{file.name}: nothing of it could be kept")


def _given(file: Path, kind: str, sheet: str) -> tuple[Iterable[Given], list[str]]:
    """The documents of a file, and the columns of a table that are not used."""
    if file.suffix.lower() in _DOCUMENTS:
        return list(_documents(read_file(file))), []
    return content_rows.given(open_source(file, sheet=sheet), kind)


def _documents(value: Any) -> Iterator[Given]:
    """One document, a list of them, or a mapping with the list under `contents`."""
    if isinstance(value, dict) and set(value) == {"contents"}:
        value = value["contents"]
    for number, document in enumerate(value if isinstance(value, list) else [value], start=1):
        yield f"document {number}", document


def _brought(done: Brought, ignored: list[str]) -> Iterator[str]:
    for place, reason in done.rejected:
        yield f"{place}: {reason}"
    if ignored:
        yield f"columns that are not used: {'、'.join(ignored)}"
    yield (
        f"added {done.added}, changed {done.changed}, unchanged {done.unchanged},"
        f" rejected {len(done.rejected)}"
    )
    if done.added or done.changed:
        yield "kept as drafts; let them go out with: hongyan content publish SLUG"


@content.command("list")
@click.option("--kind", type=_kind, help="Only of this kind.")
@click.option("--topic", default="", help="Only of this topic.")
@click.option("--archived", is_flag=True, help="Archived ones, too.")
@as_json
def list_(kind: str | None, topic: str, archived: bool, json_: bool) -> None:
    """The pieces of content, by slug."""
    found = contents.all_of(account().id, kind=kind or "", archived=archived)
    rows = [
        _row(state, topics)
        for state, document in found
        if topic in (topics := document.get("topics", {})) or not topic
    ]
    headings = {name: name for name in ("slug", "kind", "state", "version", "topics", "title")}
    shown = [{**row, "topics": "、".join(row["topics"])} for row in rows]
    show({"contents": rows}, json_, lambda: table(shown, headings))


def _row(state: ContentState, topics: dict[str, float]) -> dict[str, Any]:
    return {
        "slug": state.slug,
        "kind": state.kind,
        "state": state.state,
        "version": state.latest,
        "published": state.published,
        "topics": topics,
        "title": state.title,
        "updated_at": state.updated_at.isoformat(timespec="seconds"),
    }


@content.command("show")
@click.argument("slug")
@click.option("--version", "number", type=click.IntRange(1), help="The latest one without.")
@as_json
def show_(slug: str, number: int | None, json_: bool) -> None:
    """One piece of content as YAML, with its versions."""
    state = contents.by_slug(account().id, slug)
    shown = contents.version(state.id, number or state.latest)
    versions = [
        {"number": one.number, "by": one.author, "at": one.at.isoformat(timespec="seconds"),
         "published": one.number == state.published}
        for one in contents.versions(state.id)
    ]  # fmt: skip
    found = {"state": state.state, "version": shown.number, "document": shown.document,
             "versions": versions}  # fmt: skip
    show(found, json_, lambda: _shown(found))


def _shown(found: dict[str, Any]) -> Iterator[str]:
    yield f"# {found['state']}, version {found['version']}"
    yield write_yaml(found["document"]).rstrip()
    for one in found["versions"]:
        mark = "  published" if one["published"] else ""
        at = wall(datetime.fromisoformat(one["at"]), zone())
        yield f"# version {one['number']}  {at}  {one['by']}{mark}"


@content.command()
@click.argument("slug")
@click.argument("old", type=click.IntRange(1), required=False)
@click.argument("new", type=click.IntRange(1), required=False)
@as_json
def diff(slug: str, old: int | None, new: int | None, json_: bool) -> None:
    """What version NEW has otherwise than OLD: the latest and the published one without."""
    state = contents.by_slug(account().id, slug)
    old, new = old or state.published or max(1, state.latest - 1), new or state.latest
    changes = library.difference(account().id, slug, old, new)

    def lines() -> Iterator[str]:
        yield f"version {old} -> {new}: {len(changes)} fields"
        for one in changes:
            yield f"  {one.field}: {_plain(one.old)} -> {_plain(one.new)}"

    show({"old": old, "new": new, "changes": [asdict(one) for one in changes]}, json_, lines)


def _plain(value: Any) -> str:
    return "–" if value is None else json.dumps(value, ensure_ascii=False)


@content.command()
@click.argument("slug")
@click.option("--version", "number", type=click.IntRange(1), help="The latest one without.")
@click.option("--despite", multiple=True, help="A rule that you take upon yourself; repeat it.")
@as_json
def publish(slug: str, number: int | None, despite: tuple[str, ...], json_: bool) -> None:
    """Let a version go out; refused while the linter finds errors in it."""
    try:
        state, findings, moved = library.publish(
            account().id, slug, common.now(), number=number, despite=despite,
            public_url=common.settings().public,
        )  # fmt: skip
    except Refused as error:
        for one in error.findings:
            click.echo(one.line(), err=True)
        raise
    if moved:
        looked("content_publish", slug=slug, version=state.published, despite=list(despite))
    done = f"{slug}: version {state.published} is published{'' if moved else ' already'}"
    found = {"slug": slug, "published": state.published, "changed": moved,
             "findings": [one.to_json() for one in findings]}  # fmt: skip
    show(found, json_, lambda: [*(one.line() for one in findings), done])


@content.command()
@click.argument("slug")
@as_json
def archive(slug: str, json_: bool) -> None:
    """Take a piece out of use; refused while something names it. Publishing brings it back."""
    changed = library.archive(account().id, slug, common.now())
    if changed:
        looked("content_archive", slug=slug)
    done = f"{slug} is archived{'' if changed else ' already'}"
    show({"slug": slug, "archived": True, "changed": changed}, json_, lambda: [done])


@content.command("where-used")
@click.argument("slug")
@as_json
def where_used(slug: str, json_: bool) -> None:
    """Campaigns, journeys, answers, forms and content that name it."""
    rows = [asdict(one) for one in library.where_used(account().id, slug)]
    headings = {name: name for name in ("kind", "slug", "stage", "path")}
    show({"slug": slug, "uses": rows}, json_,
         lambda: table(rows, headings) if rows else [f"nothing names {slug}"])  # fmt: skip

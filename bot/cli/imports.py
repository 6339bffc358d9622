"""`hongyan imports`, and importing and exporting for the groups that have data in files."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from tqdm import tqdm

from bot.cli import common
from bot.cli.common import account, as_json, show, table
from bot.cli.privacy import actor
from bot.errors import Conflict, InvalidInput, NotFound
from bot.imports import running
from bot.imports.exporting import FORMATS, export_followers, harmless
from bot.imports.guessing import as_declared, guess
from bot.imports.mapping import KINDS, format_of, parse
from bot.imports.rejects import KEPT_DAYS, RejectFile, kept, said
from bot.imports.rejects import table as table_of
from bot.imports.running import Prepared, Result
from bot.imports.sources import Source, open_source
from bot.profile.refresh import fold_new
from bot.store import attribute_types, audit, exports, import_rejects, profiles, segments
from bot.store import imports as store
from bot.store.db import transaction
from bot.talk.files import read_file, write_yaml

_path = click.Path(path_type=Path)


@click.group()
def imports() -> None:
    """Imports: list, show, rejects, mappings."""


@imports.command("list")
@as_json
def list_(json_: bool) -> None:
    """What was imported, the newest first."""
    rows = [_brief(one.to_json()) for one in store.runs(account().id)]
    headings = {
        name: name for name in ("id", "kind", "state", "read", "taken", "unchanged", "rejected",
                                "duplicates", "started_at", "file")
    }  # fmt: skip
    show({"imports": rows}, json_, lambda: table(rows, headings))


def _brief(run: dict[str, Any]) -> dict[str, Any]:
    counts = ("read", "taken", "unchanged", "rejected", "duplicates")
    report = run["report"] or {"read": f"{run['position']} so far"}
    return {
        **{name: run[name] for name in ("id", "kind", "file", "state", "started_at", "ended_at")},
        **{name: report.get(name, "") for name in counts},
    }


@imports.command("show")
@click.argument("run_id", type=click.IntRange(1, 2**31 - 1), metavar="ID")
@as_json
def show_(run_id: int, json_: bool) -> None:
    """One import: its report and its mapping."""
    run = store.get(account().id, run_id)
    found = run.to_json() | {"rejects": import_rejects.count(run.id)}
    show(found, json_, lambda: [write_yaml(found).rstrip()])


@imports.command()
@click.argument("run_id", type=click.IntRange(1, 2**31 - 1), metavar="ID")
@click.option("--out", type=_path, help="Write them to this CSV, readable by you only.")
@click.option("--drop", is_flag=True, help="Forget them.")
@as_json
def rejects(run_id: int, out: Path | None, drop: bool, json_: bool) -> None:
    """The rows that an import rejected: line, field, reason, and the row as it stood; logged."""
    found = store.get(account().id, run_id)
    count = import_rejects.count(found.id)
    if drop:
        with transaction():
            _noted("rejects_dropped", found.id, import_rejects.drop(found.id))
        show({"dropped": count}, json_, lambda: [f"{count} rejected rows forgotten"])
        return
    if not count:
        show([], json_, lambda: ["no rejected rows are kept"])
        return
    _noted("rejects_opened", found.id, count)
    header = import_rejects.header(found.id)
    if out is not None:
        _write_rejects(out, header, found.id)
        show({"file": str(out), "rows": count}, json_, lambda: [f"{count} rows in {out.name}"])
    else:
        _print_rejects(table_of(header, kept(found.id)), json_)


def _noted(action: str, run_id: int, rows: int) -> None:
    audit.record(actor(), action, common.now(), detail={"import": run_id, "rows": rows})


def _write_rejects(path: Path, header: list[str], run_id: int) -> None:
    file = RejectFile(path, header)
    try:
        file.write(kept(run_id))
    finally:
        file.close()


def _print_rejects(rows: Iterator[list[str | int]], json_: bool) -> None:
    if json_:
        head = [str(cell) for cell in next(rows)]
        click.echo(json.dumps([_paired(head, row) for row in rows], ensure_ascii=False))
        return
    for row in rows:
        line = io.StringIO(newline="")
        csv.writer(line).writerow(map(harmless, row))
        click.echo(line.getvalue(), nl=False)


def _paired(header: list[str], row: list[str | int]) -> dict[str, str]:
    names = [*header, *(f"more {n}" for n in range(len(row)))]
    return {name: str(cell) for name, cell in zip(names, row, strict=False)}


@imports.command()
@click.argument("name", default="")
@as_json
def mappings(name: str, json_: bool) -> None:
    """The mappings that are kept, or the one called NAME, to be edited."""
    owner = account().id
    if name:
        found = store.mapping(owner, name)
        if found is None:
            raise NotFound(f"there is no mapping {name!r}")
        show(found, json_, lambda: [write_yaml(found).rstrip()])
        return
    rows = [
        {"name": kept, "kind": document.get("kind"), "columns": len(document.get("columns", ())),
         "changed": at.isoformat(timespec="seconds")}
        for kept, document, at in store.mappings(owner)
    ]  # fmt: skip
    headings = {key: key for key in ("name", "kind", "columns", "changed")}
    show({"mappings": rows}, json_, lambda: table(rows, headings))


# --- importing ---------------------------------------------------------------------------------


def import_command(kinds: tuple[str, ...]) -> click.Command:
    """The command `import` of a group; of several kinds the first is the default."""

    @click.command("import")
    @click.argument("file", type=_path)
    @click.option("--kind", type=click.Choice(kinds), default=kinds[0], show_default=True)
    @click.option(
        "--mapping",
        "mapping",
        metavar="NAME|FILE",
        default="",
        help="A kept mapping or a .yaml or .json file; without it one is guessed.",
    )
    @click.option("--save-mapping", metavar="NAME", default="", help="Keep the mapping so named.")
    @click.option("--show-mapping", is_flag=True, help="Only print the mapping, to be edited.")
    @click.option("--dry-run", is_flag=True, help="The whole report; nothing is written.")
    @click.option("--rejects", type=_path, help="Write the rejected rows to this CSV, too.")
    @click.option("--sheet", metavar="NAME", default="", help="Of a workbook; else the first.")
    @click.option("--yes", is_flag=True, help="Take a guessed mapping without asking.")
    @click.option("--no-fold", is_flag=True, help="Leave the profiles to the scheduler.")
    @as_json
    def import_(
        file: Path,
        kind: str,
        mapping: str,
        save_mapping: str,
        show_mapping: bool,
        dry_run: bool,
        rejects: Path | None,
        sheet: str,
        yes: bool,
        no_fold: bool,
        json_: bool,
    ) -> None:
        """Bring in FILE (.csv, .xlsx, .jsonl, packed by .gz or not); once, however often it is
        repeated, and from where it stopped when it was interrupted."""
        owner, now = account().id, common.now()
        document, source = _mapping(owner, file, kind, mapping, sheet, now)
        if show_mapping:
            click.echo(
                json.dumps(document, ensure_ascii=False, indent=2)
                if json_
                else write_yaml(document).rstrip()
            )
            return
        parsed = parse(document)
        typed = click.get_current_context().get_parameter_source("kind")
        if parsed.kind != kind and typed is ParameterSource.COMMANDLINE:
            why = f"--kind says {kind}, and the mapping is of {parsed.kind}: leave one out"
            raise InvalidInput(why, "kind")
        if parsed.kind not in kinds:
            raise InvalidInput(
                f"the mapping is of {parsed.kind}, and {kinds[0]} are wanted", "kind"
            )
        if not mapping and not json_:
            _ask(document, source, yes or dry_run)
        if save_mapping:
            _keep(owner, save_mapping, document, now)
        with _bar(json_) as progress:
            prepared = running.prepare(source, parsed, now, progress)
            result = _carry_out(owner, prepared, now, dry_run, rejects, progress)
        folded = 0 if dry_run or no_fold else _fold(now, json_)
        _say(result, source, folded, json_)

    return import_


def _carry_out(
    owner: int, prepared: Prepared, now: datetime, dry: bool, rejects: Path | None, progress: Any
) -> Result:
    if dry:
        return running.dry_run(owner, prepared, now, rejects, progress)
    result = running.run(owner, prepared, common.now, progress)
    if rejects is not None and result.run_id and (count := import_rejects.count(result.run_id)):
        _noted("rejects_opened", result.run_id, count)
        _write_rejects(rejects, list(prepared.source.header), result.run_id)
    return result


def _mapping(
    owner: int, file: Path, kind: str, wanted: str, sheet: str, now: datetime
) -> tuple[dict[str, Any], Source]:
    """The document, and the file opened as it says."""
    if not wanted:
        source = open_source(file, sheet=sheet)
        return as_declared(guess(source, kind, now), attribute_types.of_account(owner)), source
    document = store.mapping(owner, wanted)
    if document is None:
        path = Path(wanted)
        if path.suffix.lower() not in (".yaml", ".yml", ".json"):
            raise NotFound(f"there is no mapping {wanted!r}; hongyan imports mappings lists them")
        document = read_file(path)
    parse(document)
    form = format_of(document)
    return document, open_source(file, **(form | {"sheet": sheet} if sheet else form))


def _keep(owner: int, name: str, document: dict[str, Any], now: datetime) -> None:
    if not 1 <= len(name) <= 64 or name.endswith((".yaml", ".yml", ".json")):
        raise InvalidInput("a mapping's name has 1 to 64 characters, and is no file", "name")
    with transaction():
        store.keep_mapping(owner, name, document, now)


def _ask(document: dict[str, Any], source: Source, yes: bool) -> None:
    """Show what was guessed; on a terminal, ask."""
    how = ", ".join(f"{key} {value}" for key, value in document["format"].items())
    click.echo(f"{source.path.name}: {source.kind}, {how}; guessed columns:", err=True)
    for header, spec in document["columns"].items():
        said_ = (
            spec
            if isinstance(spec, str)
            else " ".join(str(value) for key, value in spec.items() if key != "values")
        )
        click.echo(f"  {header} -> {said_}", err=True)
    if not yes and sys.stdin.isatty() and not click.confirm("Import so?", err=True):
        raise Conflict("not imported; --show-mapping prints the mapping, to be edited")


@contextmanager
def _bar(quiet: bool) -> Iterator[Any]:
    """A bar for each of both passes, on a terminal. Without tqdm's watching thread: an import of a
    long file forks (`bot.imports.ahead`), and a fork wants to be alone."""
    tqdm.monitor_interval = 0
    bars: dict[str, Any] = {}

    def progress(phase: str, done: int, total: int) -> None:
        if phase not in bars:
            for bar in bars.values():
                bar.close()
            bars[phase] = tqdm(
                desc=phase, total=total or None, unit="row", disable=True if quiet else None
            )
        bars[phase].update(done)

    try:
        yield progress
    finally:
        for bar in bars.values():
            bar.close()


def _fold(now: datetime, quiet: bool) -> int:
    """Bring the profiles up to date; a scheduler that does it at the same time shares the work."""
    total, done = profiles.backlog(), 0
    with tqdm(desc="profiles", total=total, unit="event", disable=True if quiet else None) as bar:
        while folded := fold_new(now, most=5000):
            done += folded
            bar.update(folded)
    return done


def _say(result: Result, source: Source, folded: int, json_: bool) -> None:
    value = {
        "import": result.run_id,
        "file": source.path.name,
        "format": {"kind": source.kind, "encoding": source.encoding,
                   "delimiter": source.delimiter, "sheet": source.sheet},
        "resumed_at": result.resumed_at,
        **result.report.to_json(),
        "earlier_import": result.earlier,
        "folded": folded,
    }  # fmt: skip
    show(value, json_, lambda: _lines(result))


def _lines(result: Result) -> Iterable[str]:
    report = result.report
    name = f"import {result.run_id}" if result.run_id else "dry run, nothing written"
    if result.resumed_at:
        name += f", went on at row {result.resumed_at + 1}"
    yield (
        f"{name}: {report.read} read = {report.taken} taken + {report.unchanged} unchanged"
        f" + {report.rejected} rejected + {report.duplicates} duplicates"
    )
    yield f"{report.followers_made} new followers, {report.events} events"
    if report.joined or report.conflicts:
        yield _people(report.joined, report.conflicts)
    if result.earlier:
        yield (
            f"nothing is new: import {result.earlier} took these lines under another mapping, and"
            " what they told stays; the way out stands in docs/how-to/import-and-export.md"
        )
    if report.waiting:
        yield f"{report.waiting} rows wait until it is known which follower they are about"
    for column, kinds in sorted(report.changes.items()):
        yield f"  {column}: " + ", ".join(f"{kind} {times}" for kind, times in kinds.most_common())
    for reason, times in report.reasons.most_common():
        yield f"  rejected, {said(reason, 'en')} ({said(reason, 'zh')}): {times}"
    for reject in result.first[:5]:
        field, reason = reject.faults[0]
        yield f"    line {reject.line.number} {field}: {said(reason, 'en')}"
    if report.ignored:
        yield f"left out: {'、'.join(report.ignored)}"
    if report.rejected and result.run_id:
        yield f"rejected rows, for {KEPT_DAYS} days: hongyan imports rejects {result.run_id}"


def _people(joined: int, conflicts: int) -> str:
    line = f"{joined} {'identity' if joined == 1 else 'identities'} joined"
    if not conflicts:
        return line
    word = "conflict" if conflicts == 1 else "conflicts"
    return f"{line}, {conflicts} {word}: hongyan identity conflicts"


# --- exporting ---------------------------------------------------------------------------------


@click.command("export")
@click.argument("file", type=_path)
@click.option("--segment", metavar="SLUG", default="", help="Only its members.")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Else by FILE's suffix.")
@click.option("--personal", is_flag=True, help="With openid and unionid; this is logged.")
@as_json
def export(file: Path, segment: str, format_: str | None, personal: bool, json_: bool) -> None:
    """Write followers to FILE (.csv, .xlsx, .jsonl), by number and without openids."""
    owner, now = account().id, common.now()
    segment_id = segments.by_slug(owner, segment).id if segment else None
    if personal:
        detail = {"segment": segment, "followers": exports.count(owner, segment_id)}
        audit.record(actor(), "export_personal", now, detail=detail)
        click.echo("an export with openids: it is logged (hongyan privacy log)", err=True)
    total = exports.count(owner, segment_id)
    if not personal:
        audit.record(actor(), "export", now, detail={"segment": segment, "followers": total})
    with tqdm(total=total, unit="follower", disable=True if json_ else None) as bar:
        report = export_followers(
            owner, file, now, segment_id=segment_id, personal=personal, format_=format_ or "",
            progress=bar.update,
        )  # fmt: skip
    value = {"file": str(file), "followers": report.followers, "columns": list(report.columns)}
    show(value, json_, lambda: [f"{report.followers} followers in {file.name}"])


@click.group()
def orders() -> None:
    """Orders: import."""


followers_import = import_command(KINDS)
orders.add_command(import_command(("orders",)))

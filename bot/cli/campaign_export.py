"""`hongyan campaign export`: what was sent, or the report, into a file."""

from __future__ import annotations

from pathlib import Path

import click
from tqdm import tqdm

from bot import campaign as use
from bot.cli import common
from bot.cli.common import account, as_json, show
from bot.imports.exporting import FORMATS
from bot.imports.exporting_sends import export_report, export_sends
from bot.store import send_exports


@click.command("export")
@click.argument("id")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--report", is_flag=True, help="The report, a figure a line, instead of the sends.")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Else by FILE's suffix.")
@as_json
def export(id: str, file: Path, report: bool, format_: str | None, json_: bool) -> None:
    """Write a line for each send of campaign ID to FILE (.csv, .xlsx, .jsonl): by pseudonym, with
    state, reason, variant, channel, times and what came of it."""
    owner = account().id
    found = use.find(owner, id)
    if report:
        lines = export_report(
            use.report_of(owner, id, common.now()).to_json(), file, format_=format_ or ""
        )
        what = "figures"
    else:
        total = send_exports.count(found.id)
        with tqdm(total=total, unit="send", disable=True if json_ else None) as bar:
            lines = export_sends(found.id, file, format_=format_ or "", progress=bar.update)
        what = "sends"
    value = {"campaign": found.slug, "file": str(file), what: lines}
    show(value, json_, lambda: [f"{lines} {what} in {file.name}"])

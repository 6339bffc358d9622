"""`hongyan statistics`: the platform's figures of followers, messages and articles."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta

import click
from tqdm import tqdm

from bot.cli import common
from bot.cli.common import account, as_json, services, show, table
from bot.collect import statistics as collecting
from bot.errors import InvalidInput
from bot.store import figures


@click.group()
def statistics() -> None:
    """Statistics of the platform: sync, show."""


@statistics.command()
@click.option("--day", help="One day, as 2026-11-21, read again where it was read.")
@as_json
def sync(day: str | None, json_: bool) -> None:
    """Read the figures of the days of the last week that are not read yet; may be repeated."""
    found, now = account(), common.now()
    days = [_date(day)] if day else collecting.due_days(found.id, now)
    client = services().client_of(found.id)
    with tqdm(unit="call", disable=None) as bar:
        reports = [
            collecting.sync_day(
                found.id, client, one, now, again=day is not None, progress=bar.update
            )
            for one in days
        ]
    rows = [{**asdict(one), "refused": ", ".join(one.refused)} for one in reports]
    headings = {name: name for name in ("day", "figures", "comments", "refused")}
    whole = {"days": [asdict(one) for one in reports]}
    show(whole, json_, lambda: table(rows, headings) if rows else ["every day is read"])


@statistics.command("show")
@click.option("--day", help="One day; else the last seven that are ready.")
@click.option("--report", default="", help="One report, as getarticlesummary.")
@as_json
def show_(day: str | None, report: str, json_: bool) -> None:
    """What was read: a line for each report, article or source, and day."""
    last = _date(day) if day else collecting.last_ready(common.now())
    first = last if day else last - timedelta(days=6)
    found = figures.of_days(account().id, first.isoformat(), last.isoformat(), report)
    rows = [
        {
            "day": one.day,
            "report": one.report,
            "subject": one.title or one.subject,
            "numbers": " ".join(f"{name}={value}" for name, value in one.numbers.items()),
        }
        for one in found
    ]
    headings = {name: name for name in ("day", "report", "subject", "numbers")}
    show({"figures": [one.to_json() for one in found]}, json_, lambda: table(rows, headings))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text[:20]}: a day is written as 2026-11-21", "day") from None

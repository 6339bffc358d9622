"""任务: what runs by the clock, how its last run ended, and when it comes again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from bot.console.gate import asker, page
from bot.console.health import BAD, COLOURS, is_silent, outcome_of
from bot.console.job_words import faults, job_said
from bot.console.rights import Right
from bot.console.shell import Words, language, render, shown_at, words, zone_of
from bot.store import job_list
from bot.store.job_list import Job


@page("/jobs", Right.SETTINGS)
def jobs_page() -> Response:
    """Every job's latest run; those that failed come first."""
    found, now, say = job_list.jobs(), asker().now, words()
    latest = max((one.started_at for one in found), default=None)
    silent = is_silent(found, now)
    rows = sorted((_row(one, say) for one in found), key=lambda row: not row["bad"])
    since = shown_at(latest, zone_of(None))
    return render("jobs.html", rows=rows, silent=silent, since=since)


def _row(one: Job, say: Words) -> dict[str, Any]:
    zone = zone_of(None)
    outcome = outcome_of(one, asker().now)
    took = (one.ended_at - one.started_at).total_seconds() if one.ended_at else None
    return {
        "name": job_said(one.name, language()),
        "key": one.name,
        "outcome": say(f"con.jobs.outcome.{outcome}"),
        "colour": COLOURS[outcome],
        "bad": outcome in BAD,
        "at": shown_at(one.started_at, zone),
        "took": "–" if took is None else f"{took:.1f}",
        "done": f"{one.done:,}",
        "faults": list(faults(one.error, asker(), say, language())),
        "raw": one.error,
        "every": every_said(one.every, say),
        "next": shown_at(one.next_at, zone),
    }


def every_said(every: timedelta | None, say: Words) -> str:
    if every is None:
        return "–"
    seconds = round(every.total_seconds())
    for unit, length in (("hours", 3600), ("minutes", 60), ("seconds", 1)):
        if seconds % length == 0:
            return say(f"con.jobs.every.{unit}", count=seconds // length)
    raise AssertionError("every number is divided by one")

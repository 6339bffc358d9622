"""Whether the jobs run: of each its latest run, of all how it stands, for whoever looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot.console.job_words import job_said
from bot.console.shell import Words, language, shown_at
from bot.store import job_list
from bot.store.job_list import Job

SILENT = timedelta(minutes=2)  # the most frequent jobs come every second
STUCK = timedelta(minutes=30)
COLOURS = {
    "done": "green",
    "idle": "secondary",
    "running": "blue",
    "failed": "red",
    "stuck": "red",
}
BAD = ("failed", "stuck")


class Line(NamedTuple):
    """A job in finished words."""

    name: str
    outcome: str
    colour: str
    at: str
    next: str


@dataclass(frozen=True)
class Health:
    """All jobs. last, next: when one ran, and when one comes; bad: how many failed or are stuck;
    silent: none has run for a while. Those that failed stand first."""

    last: str
    next: str
    bad: int
    silent: bool
    lines: Sequence[Line]


def outcome_of(one: Job, now: datetime) -> str:
    """As the store has it; stuck where a run does not end."""
    stuck = one.outcome == "running" and one.started_at < now - STUCK
    return "stuck" if stuck else one.outcome


def is_silent(found: Sequence[Job], now: datetime) -> bool:
    return max((one.started_at for one in found), default=now - 2 * SILENT) < now - SILENT


def health(now: datetime, zone: ZoneInfo, say: Words) -> Health:
    found = job_list.jobs()
    held = sorted(
        ((outcome_of(one, now), one) for one in found), key=lambda pair: pair[0] not in BAD
    )
    due = [one.next_at for one in found if one.next_at is not None]
    last = max((one.started_at for one in found), default=None)
    return Health(
        shown_at(last, zone),
        shown_at(min(due, default=None), zone),
        sum(outcome in BAD for outcome, _ in held),
        is_silent(found, now),
        [
            Line(
                job_said(one.name, language()),
                say(f"con.jobs.outcome.{outcome}"),
                COLOURS[outcome],
                shown_at(one.started_at, zone),
                shown_at(one.next_at, zone),
            )
            for outcome, one in held
        ],
    )

"""The jobs as the console lists them: the last run of each, and how often it comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from bot.clock import from_ms, instant
from bot.store.db import fetch
from bot.store.jobs import names

_LOOKED_AT = 6  # runs of a job; more of one that failed are not needed to know its rhythm


class Job(NamedTuple):
    """A job by its latest run. outcome: running, done, idle, failed.

    every    between its planned instants, as far as its kept runs show; None with one run only
    """

    name: str
    planned_at: datetime
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    done: int
    error: str
    every: timedelta | None

    @property
    def next_at(self) -> datetime | None:
        return self.planned_at + self.every if self.every else None


def jobs() -> list[Job]:
    """By name."""
    return [_job(name) for name in names()]


def _job(name: str) -> Job:
    rows = fetch(
        "SELECT slot, started_at, ended_at, outcome, done, error FROM job_run WHERE job = ?"
        " ORDER BY slot DESC LIMIT ?",
        (name, _LOOKED_AT),
    )
    planned, started, ended, outcome, done, error = rows[0]
    gaps = [later[0] - earlier[0] for later, earlier in pairwise(rows)]
    every = timedelta(milliseconds=min(gaps)) if gaps else None
    return Job(
        name, from_ms(planned), from_ms(started), instant(ended), outcome, done, error, every
    )

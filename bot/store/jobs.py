"""Runs of jobs: each planned instant of a job is run once, and how it ended is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.clock import from_ms, to_ms
from bot.store.db import fetch, insert_new, run


@dataclass(frozen=True, slots=True)
class LastRun:
    job: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str  # running, done, idle, failed
    done: int
    error: str


_LINE = re.compile(r"(?:\[([^\]\s]+)\] )?([A-Za-z]\w*): ?(.*)", re.DOTALL)
_LONGEST = 500
_MOST = 20


class Failure(NamedTuple):
    """Why a run failed, of one account or, where that is "", of all. kind: the error's class."""

    account: str  # slug
    kind: str
    text: str

    @property
    def errcode(self) -> int | None:
        """The platform's, where it said one."""
        code = self.text.partition(":")[0].removeprefix("-")
        return int(self.text.partition(":")[0]) if code.isdecimal() and len(code) < 10 else None


def written(failures: Iterable[Failure]) -> str:
    """For `end`: a line each."""
    lines = []
    for one in list(failures)[:_MOST]:
        of = f"[{one.account}] " if one.account else ""
        lines.append(f"{of}{one.kind}: {' '.join(one.text.split())}"[:_LONGEST])
    return "\n".join(lines)


def failures(error: str) -> list[Failure]:
    """What `written` wrote."""
    found = []
    for line in filter(None, error.split("\n")):
        match = _LINE.fullmatch(line)
        found.append(Failure(*match.groups("")) if match else Failure("", "", line))
    return found


def begin(job: str, slot: datetime, now: datetime, owner: str) -> int | None:
    """Note the start; the run's id, or None when this instant of the job was begun already."""
    started: int | None = insert_new(
        "job_run",
        ("job", "slot", "started_at", "outcome", "done", "error", "owner"),
        (job, to_ms(slot), to_ms(now), "running", 0, "", owner),
    )
    return started


def end(run_id: int, now: datetime, done: int, error: str = "") -> None:
    """Note the end: failed with its error, idle when there was nothing to do, else done."""
    outcome = "failed" if error else ("done" if done else "idle")
    run(
        "UPDATE job_run SET ended_at = ?, outcome = ?, done = ?, error = ? WHERE id = ?",
        (to_ms(now), outcome, done, error, run_id),
    )


def prune(now: datetime, idle: timedelta, other: timedelta) -> int:
    """Forget old runs: those that found nothing to do sooner than the rest."""
    return run(
        "DELETE FROM job_run WHERE (outcome = 'idle' AND slot < ?) OR slot < ?",
        (to_ms(now - idle), to_ms(now - other)),
    )


def names() -> list[str]:
    """Of all jobs that ever ran, a step in the index each: runs are many, jobs are few."""
    found: list[str] = []
    while rows := fetch(
        "SELECT job FROM job_run WHERE job > ? ORDER BY job LIMIT 1", (found[-1] if found else "",)
    ):
        found.append(rows[0][0])
    return found


def last_runs() -> list[LastRun]:
    """The run of the latest instant of every job, by name."""
    return [run for job in names() for run in _last(job)]


def _last(job: str) -> list[LastRun]:
    """One, or none where its runs were forgotten meanwhile."""
    rows = fetch(
        "SELECT started_at, ended_at, outcome, done, error FROM job_run WHERE job = ?"
        " ORDER BY slot DESC LIMIT 1",
        (job,),
    )
    return [
        LastRun(job, from_ms(start), from_ms(end) if end else None, outcome, done, error)
        for start, end, outcome, done, error in rows
    ]

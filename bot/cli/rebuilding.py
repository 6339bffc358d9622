"""`hongyan profiles rebuild`: everything folded again, by several processes, while we serve."""

from __future__ import annotations

import multiprocessing
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import click
from tqdm import tqdm

from bot.build import open_from
from bot.cli import common
from bot.cli.common import account, as_json, show
from bot.errors import Conflict
from bot.profile import rebuilding
from bot.profile.folding import fold_new
from bot.settings import Settings
from bot.store import profiles, rebuilds

MOST = 8  # processes by default
LEAST_EACH = 5000  # followers: for fewer a process is not worth its start
SAY_SECONDS = 5.0


@click.command()
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    help="How many share the work; by default one a core, fewer for few followers.",
)
@click.option("--restart", is_flag=True, help="From the beginning, though another was broken off.")
@as_json
def rebuild(processes: int | None, restart: bool, json_: bool) -> None:
    """Fold everything again from the event log; the same profiles come out.

    The bot may go on serving meanwhile. Stopped or killed, it goes on where it was when repeated.
    """
    account()
    now, began = common.now(), time.monotonic()
    _fold_waiting(now)
    begun, new = rebuilds.begin(now, restart)
    if not new:
        click.echo(
            f"going on with the rebuild of {begun.started_at:%Y-%m-%d %H:%M} UTC:"
            f" {begun.done:,} of {begun.total:,} followers are done",
            err=True,
        )
    count = processes or _fitting(begun.total - begun.done)
    with _helped_by(count - 1, begun.id, now), _progress(begun, json_) as say:
        rebuilding.work(begun.id, _owner(), now, say, _waiting(say))
    _fold_waiting(now)
    done = rebuilds.get(begun.id)
    if not done.whole:
        raise Conflict("this rebuild was given up: another one was begun meanwhile")
    value = {
        "profiles": done.done,
        "changed": done.changed,
        "unchanged": done.done - done.changed,
        "processes": count,
        "resumed_at": 0 if new else begun.done,
        "seconds": round(time.monotonic() - began, 1),
    }
    show(value, json_, lambda: _lines(done))


def _lines(done: rebuilds.Rebuild) -> Iterator[str]:
    yield f"{done.done:,} profiles folded again, {done.done - done.changed:,} were as the log says"
    if done.changed:
        yield (
            f"{done.changed:,} were not, and are now: they had been changed past the log, or by"
            " a version that folded otherwise"
        )


def _fitting(followers: int) -> int:
    return max(1, min(os.cpu_count() or 1, MOST, followers // LEAST_EACH))


def _fold_waiting(now: datetime) -> None:
    """What waits now; what comes in meanwhile is the scheduler's."""
    left = profiles.backlog()
    while left > 0 and (folded := fold_new(now, most=20_000)):
        left -= folded


# --- processes ---------------------------------------------------------------------------------


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"[-64:]


@contextmanager
def _helped_by(count: int, run_id: int, now: datetime) -> Iterator[None]:
    """So many more processes at work; they end with this one, and it does what they leave."""
    context = multiprocessing.get_context("spawn")
    helpers = [
        context.Process(target=_help, args=(run_id, now, os.getpid()), daemon=True)
        for _ in range(count)
    ]
    for helper in helpers:
        helper.start()
    try:
        yield
        for helper in helpers:
            helper.join(10)
    finally:
        for helper in helpers:
            helper.terminate()


def _help(run_id: int, now: datetime, parent: int) -> None:
    store = open_from(Settings.from_env(os.environ), upgrade=False)

    def still_wanted(_: object) -> None:
        if os.getppid() != parent:
            os._exit(1)

    def wait(seconds: float) -> None:
        still_wanted(None)
        time.sleep(seconds)

    try:
        rebuilding.work(run_id, _owner(), now, still_wanted, wait)
    finally:
        store.close()


# --- progress ----------------------------------------------------------------------------------


def _waiting(say: Callable[[int], None]) -> Callable[[float], None]:
    """While others finish their last ranges the progress goes on."""

    def wait(seconds: float) -> None:
        say(0)
        time.sleep(seconds)

    return wait


@contextmanager
def _progress(begun: rebuilds.Rebuild, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, a line now and then elsewhere; of what all processes have done."""
    pace = Pace(begun.done, begun.total)
    with tqdm(
        total=begun.total, initial=begun.done, unit="follower", disable=True if quiet else None
    ) as bar:

        def say(_: int) -> None:
            if not pace.is_due(1.0 if not bar.disable else SAY_SECONDS):
                return
            done = rebuilds.get(begun.id).done
            bar.update(done - bar.n)
            if bar.disable and not quiet:
                click.echo(pace.line(done), err=True)

        yield say
        bar.update(rebuilds.get(begun.id).done - bar.n)


class Pace:
    """How fast it goes, and how long it still takes."""

    def __init__(self, done: int, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.first, self.total, self.clock = done, total, clock
        self.began = self.said = clock()

    def is_due(self, seconds: float) -> bool:
        """Once every so many seconds."""
        if self.clock() - self.said < seconds:
            return False
        self.said = self.clock()
        return True

    def line(self, done: int) -> str:
        """`12,000 of 50,000 followers, 3,400 a second, 11 s left`."""
        rate = (done - self.first) / max(self.clock() - self.began, 1e-3)
        left = f", {max(0, self.total - done) / rate:,.0f} s left" if rate else ""
        return f"{done:,} of {self.total:,} followers, {rate:,.0f} a second{left}"

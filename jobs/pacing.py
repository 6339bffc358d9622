"""The jobs' rhythm on a sandbox's clock: as fast as that clock is moved, and it waits for them.

APScheduler keeps its own, real, time; where time is virtual it cannot call. The shared clock is
looked at instead: whenever it has moved, every job whose next instant has come runs once, in the
order of the list (which is the order in which one builds on the other), and then the clock file is
told that all due by then is done.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.clockfile import ClockFile
from jobs.tasks import Job

LOOK_SECONDS = 0.001  # between two looks at a clock that stands


class VirtualPace:
    """Stands where BackgroundScheduler stands. `run` runs one job for the present instant."""

    def __init__(
        self, clock: ClockFile, tasks: tuple[Job, ...], run: Callable[[Job], None]
    ) -> None:
        self._clock = clock
        self._tasks = tasks
        self._run = run
        self._next: dict[str, datetime] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="virtual-pace", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def shutdown(self, wait: bool = True) -> None:
        """Ends it; with `wait` after the jobs under way."""
        self._ended.set()
        if wait and self._thread.is_alive():
            self._thread.join()

    def _look(self) -> None:
        last: datetime | None = None
        while not self._ended.is_set():
            now = self._clock()
            if now == last:
                self._ended.wait(LOOK_SECONDS)
                continue
            self._tick(now)
            last = now

    def _tick(self, now: datetime) -> None:
        for job in self._tasks:
            if self._ended.is_set():
                return
            if self._next.get(job.name, now) <= now:
                self._next[job.name] = now + timedelta(seconds=job.every)
                self._run(job)
        self._clock.see(now)

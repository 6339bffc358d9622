"""Virtual time: what is due is done in order of its time, and the clock jumps from one to the next.

One thread drives at a time, and every task runs in it, one after another: the same seed against the
same program gives the same ledger, byte for byte.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.clockfile import ClockFile
from bot.sandbox.clock import LATEST, SteppedClock

logger = logging.getLogger(__name__)

Task = Callable[[], None]
_Item = tuple[datetime, int, "SteppedTimeline", Task]
LOOK_SECONDS = 0.0005  # between two looks at what the other side has seen


class Busy(Exception):
    """Somebody else drives the time already."""


class Stepper:
    """`lockstep` seconds: so often the run waits until the other side's jobs have caught up.

    `patience` is in real seconds; who is slower is not waited for, and counted in `missed`.
    """

    def __init__(
        self,
        clock: SteppedClock,
        shared: ClockFile | None = None,
        lockstep: float = 0.0,
        patience: float = 30.0,
    ) -> None:
        self.clock = clock
        self.done = 0
        self.missed = 0
        self._shared = shared if lockstep else None
        self._lockstep = timedelta(seconds=lockstep)
        self._patience = patience
        self._heap: list[_Item] = []
        self._order = itertools.count()
        self._lock = threading.Lock()
        self._driving = threading.Lock()

    def timeline(self) -> SteppedTimeline:
        """A part of the future that can be cleared by itself."""
        return SteppedTimeline(self)

    def add(self, owner: SteppedTimeline, at: datetime, task: Task) -> None:
        with self._lock:
            heapq.heappush(self._heap, (at, next(self._order), owner, task))

    def drop(self, owner: SteppedTimeline) -> None:
        with self._lock:
            self._heap = [item for item in self._heap if item[2] is not owner]
            heapq.heapify(self._heap)

    def waits(self, owner: SteppedTimeline) -> bool:
        with self._lock:
            return any(item[2] is owner for item in self._heap)

    def run(self, until: datetime) -> int:
        """Does all that is due by `until`, then it is `until`. How many tasks; raises Busy.

        Raises ValueError for a time past the calendar's end: then nothing was done.
        """
        if until > LATEST:
            raise ValueError(f"until: the calendar ends in {LATEST.year}")
        if not self._driving.acquire(blocking=False):
            raise Busy
        try:
            before = self.done
            while self.clock() < until:
                step = min(until, self.clock() + self._lockstep) if self._shared else until
                self._run_to(step)
                self._wait_for_the_other()
            self._run_to(until)
            return self.done - before
        finally:
            self._driving.release()

    def settle(self, owner: SteppedTimeline) -> None:
        """Goes on until nothing of `owner` waits any more."""
        while self.waits(owner):
            self.run(max(self.clock(), self._next_at()))

    def _next_at(self) -> datetime:
        with self._lock:
            return self._heap[0][0] if self._heap else self.clock()

    def _run_to(self, until: datetime) -> None:
        while (item := self._due(until)) is not None:
            at, _, _, task = item
            if at > self.clock():
                self.clock.set(at)
            self.done += 1
            try:
                task()
            except Exception:
                logger.exception("sandbox task failed")
        if until > self.clock():
            self.clock.set(until)

    def _due(self, until: datetime) -> _Item | None:
        with self._lock:
            if self._heap and self._heap[0][0] <= until:
                return heapq.heappop(self._heap)
        return None

    def _wait_for_the_other(self) -> None:
        if self._shared is None:
            return
        ends = time.monotonic() + self._patience
        while self._shared.seen < self.clock():
            if time.monotonic() >= ends:
                self.missed += 1
                return
            time.sleep(LOOK_SECONDS)


class SteppedTimeline:
    """The interface of `Timeline`, on virtual time."""

    def __init__(self, stepper: Stepper) -> None:
        self._stepper = stepper

    def start(self) -> None:
        """Nothing to start: the stepper's driver does the work."""

    def stop(self) -> None:
        self.clear()

    def later(self, seconds: float, task: Task) -> None:
        """What would be past the calendar's end waits for that end."""
        now = self._stepper.clock()
        left = (LATEST - now).total_seconds()
        at = now + timedelta(seconds=min(max(0.0, seconds), left))
        self._stepper.add(self, at, task)

    def clear(self) -> None:
        self._stepper.drop(self)

    def drain(self, timeout: float) -> bool:
        """Runs ahead until nothing of this timeline waits; `timeout` has no meaning here."""
        self._stepper.settle(self)
        return True

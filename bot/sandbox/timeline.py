"""Things to be done later, on one thread, in the order of their time."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

Task = Callable[[], None]


class Timeline:
    """`later` may be called from anywhere. A task must be quick: the others wait for it."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._heap: list[tuple[float, int, Task]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._busy = False
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="timeline", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Drops what waits and ends the thread."""
        with self._changed:
            self._stopped = True
            self._heap.clear()
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=1)

    def later(self, seconds: float, task: Task) -> None:
        with self._changed:
            heapq.heappush(self._heap, (self._monotonic() + seconds, next(self._order), task))
            self._changed.notify_all()

    def clear(self) -> None:
        """Drops what waits."""
        with self._changed:
            self._heap.clear()
            self._changed.notify_all()

    def drain(self, timeout: float) -> bool:
        """Waits until every task is done, those they add too. False: not within `timeout` s."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._heap and not self._busy, timeout)

    def _run(self) -> None:
        while (task := self._next()) is not None:
            try:
                task()
            except Exception:
                logger.exception("sandbox task failed")
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _next(self) -> Task | None:
        """Waits for the first task's time. None: stopped."""
        with self._changed:
            while not self._stopped:
                wait = self._heap[0][0] - self._monotonic() if self._heap else None
                if wait is not None and wait <= 0:
                    self._busy = True
                    return heapq.heappop(self._heap)[2]
                self._changed.wait(wait)
        return None

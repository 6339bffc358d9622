"""Threads that handle messages, so that an HTTP answer can leave before a slow handler is done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue


class Task:
    """A piece of work and its end. `after` follows in the same thread; nobody waits for it."""

    __slots__ = ("_after", "_done", "_work")

    def __init__(self, work: Callable[[], None], after: Callable[[], None] | None = None) -> None:
        self._work = work
        self._after = after
        self._done = threading.Lock()
        self._done.acquire()

    def run(self) -> None:
        try:
            self._work()
        finally:
            self._done.release()
        if self._after is not None:
            self._after()

    def wait(self, seconds: float) -> bool:
        """True when the work is over within `seconds`."""
        return self._done.acquire(timeout=max(seconds, 0))


class Pool:
    """A fixed number of daemon threads over one queue. A bare lock a task: cheaper than futures.

    Work must not raise: it has its own error handling, and a raise would end the thread. `leave` is
    called by each thread at its end, to give back what belongs to the thread.
    """

    def __init__(self, threads: int, leave: Callable[[], None]) -> None:
        self._queue: SimpleQueue[Task | None] = SimpleQueue()
        self._leave = leave
        self._threads = [
            threading.Thread(target=self._loop, name=f"handler-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[], None], after: Callable[[], None] | None = None) -> Task:
        task = Task(work, after)
        self._queue.put(task)
        return task

    def close(self) -> None:
        """Finish what is queued, then end the threads."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _loop(self) -> None:
        while (task := self._queue.get()) is not None:
            task.run()
        self._leave()

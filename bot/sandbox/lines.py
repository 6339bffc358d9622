"""The order of pushes: one line for each follower, worked off by threads or by virtual time."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.faults import Faults
from bot.sandbox.people import Person
from bot.sandbox.stepper import SteppedTimeline
from bot.sandbox.timeline import Timeline

logger = logging.getLogger(__name__)

Task = Callable[[], None]


@dataclass(slots=True)
class Push:
    """All `fields`, the envelope's too; `label` is the MsgType, or the Event."""

    person: Person
    fields: dict[str, Any]
    label: str
    drawn: bool = False  # its faults of the order (delay, reorder) have been


class Lines:
    """`deliver` is called for one push of a follower at a time, in order; it must not raise.

    On a SteppedTimeline there are no threads: its driver delivers, one push after another.
    """

    def __init__(
        self,
        deliver: Callable[[Push], None],
        faults: Faults,
        timeline: SteppedTimeline | None,
        workers: int,
    ) -> None:
        self._deliver = deliver
        self._faults = faults
        self._stepped = timeline is not None
        self._later: Timeline | SteppedTimeline = timeline or Timeline()
        self._waiting: dict[str, deque[Push]] = {}
        self._held: dict[str, Push] = {}  # to be overtaken, by openid
        self._extra = 0  # tasks of `later` that have not been done
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._idle = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, name=f"pusher-{n}", daemon=True)
            for n in range(0 if self._stepped else workers)
        ]

    def start(self) -> None:
        self._later.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends the workers after their present delivery; what waits is dropped."""
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=1)
        self._later.stop()

    def __len__(self) -> int:
        """Followers whose pushes wait or are under way."""
        return len(self._waiting)

    def drain(self, timeout: float) -> bool:
        """Waits until nothing waits and nothing is under way. False: not within `timeout` s."""
        if isinstance(self._later, SteppedTimeline):
            return self._later.drain(timeout)
        with self._idle:
            return self._idle.wait_for(
                lambda: not (self._waiting or self._held or self._extra), timeout
            )

    # --- in ----------------------------------------------------------------------------------

    def join(self, push: Push) -> None:
        """Behind this follower's earlier ones."""
        openid = push.person.openid
        with self._idle:
            waiting = self._waiting.get(openid)
            if waiting is not None:
                waiting.append(push)
                return
            self._waiting[openid] = deque((push,))
        self._soon(lambda: self._turn(openid))

    def later(self, seconds: float, task: Task) -> None:
        """Something beside the lines, on a worker; `drain` waits for it too."""

        def run() -> None:
            try:
                task()
            finally:
                with self._idle:
                    self._extra -= 1
                    self._idle.notify_all()

        with self._idle:
            self._extra += 1
        self._later.later(seconds, lambda: self._soon(run))

    def _soon(self, task: Task) -> None:
        if self._stepped:
            self._later.later(0, task)
        else:
            self._tasks.put(task)

    # --- turns -------------------------------------------------------------------------------

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                task()
            except Exception:
                logger.exception("sandbox delivery failed")

    def _turn(self, openid: str) -> None:
        """The first push of this follower: delivered, or put off where a fault wants it."""
        push = self._waiting[openid][0]
        if self._faults.active and not push.drawn:
            push.drawn = True
            if self._put_off(push):
                return
        self._deliver(push)
        with self._idle:
            waiting = self._waiting[openid]
            waiting.popleft()
            if self._held and (held := self._held.pop(openid, None)):
                waiting.appendleft(held)  # it has been overtaken
        self._go_on(openid)

    def _go_on(self, openid: str) -> None:
        """The next push of this follower, where one waits."""
        with self._idle:
            if not self._waiting[openid]:
                del self._waiting[openid]
                self._idle.notify_all()
                return
        self._soon(lambda: self._turn(openid))

    def _put_off(self, push: Push) -> bool:
        """True: it waits, and others of this follower behind it, or in front of it."""
        openid = push.person.openid
        if fault := self._faults.push("delay", openid, push.label):
            self._later.later(fault.drawn(), lambda: self._soon(lambda: self._turn(openid)))
            return True
        if openid in self._held:
            return False
        fault = self._faults.push("reorder", openid, push.label)
        if fault is None:
            return False
        with self._idle:
            self._held[openid] = push
            self._waiting[openid].popleft()
        self._later.later(fault.drawn(), lambda: self._no_longer(push))
        self._go_on(openid)
        return True

    def _no_longer(self, push: Push) -> None:
        """Nothing has overtaken it: it goes all the same."""
        openid = push.person.openid
        with self._idle:
            if self._held.get(openid) is push:
                self.join(push)
                del self._held[openid]

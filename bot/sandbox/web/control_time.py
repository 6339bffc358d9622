"""Who moves the time: one caller at a time on virtual time, nobody on the wall clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from bot.sandbox.clock import reached
from bot.sandbox.platform import NotStepped, Platform
from bot.sandbox.stepper import Busy

T = TypeVar("T")
SETTLE_SECONDS = 15.0  # three deliveries of five seconds


class Driver:
    """All control calls of one platform go through one of these.

    On virtual time each method raises Busy while another caller moves the time: a program that asks
    the control plane from inside its own callback would otherwise wait for itself.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._held = threading.Lock()

    def act(self, task: Callable[[], T]) -> T:
        """Does it; on virtual time what it pushes is delivered before the answer."""
        stepper = self._platform.stepper
        if stepper is None:
            return task()
        with self._alone():
            done = task()
            with suppress(Busy):  # the one who drives past the control plane delivers it
                stepper.run(stepper.clock())
            return done

    def run(self, seconds: float) -> int:
        """Lives through virtual time. How many tasks; raises NotStepped on the wall clock."""
        if self._platform.stepper is None:
            raise NotStepped
        with self._alone():
            reached(self._platform.world.clock(), seconds)
            return self._platform.run(seconds)

    def advance(self, seconds: float) -> None:
        """Raises ValueError, and then nothing has moved."""
        with self._alone():
            reached(self._platform.world.clock(), seconds)
            self._platform.advance(seconds)

    def deliver(self, timeout: float) -> bool:
        """Until no push waits any more, retries too. False: not within `timeout` real seconds."""
        with self._alone():
            return self._platform.pusher.drain(timeout)

    def settle(self, seconds: float) -> bool:
        """Until nothing is under way: waits on the wall clock, lives through them on virtual time.

        An answer can set off a job's end and the other way round: so twice.
        """
        platform = self._platform
        if platform.stepper is not None:
            self.run(seconds)
            return True
        parts = (platform.timeline, platform.pusher) * 2
        return all(part.drain(seconds) for part in parts)

    def stop(self, timeout: float) -> bool:
        """The people stop as well."""
        with self._alone():
            return self._platform.settle(timeout)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._platform.stepper is None:
            yield
            return
        if not self._held.acquire(blocking=False):
            raise Busy
        try:
            yield
        finally:
            self._held.release()

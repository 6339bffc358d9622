"""A circuit breaker: after many failures in a row the platform is left alone for a while."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)


class Breaker:
    """Closed: all may call. Open: nobody for `pause_s`. Half open: one may try, the others wait
    for what becomes of it. Safe for threads.

    threshold  failures in a row that open it; greater than what one lost connection pool causes
    """

    def __init__(
        self,
        threshold: int = 20,
        pause_s: float = 5.0,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._threshold = threshold
        self._pause_s = pause_s
        self._seconds = seconds
        self._lock = threading.Lock()
        self._failures = 0
        self._retry_at = 0.0

    def allows(self) -> bool:
        """Whether a call may be made now. True while open makes the caller the one that tries."""
        if self._failures < self._threshold:
            return True
        with self._lock:
            now = self._seconds()
            if now < self._retry_at:
                return False
            self._retry_at = now + self._pause_s
            return True

    def note(self, worked: bool) -> None:
        """What became of an allowed call. An answer that says no is an answer: it worked."""
        if worked and not self._failures:
            return
        with self._lock:
            self._failures = 0 if worked else self._failures + 1
            if self._failures == self._threshold:
                logger.error("wechat.breaker outcome=open pause_s=%s", self._pause_s)
                self._retry_at = self._seconds() + self._pause_s

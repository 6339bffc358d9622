"""Failures as the platform counts them: alarms, and the pause of MarkFail (接口报警和排查指引)."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timedelta
from typing import Any

from bot.clock import to_ms
from bot.sandbox.wire import ANSWER_FAILED, CONNECT_LATE, DNS_FAILED, DNS_LATE, REQUEST_LATE
from bot.sandbox.world import World

MARK_FAIL = "MarkFail"
KINDS = (DNS_FAILED, DNS_LATE, CONNECT_LATE, REQUEST_LATE, ANSWER_FAILED, MARK_FAIL)
SPAN_MS = 300_000
PAUSE = timedelta(seconds=60)
SPANS_KEPT = 100


class Alarms:
    """Thread-safe. Each failure leaves a record `alarm` with its number in the five minutes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._spans: dict[tuple[int, str], int] = {}  # (begin in ms, kind) -> failures
        self._recent: deque[datetime] = deque()
        self._until: datetime | None = None
        self.pauses = 0

    @property
    def pausing(self) -> bool:
        """Is nothing pushed now?"""
        return self._until is not None and self._world.clock() < self._until

    def failed(self, kind: str) -> None:
        """A delivery failed. Too many in a minute stop all pushing for a minute."""
        now = self._world.clock()
        with self._lock:
            self._count(kind, now)
            recent = self._recent
            recent.append(now)
            while recent[0] < now - PAUSE:
                recent.popleft()
            if len(recent) >= self._world.config.limits.mark_fail:
                recent.clear()
                self._until = now + PAUSE
                self.pauses += 1
                self._count(MARK_FAIL, now)

    def _count(self, kind: str, now: datetime) -> None:
        at = to_ms(now)
        span = (at - at % SPAN_MS, kind)
        count = self._spans[span] = self._spans.get(span, 0) + 1
        if len(self._spans) > SPANS_KEPT:
            del self._spans[next(iter(self._spans))]
        self._world.ledger.add("alarm", now, alarm=kind, since=span[0], count=count)

    def report(self) -> list[dict[str, Any]]:
        """The last spans with failures: {"alarm", "since" (ms), "count"}, oldest first."""
        with self._lock:
            return [
                {"alarm": kind, "since": since, "count": count}
                for (since, kind), count in self._spans.items()
            ]

"""How far a task is, told about once a second however often it is asked."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from bot.background.desk import Desk

EACH = 1.0  # seconds
T = TypeVar("T")


class Pace:
    """Counts what is done, and tells the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._told = desk, time.monotonic()
        self.done = self.total = 0

    def on(self, more: int, total: int = 0) -> None:
        """So many more are done; of `total`, where that is known now. Raises Stopped."""
        self.done += more
        self.total = max(total, self.total)
        if time.monotonic() - self._told >= EACH:
            self.tell()

    def over(self, many: Iterable[T]) -> Iterator[T]:
        """The same things, each counted as it is taken. Raises Stopped."""
        for one in many:
            self.on(1)
            yield one

    def tell(self) -> None:
        """Say it now. Raises Stopped."""
        self._desk.progress(min(self.done, self.total) if self.total else self.done, self.total)
        self._told = time.monotonic()

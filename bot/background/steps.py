"""Progress that is told once a second, however often a piece of work says it."""

from __future__ import annotations

import time
from collections.abc import Callable

from bot.background.desk import Desk

EVERY = 1.0  # seconds


def steady(desk: Desk, every: float = EVERY) -> Callable[[int, int], None]:
    """(done, total): as Desk.progress. Raises Stopped."""
    last = 0.0

    def said(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now >= last + every:
            last = now
            desk.progress(done, total)

    return said

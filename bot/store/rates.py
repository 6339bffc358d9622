"""Calls counted against limits of ours, in fixed windows, for every process of the installation."""

from __future__ import annotations

from datetime import datetime

from bot.clock import to_ms
from bot.store.db import insert_new, run, transaction


def take(name: str, now: datetime, seconds: int, most: int) -> float | None:
    """Count one call; None when it fits, else the seconds until the next window begins.

    name   whose calls: at most 64 characters, nothing personal and no key
    """
    ms = seconds * 1000
    since = to_ms(now) // ms * ms
    with transaction():
        insert_new("rate_window", ("name", "since", "used"), (name, since, 0), key="name")
        fits = run(
            "UPDATE rate_window SET used = used + 1 WHERE name = ? AND since = ? AND used < ?",
            (name, since, most),
        )
    return None if fits else (since + ms - to_ms(now)) / 1000


def prune(before: datetime) -> int:
    return run("DELETE FROM rate_window WHERE since < ?", (to_ms(before),))

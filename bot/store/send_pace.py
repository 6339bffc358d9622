"""Buckets of sends, shared by all processes: so many a second, and no more than a minute's worth
saved up. A bucket is one instant, up to which everything is given out (GCRA: ITU-T I.371)."""

from __future__ import annotations

from datetime import datetime

from bot.clock import to_ms
from bot.store.db import again, fetch, insert_new, locking, run, transaction

SAVED_SECONDS = 60
FIRST_SECONDS = 1


@again
def take(name: str, want: int, per_second: float, now: datetime) -> int:
    """How many of `want` may go now; they are used up. A new bucket holds a second's worth."""
    step, at = 1e6 / per_second, to_ms(now) * 1000
    with transaction():
        first, least = at - round(max(FIRST_SECONDS * 1e6, step)), at - _most_saved(step)
        ready = max(_held(name, first), least)
        given = max(0, min(want, int((at - ready) / step)))
        if given:
            _set(name, ready + round(given * step))
    return given


def give_back(name: str, unused: int, per_second: float) -> None:
    """What was taken and not needed."""
    if unused > 0:
        run(
            "UPDATE send_pace SET ready_us = ready_us - ? WHERE name = ?",
            (round(unused * 1e6 / per_second), name),
        )


def wait_seconds(name: str, per_second: float, now: datetime) -> float:
    """Until the next one may go; 0.0: now."""
    found = fetch("SELECT ready_us FROM send_pace WHERE name = ?", (name,))
    ahead = (found[0][0] - to_ms(now) * 1000) / 1e6 + 1 / per_second if found else 0.0
    return max(0.0, ahead)


def _most_saved(step: float) -> int:
    """Microseconds. Two steps at the least: who comes late for one loses nothing of the next."""
    return round(max(SAVED_SECONDS * 1e6, 2 * step))


def _held(name: str, first: int) -> int:
    """The bucket's instant, held until the transaction ends; made with `first` where it is new."""
    sql = f"SELECT ready_us FROM send_pace WHERE name = ?{locking()}"
    found = fetch(sql, (name,))
    if not found:
        insert_new("send_pace", ("name", "ready_us"), (name, first), key="name")
        found = fetch(sql, (name,))
    return int(found[0][0])


def _set(name: str, ready: int) -> None:
    run("UPDATE send_pace SET ready_us = ? WHERE name = ?", (ready, name))

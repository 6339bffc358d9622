"""Work done ahead by a process of its own: while one piece is used here, the next is made there.

Reading and cleaning a table is Python's work, landing it is the database's: beside each other they
take the time of the longer one. The other process is forked, so it has all that this one has; it
only makes pieces and touches no database. What it sends is pickled between the two alone.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from bot.errors import HongyanError

T = TypeVar("T")


class HelperDied(HongyanError):
    """The process that worked ahead ended before its time."""


def possible() -> bool:
    """A second core, a system that can fork, and no other thread that a fork would cut in two."""
    return (
        "fork" in multiprocessing.get_all_start_methods()
        and len(os.sched_getaffinity(0)) > 1
        and threading.active_count() == 1
    )


def ahead(make: Callable[[], Iterator[T]]) -> Iterator[T]:
    """What `make()` yields, in its order, made one piece ahead in another process.

    Raises what `make` raises, and HelperDied where that process is gone. Ending the iteration
    early, or this process, ends the other.
    """
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(make, here, there), daemon=True)
    process.start()
    there.close()
    try:
        while (piece := _next(here)) is not None:
            yield piece[0]
    finally:
        here.close()
        process.terminate()
        process.join()


def _next(here: Connection) -> tuple[Any] | None:
    """The next piece; None after the last."""
    try:
        word, value = here.recv()
    except EOFError:
        raise HelperDied("the process that reads the file ended; what landed is kept") from None
    if word == "error":
        raise value
    return (value,) if word == "piece" else None


def _work(make: Callable[[], Iterator[Any]], here: Connection, there: Connection) -> None:
    """In the other process. A pipe that nobody reads any more ends it without a word."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the other's to answer
    here.close()
    try:
        for piece in make():
            there.send(("piece", piece))
        there.send(("end", None))
    except BrokenPipeError:
        pass
    except Exception as error:
        there.send(("error", error))

"""Doing the same thing many times at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from bot.store.models import database


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work(n)` on `count` threads that start at one moment; their results, in order of n.

    The first error of a thread is raised here. Each thread closes its database connection.
    """
    results: list[Any] = [None] * count
    errors: list[BaseException] = []
    barrier = threading.Barrier(count)

    def one(n: int) -> None:
        try:
            barrier.wait()
            results[n] = work(n)
        except BaseException as error:
            errors.append(error)
        finally:
            if not database.obj.is_closed():
                database.obj.close()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results

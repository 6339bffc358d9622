"""The log as the fold reads it: what waits to be folded, and what is folded already.

Two queues, each a partial index as small as what waits in it. What somebody did just now (FRESH:
a message, a tap, a word on the own page) is taken oldest first and goes before what comes in bulk,
so nobody who chats waits behind an import of a million. The rest is taken follower by follower: a
profile is read and written once for all that waits for it, not once an event.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from random import Random
from typing import Any, NamedTuple

from bot.clock import to_ms
from bot.store.db import fetch, is_sqlite, locking, run, transaction
from bot.values.facts import FoldEvent

FRESH = ("callback", "handler", "tracking", "h5", "keyword")
# As the indexes of migration 0009 have it, word for word: else they are not used.
_FRESH = "source IN ({})".format(", ".join(f"'{source}'" for source in FRESH))
_BULK = _FRESH.replace(" IN ", " NOT IN ")
_COLUMNS = "id, follower_id, dedupe, kind, at, received_at, facts"
_MARKED = 1000  # ids in one IN list
_PAGE = 5000  # events read at once
_decode = json.JSONDecoder().decode


class Unfolded(NamedTuple):
    event_id: int
    follower_id: int | None
    event: FoldEvent


def taking(alone: bool) -> AbstractContextManager[None]:
    """Around a batch, from the taking of its events to the writing of its profiles.

    Where rows can be locked one transaction holds those of the batch. SQLite has one lock for all,
    for which every callback would wait meanwhile: there nothing is held (but `alone`), and what
    others changed since it was read is found when it is written.
    """
    return transaction() if alone or not is_sqlite() else nullcontext()


def unfolded(limit: int, after: int = 0) -> list[Unfolded]:
    """Events not folded yet; ours until the transaction ends, where rows can be locked.

    The oldest fresh ones, but for a quarter of the room; then those of nobody; then what waits for
    the followers from the id `after` on, in their order.
    """
    found = _waiting(_FRESH, "id", max(1, limit * 3 // 4))
    for where, order in (
        (f"follower_id IS NULL AND {_BULK}", "id"),
        (f"follower_id >= {int(after)} AND {_BULK}", "follower_id, id"),
    ):
        if len(found) < limit:
            found += _waiting(where, order, limit - len(found))
    return [Unfolded(row[0], row[1], _event(row[2:])) for row in found]


def unfolded_of(follower_id: int, limit: int) -> list[Unfolded]:
    """The oldest events not folded yet of one follower."""
    found = _waiting(f"follower_id = {int(follower_id)} AND {_FRESH}", "id", limit)
    if len(found) < limit:
        where = f"follower_id = {int(follower_id)} AND {_BULK}"
        found += _waiting(where, "id", limit - len(found))
    return [Unfolded(row[0], row[1], _event(row[2:])) for row in found]


def _waiting(where: str, order: str, limit: int) -> list[tuple[Any, ...]]:
    return fetch(
        f"SELECT {_COLUMNS} FROM event WHERE folded = FALSE AND {where}"
        f" ORDER BY {order} LIMIT ?{locking(skip_locked=True)}",
        (limit,),
    )


def beginning(now: datetime) -> int:
    """The follower id to begin the bulk at: at each instant another, so that nobody always waits
    behind a backlog that is longer than a turn."""
    most = fetch("SELECT MAX(id) FROM follower")[0][0] or 0
    return Random(to_ms(now)).randint(0, int(most))


def backlog() -> int:
    """How many events the fold has not seen; a figure for metrics."""
    queues = (f"SELECT COUNT(*) FROM event WHERE folded = FALSE AND {q}" for q in (_FRESH, _BULK))
    return sum(int(fetch(sql)[0][0]) for sql in queues)


def mark_folded(rows: Sequence[Unfolded]) -> int:
    """Note them as folded, in a transaction; of how many that was still to be said.

    Fewer: since they were read, somebody else folded some, or they are gone, or another's now.
    """
    done = 0
    # In the order of the file: many stand on one page.
    owners = sorted((row.event_id, row.follower_id or 0) for row in rows)
    for start in range(0, len(owners), _MARKED):
        part = owners[start : start + _MARKED]
        ids, marks = [row[0] for row in part], ",".join("?" * len(part))
        waiting = fetch(
            "SELECT id, COALESCE(follower_id, 0) FROM event"
            f" WHERE folded = FALSE AND id IN ({marks})",
            ids,
        )
        done += len(set(part).intersection(waiting))
        run(f"UPDATE event SET folded = TRUE WHERE id IN ({marks})", ids)
    return done


def folded_events(follower_id: int) -> Iterator[FoldEvent]:
    """The follower's events that his profile holds, page by page."""
    for _, event in folded_between(follower_id - 1, follower_id):
        yield event


def folded_between(after: int, until: int) -> Iterator[tuple[int, FoldEvent]]:
    """(follower id, event) of what the profiles of the followers after..until (included) hold, by
    follower; page by page, however much one of them did."""
    last: tuple[Any, ...] = (after + 1, "", 0, 0)
    while True:
        rows = fetch(
            "SELECT follower_id, kind, at, id, dedupe, received_at, facts FROM event"
            " WHERE follower_id >= ? AND follower_id <= ?"
            " AND (follower_id, kind, at, id) > (?, ?, ?, ?)"
            f" AND folded = TRUE ORDER BY follower_id, kind, at, id LIMIT {_PAGE}",
            (last[0], until, *last),
        )
        for who, kind, at, _, key, received_at, facts in rows:
            yield who, _event((key, kind, at, received_at, facts))
        if len(rows) < _PAGE:
            return
        last = rows[-1][:4]


def _event(row: Sequence[Any]) -> FoldEvent:
    """A clock that runs ahead must not age everything else: no event is later than its receipt."""
    key, kind, at, received_at, facts = row
    said = {} if facts == "{}" else _decode(facts)
    return FoldEvent(key, kind, at if at < received_at else received_at, said)

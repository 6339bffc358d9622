"""Clean rows land in the store: followers found or made, events appended, each once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import to_ms
from bot.imports.items import Happening, Item
from bot.imports.people import Found, find_people, seek_people
from bot.imports.report import Landed
from bot.store import events
from bot.store import imports as store

_SPAN = 500  # events in one statement
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
_DEDUPE = events.COLUMNS.index("dedupe")


class Landing(NamedTuple):
    """`strangers`: rows that name nobody, or nobody who is known."""

    landed: Landed
    strangers: list[Item]


def land(account_id: int, items: Sequence[Item], now: datetime) -> Landing:
    """Write the items, in a transaction of the caller's.

    now  when the import began: the time of what has none of its own
    """
    found = find_people(account_id, [item.person for item in items], now)
    return _account(account_id, items, found, now, write=True)


class Rehearsal:
    """What `land` would do, without writing; asked of items that follow each other."""

    def __init__(self, account_id: int, now: datetime) -> None:
        self._account_id, self._now = account_id, now
        self._would_be: dict[str, int] = {}

    def land(self, items: Sequence[Item]) -> Landing:
        people = [item.person for item in items]
        found = seek_people(self._account_id, people, self._would_be)
        return _account(self._account_id, items, found, self._now, write=False)


def _account(
    account_id: int, items: Sequence[Item], found: Found, now: datetime, *, write: bool
) -> Landing:
    now_ms = to_ms(now)
    rows = [
        [_row(account_id, who or 0, one, now_ms) for one in item.happenings]
        for item, who in zip(items, found.ids, strict=True)
    ]
    known = store.known_events([row[_DEDUPE] for of_item in rows for row in of_item])
    landed, strangers, news = Landed(followers_made=len(found.made)), [], []
    new_people = set(found.made)
    for item, who, of_item in zip(items, found.ids, rows, strict=True):
        if who is None:
            strangers.append(item)
            continue
        fresh = [row for row in of_item if row[_DEDUPE] not in known]
        known.update(row[_DEDUPE] for row in fresh)
        news += fresh
        if fresh or who in new_people:
            landed.taken += 1
        else:
            landed.unchanged += 1
        new_people.discard(who)
    landed.strangers, landed.events = len(strangers), len(news)
    if write:
        for start in range(0, len(news), _SPAN):
            events.append_many(news[start : start + _SPAN])
    return Landing(landed, strangers)


def _row(account_id: int, who: int, one: Happening, now_ms: int) -> tuple[Any, ...]:
    """As bot.store.events.row makes it, without making its encoder and instants anew each time."""
    return (
        account_id,
        who,
        one.kind,
        now_ms if one.at_ms is None else one.at_ms,
        now_ms,
        one.source,
        events.dedupe(account_id, one.source, one.key),
        _ENCODE(one.facts),
        None,
        False,
    )

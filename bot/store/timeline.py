"""One follower's events as a timeline: the newest first, a page at a time, by kinds.

A page is named by an instant and how many events of that millisecond were shown before it, so that
no row number stands in an address.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, NamedTuple

from bot.store.db import fetch
from bot.store.events import PLACE
from bot.store.fields import Holder

START = 2**62  # later than anything


class Place(NamedTuple):
    """Where a page begins: at `at` (ms), after `skip` events of that instant."""

    at: int = START
    skip: int = 0


class Happened(NamedTuple):
    """An event of the log. `sealed` is {} unless it was asked for."""

    kind: str
    at: int
    source: str
    facts: dict[str, Any]
    sealed: dict[str, Any]


def page(
    follower_id: int,
    place: Place,
    limit: int,
    kinds: Collection[str] | None = None,
    but: bool = False,
    personal: bool = False,
) -> tuple[list[Happened], Place | None]:
    """Events from `place` on, and where the next page begins.

    kinds   only these, or (`but`) all others; None: all

    One statement, and of its rows no more than the page is read in full.
    """
    named = sorted(kinds or ())
    wanted = f" AND kind {'NOT ' if but else ''}IN ({','.join('?' * len(named))})" if named else ""
    found = fetch(
        "SELECT e.kind, e.at, e.source, e.facts, e.sealed FROM event e JOIN (SELECT id FROM event"
        f" WHERE follower_id = ? AND at <= ?{wanted} ORDER BY at DESC, id DESC LIMIT ? OFFSET ?)"
        " shown ON shown.id = e.id ORDER BY e.at DESC, e.id DESC",
        (follower_id, place.at, *named, limit + 1, place.skip),
    )
    shown = found[:limit]
    more = _after(shown, place) if len(found) > limit else None
    return [_happened(row, personal) for row in shown], more


def _after(shown: list[tuple[Any, ...]], place: Place) -> Place:
    """Behind the last event shown; where the whole page is one instant, further into it."""
    last = int(shown[-1][1])
    same = sum(row[1] == last for row in shown)
    return Place(last, same + (place.skip if place.at == last else 0))


def _happened(row: tuple[Any, ...], personal: bool) -> Happened:
    kind, at, source, facts, sealed = row
    said = json.loads(facts)
    hidden = Holder.vault.open_json(bytes(sealed), PLACE) if personal and sealed else {}
    return Happened(
        kind,
        at,
        source,
        said if isinstance(said, dict) else {},
        hidden if isinstance(hidden, dict) else {},
    )

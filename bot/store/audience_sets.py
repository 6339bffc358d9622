"""A campaign's audience as a set of followers, read in the order of ids, span by span.

Each segment or list that is named is read through its index, so a span costs what it holds; what
is joined, shared and left out is reckoned on the span. Whoever stops after any span goes on there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.clock import to_ms
from bot.store.db import fetch
from bot.store.spans import qmarks

MEMBERS, LISTED = "segment_member", "segment_listed"


@dataclass(frozen=True, slots=True)
class AudienceIds:
    """Segment ids: (`any` or `every`), with `also` and the lists of `lists`, without `excluded`."""

    any: tuple[int, ...] = ()
    every: tuple[int, ...] = ()
    also: tuple[int, ...] = ()
    lists: tuple[int, ...] = ()
    excluded: tuple[int, ...] = ()

    def sources(self) -> list[tuple[str, int]]:
        """(table, segment id) of each that lets followers in."""
        ids = dict.fromkeys([*self.any, *self.every, *self.also])
        return [(MEMBERS, one) for one in ids] + [(LISTED, one) for one in self.lists]


def upper(aim: AudienceIds) -> int:
    """The greatest follower id that any of them holds; 0 where all are empty."""
    found = [
        fetch(f"SELECT MAX(follower_id) FROM {table} WHERE segment_id = ?", (segment_id,))[0][0]
        for table, segment_id in aim.sources()
    ]
    return max((one for one in found if one is not None), default=0)


def most(aim: AudienceIds) -> int:
    """How many it holds at most, by the sizes that are kept; of lists nothing is."""
    ids = sorted({one for _, one in aim.sources()})
    rows = fetch(f"SELECT size FROM segment WHERE id IN ({qmarks(ids)})", ids) if ids else []
    sizes = [row[0] for row in rows]
    return min(sizes, default=0) if aim.every else sum(sizes)


def span(
    aim: AudienceIds, after: int, upto: int, limit: int, entered_by: datetime | None = None
) -> tuple[list[int], int]:
    """(ids, end): the audience with `after` < id <= `end`, ascending; `end` is at most `upto`,
    which is reached when there are no more.

    entered_by   who came into a segment later than this is not among them
    """
    ms = None if entered_by is None else to_ms(entered_by)
    pages = {
        source: _page(*source, after, upto, limit, ms if source[0] == MEMBERS else None)
        for source in aim.sources()
    }
    end = min((page[-1] for page in pages.values() if len(page) == limit), default=upto)
    if len(pages) == 1 and not aim.excluded:
        return next(iter(pages.values())), end
    held = {source: {one for one in page if one <= end} for source, page in pages.items()}
    inside = set().union(*(held[MEMBERS, one] for one in (*aim.any, *aim.also)))
    inside |= set().union(*(held[LISTED, one] for one in aim.lists))
    if aim.every:
        inside |= set.intersection(*(held[MEMBERS, one] for one in aim.every))
    for one in aim.excluded:
        inside -= _between(one, after, end)
    return sorted(inside), end


def shared(one: AudienceIds, other: AudienceIds, limit: int) -> int:
    """How many followers are in both."""
    after, upto, found = 0, min(upper(one), upper(other)), 0
    while after < upto:
        ids, end = span(one, after, upto, limit)
        theirs, reached = span(other, after, end, limit)
        while reached < end:
            more, reached = span(other, reached, end, limit)
            theirs += more
        found += len(set(ids) & set(theirs))
        after = end
    return found


def _page(
    table: str, segment_id: int, after: int, upto: int, limit: int, entered_by: int | None
) -> list[int]:
    since, values = ("", []) if entered_by is None else (" AND since <= ?", [entered_by])
    rows = fetch(
        f"SELECT follower_id FROM {table} WHERE segment_id = ? AND follower_id > ?"
        f" AND follower_id <= ?{since} ORDER BY follower_id LIMIT ?",
        (segment_id, after, upto, *values, limit),
    )
    return [row[0] for row in rows]


def _between(segment_id: int, after: int, end: int) -> set[int]:
    """Members, without a limit: their number is bounded by the span."""
    rows = fetch(
        "SELECT follower_id FROM segment_member WHERE segment_id = ? AND follower_id > ?"
        " AND follower_id <= ?",
        (segment_id, after, end),
    )
    return {row[0] for row in rows}

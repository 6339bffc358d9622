"""How two to four segments overlap: exact counts of every region, from their members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from bot.store import segments
from bot.store.db import fetch

SPAN = 50_000  # follower ids that are counted together
MOST = 4


def regions(
    segment_ids: Sequence[int], progress: Callable[[int, int], object] = lambda done, whole: None
) -> dict[int, int]:
    """mask -> followers that are in exactly the segments of its bits (the first: 1); empty regions
    are left out. Read span by span of ids, so that memory is that of one."""
    ends = [one for one in map(segments.bounds, segment_ids) if one is not None]
    if not ends:
        return {}
    after, upto = min(low for low, _ in ends) - 1, max(high for _, high in ends)
    found: Counter[int] = Counter()
    first = after
    while after < upto:
        end = min(after + SPAN, upto)
        for mask, many in _span(segment_ids, after, end):
            found[int(mask)] += int(many)
        after = end
        progress(after - first, upto - first)
    return dict(sorted(found.items()))


def _span(segment_ids: Sequence[int], after: int, end: int) -> list[tuple[Any, ...]]:
    one = (
        "SELECT follower_id, {} AS bit FROM segment_member"
        " WHERE segment_id = ? AND follower_id > ? AND follower_id <= ?"
    )
    parts = " UNION ALL ".join(one.format(1 << place) for place in range(len(segment_ids)))
    return fetch(
        "SELECT mask, COUNT(*) FROM (SELECT follower_id, SUM(bit) AS mask FROM"
        f" ({parts}) AS every GROUP BY follower_id) AS each_one GROUP BY mask ORDER BY mask",
        [value for segment_id in segment_ids for value in (segment_id, after, end)],
    )

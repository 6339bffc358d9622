"""Comings and goings of a segment as events of the log, for what is triggered by them.

They are born folded and the fold passes over them: a profile says nothing of segments, so nobody is
looked at again because he moved. Rules cannot read them either (bot.segment.reading.kind). What
was triggered is found by kind and time, as any event.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.clock import to_ms
from bot.store import events
from bot.store.segments import SegmentState

ENTERED, LEFT = "segment.entered", "segment.left"
_SPAN = 200


def announce(
    state: SegmentState, entered: Sequence[int], left: Sequence[int], now: datetime
) -> int:
    """Append one event for each who moved, each once; how many were new. Part of the move."""
    rows = [
        (
            *events.row(
                state.account_id,
                follower_id,
                kind,
                now,
                now,
                "segment",
                f"{state.id}:{kind}:{follower_id}:{to_ms(now)}",
                {"segment": state.slug},
                None,
            )[:-1],
            True,
        )
        for kind, ids in ((ENTERED, entered), (LEFT, left))
        for follower_id in ids
    ]
    spans = range(0, len(rows), _SPAN)
    return sum(events.append_many(rows[start : start + _SPAN]) for start in spans)

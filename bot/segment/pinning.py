"""Followers of a file put into a segment, or kept out of it, whatever its rule says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.errors import InvalidInput
from bot.segment.lists import Reject, named
from bot.store import segment_lists
from bot.store import segments as store
from bot.store.segment_lists import NAMES

MOST = 20_000  # by hand: more are a list of their own


def pin_lines(
    account_id: int, slug: str, lines: Iterable[str], by: str, included: bool | None,
    now: datetime, *, author: str = "", reason: str = "",
) -> tuple[int, Sequence[Reject]]:  # fmt: skip
    """(followers that were pinned, lines that name nobody); `included` None: the rule decides
    again. Raises NotFound, InvalidInput for a bad `by` or too many lines."""
    if by not in NAMES:
        raise InvalidInput(f"one of {', '.join(NAMES)}", "by")
    state, wanted = store.by_slug(account_id, slug), named(lines)
    if len(wanted) > MOST:
        raise InvalidInput(f"at most {MOST:,} by hand: make a list of more", "file")
    found = segment_lists.find_many(account_id, by, [one.text for one in wanted])
    rejects = [
        Reject(one.line, "unknown" if one.text else "bad")
        for one in wanted
        if one.text not in found
    ]
    ids = sorted(set(found.values()))
    if included is None:
        return segment_lists.unpin(state.id, ids), rejects
    return segment_lists.pin(state.id, ids, included, author, reason, now), rejects

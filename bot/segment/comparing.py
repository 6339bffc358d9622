"""人群包对比: how segments overlap, and a segment made of what one saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from bot.errors import InvalidInput
from bot.segment.catalogue import define
from bot.store import looks, segment_overlap, segments
from bot.store.looks import Look
from bot.store.segments import SegmentState

KIND = "overlap"
QUICK = 200_000  # members together that are counted while a page waits
OPERATIONS = ("all", "any", "minus")


def chosen(account_id: int, slugs: Sequence[str]) -> list[SegmentState]:
    """The segments to be compared, each once. Raises NotFound, InvalidInput for too few or many."""
    once = list(dict.fromkeys(slugs))
    if not 2 <= len(once) <= segment_overlap.MOST:
        raise InvalidInput(f"2 to {segment_overlap.MOST} segments are compared", "s")
    return [segments.by_slug(account_id, slug) for slug in once]


def compare(
    some: Sequence[SegmentState],
    progress: Callable[[int, int], object] = lambda done, whole: None,
) -> dict[str, Any]:
    """{segments: [{slug, name, size}], regions: {mask: followers}}."""
    found = segment_overlap.regions([one.id for one in some], progress)
    return {
        "segments": [
            {"slug": one.slug, "name": one.name, "size": _inside(found, place)}
            for place, one in enumerate(some)
        ],
        "regions": {str(mask): many for mask, many in found.items()},
    }


def keep(some: Sequence[SegmentState], document: dict[str, Any], now: datetime) -> None:
    """For who asks again: counting big ones takes seconds."""
    looks.keep(some[0].account_id, KIND, subject(some), document, now)


def compared(some: Sequence[SegmentState], now: datetime) -> Look | None:
    """Counted now where they are small, else as it was last; None: nobody has asked for it yet."""
    if sum(one.size for one in some) <= QUICK:
        return Look(now, compare(some))
    return looks.find(some[0].account_id, KIND, subject(some))


def subject(some: Sequence[SegmentState]) -> str:
    """The comparison's name: the same for the same segments in this order."""
    return "-".join(str(one.id) for one in some)


def _inside(regions: dict[int, int], place: int) -> int:
    return sum(many for mask, many in regions.items() if mask >> place & 1)


def rule_of(some: Sequence[SegmentState], operation: str) -> dict[str, Any]:
    """The rule of 交 (all), 并 (any), 差 (minus: the first without the others), or of one region
    ("region-MASK"). Raises InvalidInput."""
    parts = [{"segment": one.slug} for one in some]
    if operation in ("all", "any"):
        return {operation: parts}
    if operation == "minus":
        return {"all": [parts[0], *({"not": part} for part in parts[1:])]}
    mask = operation.removeprefix("region-")
    if mask == operation or not mask.isdecimal() or not 0 < int(mask) < 1 << len(some):
        raise InvalidInput(f"one of {', '.join(OPERATIONS)}, or a region", "operation")
    inside = [part if int(mask) >> place & 1 else {"not": part} for place, part in enumerate(parts)]
    return {"all": inside}


def combine(
    some: Sequence[SegmentState], operation: str, slug: str, name: str, now: datetime, author: str
) -> SegmentState:
    """A new segment of them. Raises InvalidInput, also where the slug is taken."""
    account_id = some[0].account_id
    if any(one.slug == slug for one in segments.of_account(account_id)):
        raise InvalidInput(f"the slug {slug!r} is taken by another segment", "slug")
    return define(account_id, slug, name, rule_of(some, operation), now, author=author)

"""What a pattern found in a text."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Found:
    """text[start:end] means `value`, which is JSON."""

    start: int
    end: int
    value: Any


def apart(found: Iterable[Found]) -> list[Found]:
    """Of those that overlap the longest, of equally long the first given; by their start."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda each: each.start - each.end):
        at = bisect(kept, one.start, key=lambda each: each.start)
        before = at == 0 or kept[at - 1].end <= one.start
        if before and (at == len(kept) or one.end <= kept[at].start):
            kept.insert(at, one)
    return kept

"""What the parts of a folded state are made of: sums, last writers, and the latest so many.

All are free of order: whichever way events come and are cut into batches, the same stays.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import isfinite
from typing import Any

State = dict[str, Any]
_UNSAFE = re.compile("[\x00\ud800-\udfff]")  # refused by one store or another


def count(counts: dict[str, int], name: str, more: int = 1) -> None:
    counts[name] = counts.get(name, 0) + more


def last_wins(held: State, name: str, row: list[Any]) -> None:
    """Keep the later of both rows by (at, key), which stand second and third."""
    if name not in held or held[name][1:3] < row[1:3]:
        held[name] = row


def latest_days(sums: dict[str, int], most: int) -> dict[str, int]:
    """The sums of the `most` latest days. A day that is among them in the end always was."""
    if len(sums) <= most:
        return sums
    kept = sorted(sums, key=int)[-most:]
    return {day: sums[day] for day in kept}


def latest_rows(held: State, most: int) -> State:
    """The `most` last writers by (at, key): what is dropped comes back only by a later word."""
    if len(held) <= most:
        return held
    kept = sorted(held, key=lambda name: (*held[name][1:3], name))[-most:]
    return {name: held[name] for name in kept}


def since(sums: dict[str, int], least: int) -> dict[str, int]:
    """Without what is older than `least`; the same dict where nothing is."""
    if min(map(int, sums)) >= least:
        return sums
    return {when: value for when, value in sums.items() if int(when) >= least}


@lru_cache(maxsize=4096)
def _usable(value: str, most: int) -> bool:
    return 0 < len(value) <= most and not _UNSAFE.search(value)


def named(value: Any, most: int) -> str:
    """A usable name, or "": too long, empty, or with characters that a store refuses."""
    return value if isinstance(value, str) and _usable(value, most) else ""


def safe(text: str) -> str:
    """Without the characters that a store refuses."""
    return _UNSAFE.sub("", text)


def is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value <= 1


def is_number(value: Any) -> bool:
    return type(value) in (int, float) and isfinite(value) and abs(value) <= 1e15

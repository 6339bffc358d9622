"""Interest in a topic: what mentions weigh, and how that fades, without any update.

A topic's mentions are kept per Shanghai day, in hundredths. Their weight halves every 30 days. All
mentions move to one fixed day by the law of decay, so one number, the level, serves at any moment:

    weight at now = 2 ** (level - (days of now - EPOCH_DAY) / HALF_LIFE_DAYS)
    score         = weight / (weight + 1)          in 0..1; a single full mention today is 0.5

A score of at least s is thus a level of at least `threshold(s, now)`: one comparison, which an
index answers, and the moment at which it fails can be told in advance (`fades_at`).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log2

DAY_MS = 86_400_000
ZONE_MS = 8 * 3_600_000  # Asia/Shanghai, which has had no daylight saving since 1991
EPOCH_DAY = 20454  # 2026-01-01
HALF_LIFE_DAYS = 30


def day_of(ms: int) -> int:
    """The Shanghai day number in which the instant lies."""
    return (ms + ZONE_MS) // DAY_MS


def level(buckets: Mapping[str, int], half_life_days: float = HALF_LIFE_DAYS) -> float | None:
    """The level of {day number: hundredths}; None where nothing positive is held.

    Summed in the order of days and from the newest down, so equal buckets give equal bits.
    """
    days = sorted(int(day) for day, weight in buckets.items() if weight > 0)
    if not days:
        return None
    newest = days[-1]
    total = 0.0
    for day in days:
        total += buckets[str(day)] / 100 * 2.0 ** ((day - newest) / half_life_days)
    return (newest - EPOCH_DAY) / half_life_days + log2(total)


def weight(held: float, now_ms: int) -> float:
    """What a level still weighs now: 1.0 is one full mention today."""
    return float(2.0 ** min(held - _shift(now_ms), 500.0))


def score(held: float, now_ms: int) -> float:
    """0..1; see the module."""
    present = weight(held, now_ms)
    return present / (present + 1)


def threshold(at_least: float, now_ms: int) -> float:
    """The lowest level that scores `at_least` (between 0 and 1, both excluded) now."""
    return log2(at_least / (1 - at_least)) + _shift(now_ms)


def fades_at(held: float, at_least: float, now_ms: int) -> int:
    """An instant in ms, after now, before which a level that still scores `at_least` goes on to.

    At most two milliseconds early, never late.
    """
    days = (held - log2(at_least / (1 - at_least))) * HALF_LIFE_DAYS + EPOCH_DAY
    return max(now_ms + 1, int(days * DAY_MS) - ZONE_MS - 1)


def _shift(now_ms: int) -> float:
    return ((now_ms + ZONE_MS) / DAY_MS - EPOCH_DAY) / HALF_LIFE_DAYS

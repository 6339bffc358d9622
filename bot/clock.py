"""Time. Everything inside is aware UTC; a local calendar is met only at the edges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present, aware UTC. Only composition roots hand this on; all else takes `now`."""
    return datetime.now(UTC)


def to_ms(at: datetime) -> int:
    """Whole milliseconds since 1970, rounded down. Raises ValueError for a naive datetime."""
    if at.tzinfo is None:
        raise ValueError("a naive datetime has no instant: give it a zone")
    return (at - EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    """The aware UTC instant of `to_ms`."""
    return EPOCH + ms * _MILLISECOND


def instant(ms: int | None) -> datetime | None:
    """The same for a column that may be empty."""
    return None if ms is None else from_ms(ms)


def wall(at: datetime | None, zone: ZoneInfo) -> str:
    """How people read an instant, by the clock of `zone`: "2026-11-21 20:00"; "–" for none."""
    return "–" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M}"

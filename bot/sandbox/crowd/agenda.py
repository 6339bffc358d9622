"""When each person acts next: twelve bytes each, in a bucket an hour."""

from __future__ import annotations

from array import array


class Agenda:
    """Times are hours since the start."""

    def __init__(self) -> None:
        self._buckets: dict[int, tuple[array[float], array[int]]] = {}
        self.hour = -1  # the last one taken

    def put(self, index: int, at: float) -> bool:
        """False: that hour is taken already, the caller sees to it."""
        hour = int(at)
        if hour <= self.hour:
            return False
        bucket = self._buckets.get(hour)
        if bucket is None:
            bucket = self._buckets[hour] = (array("d"), array("I"))
        bucket[0].append(at)
        bucket[1].append(index)
        return True

    def take(self) -> list[tuple[float, int]]:
        """Who acts in the next hour, and when, in order."""
        self.hour += 1
        times, people = self._buckets.pop(self.hour, ((), ()))
        return sorted(zip(times, people, strict=True))

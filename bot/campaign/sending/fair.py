"""Who is next among those that want to send: who was served least for its weight.

Stride scheduling (Waldspurger and Weihl 1995): each has a clock of its own, the slower the
greater its weight; whose clock shows least is served. A newcomer starts at the least of the
others' clocks and goes first, so that a small campaign never waits for a large one to end.
"""

from __future__ import annotations

from collections.abc import Mapping

DOUBLES = 25  # points of priority that double a campaign's share


def weight_of(priority: int) -> float:
    """1.0 for the usual 50; 4.0 for 100, 0.25 for 0."""
    return float(2.0 ** ((priority - 50) / DOUBLES))


class Shares:
    """Serves keys in proportion to their weights, whoever comes and goes."""

    def __init__(self) -> None:
        self._clocks: dict[int, float] = {}

    def next(self, weights: Mapping[int, float]) -> int:
        """Of those that wait now, by their weights; at least one."""
        known = [self._clocks[key] for key in weights if key in self._clocks]
        start = min(known, default=0.0)
        for key in weights:
            if key not in self._clocks:
                return self._welcome(key, start)
        return min(weights, key=lambda key: self._clocks[key])

    def _welcome(self, key: int, start: float) -> int:
        self._clocks[key] = start
        return key

    def serve(self, key: int, cost: float, weight: float) -> None:
        """So much was spent on it, in any unit."""
        self._clocks[key] = self._clocks.get(key, 0.0) + cost / weight

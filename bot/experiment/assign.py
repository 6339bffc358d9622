"""Who sees which arm of an experiment: by hash, the same whenever and wherever it is asked.

Each arm runs an exponential clock for each person, its speed the arm's weight; the arm whose clock
rings first has him (weighted rendezvous hashing: Thaler and Ravishankar 1998, Schindelhauer and
Schomaker 2005). When weights change, a person leaves an arm only for one whose weight grew
relative to it. With two arms, or one added or removed, exactly those move who must; in general a
method without memory that moves fewer for some weights moves more for others (Moulton and Jiang
2018).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from math import inf, isfinite, log
from typing import TypeVar

from bot.errors import InvalidInput

HELD_OUT = ""
Unit = int | str  # a follower's row id, or any other name that stays
Units = TypeVar("Units", int, str)
_SPAN = 2.0**-53


@lru_cache(maxsize=1024)
def _hasher(words: tuple[str, ...]) -> blake2b:
    told = "".join(f"{len(word)}:{word}" for word in words) + "|"  # the unit follows
    return blake2b(told.encode(), digest_size=8, person=b"hongyan draw")


def draw(words: tuple[str, ...], unit: Unit) -> float:
    """A number inside 0..1, both ends left out, evenly spread over units.

    words  what is drawn for; words that differ anywhere give independent draws
    """
    state = _hasher(words).copy()
    state.update(str(unit).encode())
    return ((int.from_bytes(state.digest()) >> 11) + 0.5) * _SPAN


@dataclass(frozen=True, slots=True)
class Assignment:
    """The draw of one experiment.

    key      the experiment's own, such as "campaign:7:1"; another key draws independently
    weights  of each arm, in any unit; 0 keeps an arm that nobody gets
    holdout  the share that gets nothing at all; it is drawn apart, so it moves nobody's arm, and
             a larger one holds the smaller one

    Raises InvalidInput for weights or shares that cannot be.
    """

    key: str
    weights: Mapping[str, float]
    holdout: float = 0.0

    def __post_init__(self) -> None:
        _check(self.weights, self.holdout)

    def of(self, unit: Unit) -> str:
        """The unit's arm, or HELD_OUT."""
        if self.holdout and draw((self.key, "holdout"), unit) < self.holdout:
            return HELD_OUT
        return self.arm(unit)

    def arm(self, unit: Unit) -> str:
        """The arm alone, for whoever was held out elsewhere."""
        first, least = "", inf
        for arm, weight in self.weights.items():
            if weight > 0:
                rings = -log(draw((self.key, "arm", arm), unit)) / weight
                if rings < least:
                    first, least = arm, rings
        return first

    def split(self, units: Iterable[Units]) -> dict[str, list[Units]]:
        """The units of each arm, and of HELD_OUT; those with none are left out."""
        parts: dict[str, list[Units]] = {}
        for unit in units:
            parts.setdefault(self.of(unit), []).append(unit)
        return parts


def _check(weights: Mapping[str, float], holdout: float) -> None:
    if HELD_OUT in weights:
        raise InvalidInput("an arm needs a name", "weights")
    if not all(isfinite(weight) and weight >= 0 for weight in weights.values()):
        raise InvalidInput("weights are numbers from 0 up", "weights")
    if not any(weight > 0 for weight in weights.values()):
        raise InvalidInput("some arm needs a weight above 0", "weights")
    if not 0 <= holdout <= 1:
        raise InvalidInput(f"a hold-out is a share of 0 to 1; this is {holdout}", "holdout")

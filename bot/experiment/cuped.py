"""Sharper means: what people did before the experiment explains part of what they do in it.

CUPED (Deng, Xu, Kohavi and Walker 2013): y - theta (x - mean of x), x known before the draw, theta
the slope of y on x. The mean difference stays what it was, but for chance; its variance falls by
the share that x explains (the correlation squared).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.experiment.arms import Amounts


@dataclass(frozen=True, slots=True)
class Pairs:
    """Sums over the people of one arm: y in the experiment, x the same figure before it."""

    name: str
    people: int
    y: float
    yy: float
    x: float
    xx: float
    xy: float

    @classmethod
    def of(cls, name: str, pairs: Iterable[tuple[float, float]]) -> Pairs:
        """From (y, x) of each person."""
        seen = list(pairs)
        return cls(
            name,
            len(seen),
            sum(y for y, _ in seen),
            sum(y * y for y, _ in seen),
            sum(x for _, x in seen),
            sum(x * x for _, x in seen),
            sum(x * y for y, x in seen),
        )


def adjusted(arms: Sequence[Pairs]) -> list[Amounts]:
    """Each arm's amounts with what x explains taken out; unchanged where x is the same for all."""
    people = sum(arm.people for arm in arms)
    if not people:
        return [Amounts(arm.name, 0, 0.0, 0.0) for arm in arms]
    middle = sum(arm.x for arm in arms) / people
    slope = theta(arms)
    return [_without(arm, slope, middle) for arm in arms]


def theta(arms: Sequence[Pairs]) -> float:
    """The slope of y on x within arms, so that the effect itself does not enter it."""
    filled = [arm for arm in arms if arm.people]
    across = sum(arm.xx - arm.x * arm.x / arm.people for arm in filled)
    together = sum(arm.xy - arm.x * arm.y / arm.people for arm in filled)
    scale = sum(arm.xx for arm in filled)
    return together / across if across > 1e-12 * scale else 0.0


def _without(arm: Pairs, slope: float, middle: float) -> Amounts:
    away = arm.x - arm.people * middle  # the sum of x - middle
    squares = arm.xx - 2 * middle * arm.x + arm.people * middle * middle
    mixed = arm.xy - middle * arm.y
    total = arm.y - slope * away
    whole = arm.yy - 2 * slope * mixed + slope * slope * squares
    least = total * total / arm.people if arm.people else 0.0
    return Amounts(arm.name, arm.people, total, max(whole, least))

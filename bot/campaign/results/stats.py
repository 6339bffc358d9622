"""Rates and their uncertainty. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from bot.effect.rates import wilson
from bot.experiment.arms import Arm
from bot.experiment.effect import Increment, Span, increment

__all__ = ["Effect", "effect", "effect_of", "rate", "wilson", "yield_of"]


@dataclass(frozen=True, slots=True)
class Effect:
    """What the campaign changed: the rate of those sent to less the rate of those held out.

    low, high   the 95 % interval of the difference
    enough      False: too few people or answers for the interval to mean much
    relative    by how much more often, [estimate, low, high]; None: no end
    extra       buyers more than there would have been, in the same form
    final       False: the time is not over, and the intervals hold whenever one looks
    """

    sent: int
    sent_bought: int
    held_out: int
    held_out_bought: int
    difference: float
    low: float
    high: float
    enough: bool
    relative: tuple[float | None, ...]
    extra: tuple[float | None, ...]
    final: bool = True

    @property
    def sent_rate(self) -> float:
        return rate(self.sent_bought, self.sent)

    @property
    def held_out_rate(self) -> float:
        return rate(self.held_out_bought, self.held_out)


def rate(part: int, whole: int) -> float:
    """0 where there is no whole."""
    return part / whole if whole else 0.0


def effect(sent: tuple[int, int], held_out: tuple[int, int], *, peeking: bool = False) -> Effect:
    """Each arm as (people, those who bought). `peeking`: looked at before the time is over."""
    found = increment(Arm("sent", *sent), Arm("held_out", *held_out), peeking=peeking)
    return effect_of(found, final=not peeking)


def effect_of(found: Increment, *, final: bool) -> Effect:
    return Effect(
        found.sent.people,
        found.sent.successes,
        found.held_out.people,
        found.held_out.successes,
        found.absolute.estimate,
        found.absolute.low,
        found.absolute.high,
        found.enough,
        _told(found.relative),
        _told(found.extra),
        final,
    )


def _told(span: Span) -> tuple[float | None, ...]:
    return tuple(v if isfinite(v) else None for v in (span.estimate, span.low, span.high))


def yield_of(pieces: Sequence[tuple[float, float]]) -> float:
    """The sum over pieces (variants) of click rate x conversion rate."""
    return sum(ctr * cvr for ctr, cvr in pieces)

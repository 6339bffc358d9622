"""Rates and their uncertainty. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Effect:
    """What the campaign changed: the rate of those sent to less the rate of those held out.

    low, high   the 95 % interval of the difference
    enough      False: too few people or answers for the interval to mean much
    """

    sent: int
    sent_bought: int
    held_out: int
    held_out_bought: int
    difference: float
    low: float
    high: float
    enough: bool

    @property
    def sent_rate(self) -> float:
        return rate(self.sent_bought, self.sent)

    @property
    def held_out_rate(self) -> float:
        return rate(self.held_out_bought, self.held_out)


def rate(part: int, whole: int) -> float:
    """0 where there is no whole."""
    return part / whole if whole else 0.0


def wilson(part: int, whole: int, z: float = Z95) -> tuple[float, float]:
    """The score interval of a rate (Wilson 1927). Everything is possible where nobody was asked."""
    if whole == 0:
        return 0.0, 1.0
    p, zz = part / whole, z * z
    middle = (p + zz / (2 * whole)) / (1 + zz / whole)
    half = z * sqrt(p * (1 - p) / whole + zz / (4 * whole * whole)) / (1 + zz / whole)
    return max(0.0, middle - half), min(1.0, middle + half)


def newcombe(part1: int, whole1: int, part0: int, whole0: int) -> tuple[float, float]:
    """The interval of rate 1 - rate 0 from two score intervals (Newcombe 1998, method 10)."""
    p1, p0 = rate(part1, whole1), rate(part0, whole0)
    low1, high1 = wilson(part1, whole1)
    low0, high0 = wilson(part0, whole0)
    if not whole1:
        p1 = 0.5
    if not whole0:
        p0 = 0.5
    low = p1 - p0 - sqrt((p1 - low1) ** 2 + (high0 - p0) ** 2)
    high = p1 - p0 + sqrt((high1 - p1) ** 2 + (p0 - low0) ** 2)
    return max(-1.0, low), min(1.0, high)


def effect(sent: tuple[int, int], held_out: tuple[int, int], least: int = 50) -> Effect:
    """Each arm as (people, those who bought)."""
    low, high = newcombe(sent[1], sent[0], held_out[1], held_out[0])
    return Effect(
        *sent,
        *held_out,
        rate(sent[1], sent[0]) - rate(held_out[1], held_out[0]),
        low,
        high,
        min(sent[0], held_out[0]) >= least and sent[1] + held_out[1] >= 10,
    )


def yield_of(pieces: Sequence[tuple[float, float]]) -> float:
    """The sum over pieces (variants) of click rate x conversion rate."""
    return sum(ctr * cvr for ctr, cvr in pieces)

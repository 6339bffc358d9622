"""How many people an experiment needs, told before it starts; what is seen with those there are.

Fixed sizes are those of the normal approximation with the pooled variance under "no difference"
(Fleiss 1981; what R's power.prop.test computes). An experiment that may be looked at all along
has a wider boundary in place of the quantile: at the end it needs about twice as many, and mostly
ends before. Of several arms each is compared with control at alpha / comparisons (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf, sqrt
from statistics import NormalDist

from bot.errors import InvalidInput
from bot.experiment.sequential import Boundary

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is wanted of an experiment.

    arms     with control
    peeking  it may be looked at after every batch, and ended at any look
    """

    power: float = 0.8
    alpha: float = 0.05
    arms: int = 2
    peeking: bool = True

    def __post_init__(self) -> None:
        if not (0 < self.alpha < 1 and 0.5 <= self.power < 1 and self.arms >= 2):
            raise InvalidInput("alpha in 0..1, power from 0.5 to below 1, two arms or more", "plan")

    @property
    def alpha_each(self) -> float:
        """Of each comparison with control."""
        return self.alpha / (self.arms - 1)

    def critical(self, peeking: bool) -> float:
        """Deviations at the planned end."""
        if peeking:
            return Boundary.of(self.alpha_each, 2, 1.0).critical
        return _NORMAL.inv_cdf(1 - self.alpha_each / 2)


@dataclass(frozen=True, slots=True)
class Size:
    """People needed.

    per_arm  as planned; the whole has `arms` times as many
    once     per arm, were it looked at only once, at the end
    """

    per_arm: int
    once: int
    plan: Plan

    @property
    def total(self) -> int:
        return self.per_arm * self.plan.arms

    @property
    def price(self) -> float:
        """How many times as many the looking costs at most."""
        return self.per_arm / self.once

    def days(self, daily: float, smallest_share: float | None = None) -> int:
        """Whole days at `daily` people entering, the smallest arm getting that share of them."""
        share = 1 / self.plan.arms if smallest_share is None else smallest_share
        if not daily > 0 or not 0 < share <= 1:
            raise InvalidInput("somebody has to enter, and into each arm", "daily")
        return ceil(self.per_arm / (daily * share))


def size_for_rates(baseline: float, effect: float, plan: Plan | None = None) -> Size:
    """To see a rate change from `baseline` by `effect`, the absolute difference, either way.

    Raises InvalidInput when either rate is not inside 0..1, or nothing is to change.
    """
    return _size(lambda critical, reached: _people(baseline, effect, critical, reached), plan)


def size_for_means(deviation: float, effect: float, plan: Plan | None = None) -> Size:
    """To see a mean change by `effect`; `deviation` is the standard deviation between people."""
    if not deviation > 0 or effect == 0:
        raise InvalidInput("people must differ, and the mean change", "effect")
    return _size(lambda critical, z: 2 * ((critical + z) * deviation / effect) ** 2, plan)


def power_for_rates(
    baseline: float, effect: float, per_arm: float, plan: Plan | None = None
) -> float:
    """The chance to see it with so many people per arm; `plan.power` is not used.

    For arms of n and m people take 2 n m / (n + m), which is also how a hold-out is planned.
    """
    chosen = plan or Plan()
    spread0, spread1 = _spreads(baseline, effect)
    deviations = abs(effect) * sqrt(per_arm) - chosen.critical(chosen.peeking) * spread0
    return _NORMAL.cdf(deviations / spread1)


def detectable(baseline: float, per_arm: float, plan: Plan | None = None) -> float:
    """The smallest rise of a rate that `plan.power` would see; inf when not even all the way to 1.

    For arms of unequal size as `power_for_rates`.
    """
    chosen = plan or Plan()
    low, high = 0.0, (1 - baseline) * (1 - 1e-9)
    if power_for_rates(baseline, high, per_arm, chosen) < chosen.power:
        return inf
    for _ in range(50):
        middle = (low + high) / 2
        if power_for_rates(baseline, middle, per_arm, chosen) < chosen.power:
            low = middle
        else:
            high = middle
    return high


def _size(people: Callable[[float, float], float], plan: Plan | None) -> Size:
    chosen = plan or Plan()
    reached = _NORMAL.inv_cdf(chosen.power)
    once = ceil(people(chosen.critical(peeking=False), reached))
    watched = ceil(people(chosen.critical(peeking=True), reached))
    return Size(watched if chosen.peeking else once, once, chosen)


def _people(baseline: float, effect: float, critical: float, reached: float) -> float:
    spread0, spread1 = _spreads(baseline, effect)
    return ((critical * spread0 + reached * spread1) / effect) ** 2


def _spreads(baseline: float, effect: float) -> tuple[float, float]:
    """Standard deviations of the difference, times the root of n: without and with the effect."""
    changed = baseline + effect
    if not (0 < baseline < 1 and 0 < changed < 1 and effect):
        raise InvalidInput(f"a rate of {baseline} cannot change by {effect}", "effect")
    middle = (baseline + changed) / 2
    return (
        sqrt(2 * middle * (1 - middle)),
        sqrt(baseline * (1 - baseline) + changed * (1 - changed)),
    )

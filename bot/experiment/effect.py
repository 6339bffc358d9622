"""What sending changed: those sent to against those held out, in rates, buyers and money.

Two ways to look. Once, when the attribution window is over: the ordinary 95 % interval. All along,
`peeking`: the always-valid one, wider. Which one is decided before, not after seeing both.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from statistics import NormalDist

from bot.experiment.arms import Amounts, Arm
from bot.experiment.score import interval, ratio_interval
from bot.experiment.sequential import (
    ALPHA,
    LEAST_PEOPLE,
    PLANNED,
    Boundary,
    information,
    standard_error,
)

LEAST_HELD_OUT = 50
LEAST_SUCCESSES = 10


@dataclass(frozen=True, slots=True)
class Span:
    """An estimate and its interval."""

    estimate: float
    low: float
    high: float

    def times(self, factor: float) -> Span:
        return Span(self.estimate * factor, self.low * factor, self.high * factor)

    @property
    def proven(self) -> bool:
        """It is not 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Increment:
    """Buyers (or whoever did what was wanted) more than there would have been.

    absolute  difference of the rates
    relative  the rate over that of the held out, less 1: 0.2 is 20 % more; high may be inf, and
              the estimate is inf where nobody held out bought and somebody else did
    extra     people among those sent to
    enough    False: too few held out, or too few successes, for the interval to mean much
    """

    sent: Arm
    held_out: Arm
    absolute: Span
    relative: Span
    extra: Span
    enough: bool


@dataclass(frozen=True, slots=True)
class Gain:
    """Money (in the unit of the amounts) more than there would have been.

    each   per person sent to
    extra  of all of them together
    """

    sent: Amounts
    held_out: Amounts
    each: Span
    extra: Span
    enough: bool


def increment(
    sent: Arm,
    held_out: Arm,
    *,
    alpha: float = ALPHA,
    peeking: bool = False,
    planned: int = PLANNED,
) -> Increment:
    """The effect on a rate. `held_out`: only those who could have been sent to.

    planned  as for `sequential.rates`, when peeking
    """
    critical = _critical(sent.people, held_out.people, alpha, planned, peeking)
    absolute = Span(sent.rate - held_out.rate, *interval(sent, held_out, critical))
    low, high = ratio_interval(sent, held_out, critical)
    relative = Span(_ratio(sent, held_out) - 1, low - 1, high - 1)
    enough = (
        min(sent.people, held_out.people) >= LEAST_HELD_OUT
        and sent.successes + held_out.successes >= LEAST_SUCCESSES
    )
    return Increment(sent, held_out, absolute, relative, absolute.times(sent.people), enough)


def gain(
    sent: Amounts,
    held_out: Amounts,
    *,
    alpha: float = ALPHA,
    peeking: bool = False,
    planned: int = PLANNED,
) -> Gain:
    """The effect on an amount, by the normal law of means: no resampling, two sums an arm suffice.

    Everything is possible, and `enough` is False, below LEAST_PEOPLE in either arm.
    """
    error = standard_error(sent, held_out)
    estimate = sent.mean - held_out.mean
    if min(sent.people, held_out.people) < LEAST_PEOPLE or error == 0:
        nothing = Span(estimate, -inf, inf)
        return Gain(sent, held_out, nothing, Span(estimate * sent.people, -inf, inf), enough=False)
    half = _critical(sent.people, held_out.people, alpha, planned, peeking) * error
    each = Span(estimate, estimate - half, estimate + half)
    return Gain(sent, held_out, each, each.times(sent.people), enough=True)


def _critical(people: int, held_out: int, alpha: float, planned: int, peeking: bool) -> float:
    if peeking:
        return Boundary.of(alpha, planned, information(people, held_out)).critical
    return NormalDist().inv_cdf(1 - alpha / 2)


def _ratio(sent: Arm, held_out: Arm) -> float:
    """1 where nobody did anything: nothing changed."""
    if held_out.rate:
        return sent.rate / held_out.rate
    return inf if sent.rate else 1.0

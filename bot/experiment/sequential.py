"""Differences of two arms that may be looked at after every batch: always-valid inference.

The boundary is that of a normal mixture (Robbins 1970), as in the mixture sequential probability
ratio test (Johari, Koomen, Pekelis and Walsh 2022) and in asymptotic confidence sequences
(Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024): with alpha, the interval misses the truth
at any of all looks with that chance, and so does the p-value with its level. Source and figures:
docs/explanation/experiments.md
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import exp, inf, log, log1p, sqrt

from bot.errors import InvalidInput
from bot.experiment.arms import Amounts, Arm
from bot.experiment.score import interval, score

ALPHA = 0.05
PLANNED = 5_000
LEAST_EXPECTED = 5.0  # successes, and failures, in each arm: below it no normal law holds
LEAST_PEOPLE = 30  # in each arm, for amounts


class Verdict(StrEnum):
    """What one look says of an arm against control."""

    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE = "no_difference"  # the interval lies inside what makes no difference in practice
    NOT_YET = "not_yet"


@dataclass(frozen=True, slots=True)
class Difference:
    """One look: arm - control.

    low, high  hold at all looks together
    p_value    always valid
    enough     False: too few people or successes to say anything
    """

    estimate: float
    low: float
    high: float
    p_value: float
    verdict: Verdict
    enough: bool


def rates(
    arm: Arm, control: Arm, *, alpha: float = ALPHA, planned: int = PLANNED, margin: float = 0.0
) -> Difference:
    """The difference of two success rates.

    planned  people per arm at which the interval is to be tightest, fixed before the start; for
             arms of unequal size twice `information`
    margin   a difference smaller than this, either way, makes none in practice; 0: any does
    """
    looked = Boundary.of(alpha, planned, information(arm.people, control.people))
    estimate = arm.rate - control.rate
    if _expected(arm, control) < LEAST_EXPECTED:
        return Difference(estimate, -1.0, 1.0, 1.0, Verdict.NOT_YET, enough=False)
    low, high = interval(arm, control, looked.critical)
    p_value = looked.p_value(score(arm, control))
    verdict = judged(estimate, low, high, p_value <= alpha, margin)
    return Difference(estimate, low, high, p_value, verdict, enough=True)


def means(
    arm: Amounts,
    control: Amounts,
    *,
    alpha: float = ALPHA,
    planned: int = PLANNED,
    margin: float = 0.0,
) -> Difference:
    """The difference of two mean amounts, as `rates` does it; `margin` is in their unit."""
    looked = Boundary.of(alpha, planned, information(arm.people, control.people))
    estimate, error = arm.mean - control.mean, standard_error(arm, control)
    if min(arm.people, control.people) < LEAST_PEOPLE or error == 0:
        return Difference(estimate, -inf, inf, 1.0, Verdict.NOT_YET, enough=False)
    half = looked.critical * error
    p_value = looked.p_value(estimate / error)
    verdict = judged(estimate, estimate - half, estimate + half, p_value <= alpha, margin)
    return Difference(estimate, estimate - half, estimate + half, p_value, verdict, enough=True)


def information(people: int, control_people: int) -> float:
    """n m / (n + m): half the people per arm that would tell as much in two equal arms."""
    both = people + control_people
    return people * control_people / both if both else 0.0


def standard_error(arm: Amounts, control: Amounts) -> float:
    """Of the difference of the means: the larger of what one and what two variances give.

    Where few of a small hold-out spend, its own variance is too small whenever its mean is: with
    two variances, as Welch has it, 23 % of A/A tests were false alarms; see the docs.
    """
    n, m = arm.people, control.people
    if min(n, m) < 2:
        return 0.0
    own = arm.variance / n + control.variance / m
    one = ((n - 1) * arm.variance + (m - 1) * control.variance) / (n + m - 2)
    return sqrt(max(own, one / information(n, m)))


def judged(estimate: float, low: float, high: float, proven: bool, margin: float) -> Verdict:
    """A difference that is proven, yet lies inside the margin, makes none in practice."""
    if -margin < low and high < margin:
        return Verdict.NO_DIFFERENCE
    if not proven:
        return Verdict.NOT_YET
    return Verdict.BETTER if estimate > 0 else Verdict.WORSE


@dataclass(frozen=True, slots=True)
class Boundary:
    """How many standard deviations are too many at this look.

    ratio  the mixture's variance over that of the estimate; it grows with the people seen
    """

    alpha: float
    ratio: float

    @classmethod
    def of(cls, alpha: float, planned: int, seen: float) -> Boundary:
        """The mixture that makes it least when `planned` people are in each arm (Waudby-Smith)."""
        if not 0 < alpha < 1 or planned < 1:
            raise InvalidInput("alpha lies between 0 and 1, and somebody is planned for", "alpha")
        need = -2 * log(alpha)
        return cls(alpha, (need + log1p(need)) * seen / (planned / 2))

    @property
    def critical(self) -> float:
        if self.ratio <= 0:
            return inf
        return sqrt((1 + 1 / self.ratio) * (log1p(self.ratio) - 2 * log(self.alpha)))

    def p_value(self, deviations: float) -> float:
        """1 / evidence, at most 1; the evidence is the mixture of likelihood ratios."""
        weight = self.ratio / (1 + self.ratio)
        return min(1.0, exp((log1p(self.ratio) - weight * min(deviations**2, 1e6)) / 2))


def _expected(arm: Arm, control: Arm) -> float:
    """The fewest successes or failures that an arm would have, were both arms alike."""
    both = arm.people + control.people
    if not both:
        return 0.0
    hits = arm.successes + control.successes
    return min(hits, both - hits) / both * min(arm.people, control.people)

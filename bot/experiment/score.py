"""The score statistic of a difference of two rates, and the interval that it gives.

The variance is that of the likeliest pair of rates with the difference in question (Mee 1984;
closed form: Miettinen and Nurminen 1985), so an arm with no success, or with nothing else, is not
taken for certain, as it would be with the variance of the observed rates.
"""

from __future__ import annotations

from collections.abc import Callable
from math import acos, copysign, cos, exp, inf, log, pi, sqrt

from bot.experiment.arms import Arm

Variance = Callable[[float], float]


def restricted(arm: Arm, control: Arm, difference: float) -> tuple[float, float]:
    """The likeliest rates of both arms whose difference, arm - control, is as given."""
    both, hits = arm.people + control.people, arm.successes + control.successes
    c3 = float(both)
    c2 = (arm.people + 2 * control.people) * difference - both - hits
    c1 = (control.people * difference - both - 2 * control.successes) * difference + hits
    c0 = control.successes * difference * (1 - difference)
    third = c2 / (3 * c3)
    q = third**3 - c1 * c2 / (6 * c3**2) + c0 / (2 * c3)
    p = copysign(sqrt(max(0.0, third**2 - c1 / (3 * c3))), q)
    cosine = q / p**3 if p else 0.0
    angle = (pi + acos(min(1.0, max(-1.0, cosine)))) / 3
    low = min(1.0, 1.0 - difference)
    rate = min(low, max(0.0, -difference, 2 * p * cos(angle) - third))
    return rate + difference, rate


def variance(arm: Arm, control: Arm, difference: float) -> float:
    """Of the difference of the observed rates, were `difference` the true one."""
    p1, p0 = restricted(arm, control, difference)
    return p1 * (1 - p1) / arm.people + p0 * (1 - p0) / control.people


def score(arm: Arm, control: Arm, difference: float = 0.0) -> float:
    """How many standard deviations the observed difference lies above `difference`.

    0 where an arm is empty: nothing is known.
    """
    if not (arm.people and control.people):
        return 0.0
    above = arm.rate - control.rate - difference
    spread = variance(arm, control, difference)
    if spread <= 0:
        return copysign(inf, above) if abs(above) > 1e-12 else 0.0
    return above / sqrt(spread)


def interval(arm: Arm, control: Arm, critical: float) -> tuple[float, float]:
    """The differences whose score is within `critical`; all of -1..1 where an arm is empty."""
    if not (arm.people and control.people):
        return -1.0, 1.0

    def spread(difference: float) -> float:
        return variance(arm, control, difference)

    observed = arm.rate - control.rate
    return _end(observed, -critical, spread), _end(observed, critical, spread)


def ratio_interval(arm: Arm, control: Arm, critical: float) -> tuple[float, float]:
    """The ratios arm / control whose score is within `critical` (Koopman 1984), 0..inf at most.

    Without the factor n / (n - 1), so that 1 is outside just when 0 is outside of `interval`.
    """
    if not (arm.people and control.people and arm.successes + control.successes):
        return 0.0, inf
    low = 0.0 if arm.successes == 0 else _ratio_end(arm, control, critical, -1.0)
    high = inf if control.successes == 0 else _ratio_end(arm, control, critical, 1.0)
    return low, high


def _ratio_score(arm: Arm, control: Arm, ratio: float) -> float:
    """How many standard deviations arm.rate - ratio * control.rate lies above 0."""
    n, m = arm.people, control.people
    a = (n + m) * ratio
    b = (n + control.successes) * ratio + arm.successes + m
    c = arm.successes + control.successes
    p0 = 2 * c / (b + sqrt(max(0.0, b * b - 4 * a * c)))
    p1 = min(1.0, p0 * ratio)
    spread = p1 * (1 - p1) / n + ratio * ratio * p0 * (1 - min(1.0, p0)) / m
    above = arm.rate - ratio * control.rate
    return above / sqrt(spread) if spread > 0 else copysign(inf, above)


def _ratio_end(arm: Arm, control: Arm, critical: float, side: float) -> float:
    """Bisected on the scale of logarithms; ratios beyond e**40 either way count as 0 and inf."""
    inside = log(arm.rate / control.rate) if arm.successes and control.successes else -40 * side
    outside = 40.0 * side
    for _ in range(60):
        middle = (inside + outside) / 2
        if abs(_ratio_score(arm, control, exp(middle))) <= critical:
            inside = middle
        else:
            outside = middle
    return exp(inside)


def _end(observed: float, critical: float, spread: Variance) -> float:
    """Where |observed - end| = critical deviations. Iterated, as the variance changes slowly.

    It begins midway to the edge: where nobody succeeded, the observed difference is an end, too.
    """
    end = (observed + copysign(1.0, critical)) / 2
    for _ in range(20):
        last, end = end, observed + critical * sqrt(spread(end))
        if abs(end - last) < 1e-7 * abs(end - observed):
            return end
        if abs(end) >= 1:  # where the variance is 0, and leads back to what was observed
            break
    return _bisected(observed, critical, spread)


def _bisected(observed: float, critical: float, spread: Variance) -> float:
    inside, outside = observed, copysign(1.0, critical)
    for _ in range(40):
        middle = (inside + outside) / 2
        if abs(middle - observed) <= abs(critical) * sqrt(spread(middle)):
            inside = middle
        else:
            outside = middle
    return inside

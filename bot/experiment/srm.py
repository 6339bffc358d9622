"""Did the arms get the shares they were to get? If not, something is broken and no result counts.

A sample ratio that is off (lost messages, a redirect that fails for one arm, a filter after the
draw) biases every comparison (Fabijan et al. 2019), so it is asked first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import comb, erfc, exp, fsum, gamma, inf, lgamma, log, sqrt

from bot.errors import InvalidInput

THRESHOLD = 0.001  # of a single look; so low because it is mostly not the only one
WATCHED_THRESHOLD = 0.01  # that of all looks together
LEAST_EXPECTED = 5.0
_MOST_OUTCOMES = 50_000
_PRIORS = (10.0, 100.0, 1_000.0, 10_000.0)  # how near to the ordered shares: far ... very near


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """One check.

    expected  people per arm, were all well
    p_value   of this look alone: chi-square, or exact where some arm expects fewer than 5
    watched   always valid, so it may be looked at after each batch (Lindon and Malek 2022)
    broken    `watched` is below its threshold when peeking, else `p_value` below that of one look
    """

    counts: Mapping[str, int]
    expected: Mapping[str, float]
    p_value: float
    watched: float
    broken: bool


def check(
    counts: Mapping[str, int], weights: Mapping[str, float], *, peeking: bool = True
) -> SampleRatio:
    """Compare people per arm with the weights by which they were drawn.

    An arm in `counts` alone should have nobody. Raises InvalidInput without a weight above 0.
    """
    whole, total = fsum(weights.values()), sum(counts.values())
    if whole <= 0 or min(weights.values()) < 0 or min(counts.values(), default=0) < 0:
        raise InvalidInput("a sample ratio needs weights and counts from 0 up", "weights")
    shares = {arm: weights.get(arm, 0.0) / whole for arm in {**weights, **counts}}
    expected = {arm: share * total for arm, share in shares.items()}
    if any(counts.get(arm, 0) for arm, share in shares.items() if share == 0):
        return SampleRatio(counts, expected, 0.0, 0.0, broken=True)
    drawn = [(counts.get(arm, 0), share) for arm, share in shares.items() if share > 0]
    p_value, watched = _once(drawn, total), _watched(drawn, total)
    broken = watched < WATCHED_THRESHOLD if peeking else p_value < THRESHOLD
    return SampleRatio(counts, expected, p_value, watched, broken)


def _once(drawn: list[tuple[int, float]], total: int) -> float:
    if len(drawn) == 1 or total == 0:
        return 1.0
    if min(share for _, share in drawn) * total >= LEAST_EXPECTED:
        statistic = fsum((n - share * total) ** 2 / (share * total) for n, share in drawn)
        return chi_square_tail(statistic, len(drawn) - 1)
    if comb(total + len(drawn) - 1, len(drawn) - 1) <= _MOST_OUTCOMES:
        return _exact(drawn, total)
    return _watched(drawn, total)  # exact as well, and never too small


def chi_square_tail(statistic: float, freedom: int) -> float:
    """The chance that a chi-square of so many degrees exceeds the statistic: the finite sums."""
    half = statistic / 2
    odd = freedom % 2
    tail = erfc(sqrt(half)) if odd else 0.0
    terms = (half ** (i + odd / 2) / gamma(i + 1 + odd / 2) for i in range(freedom // 2))
    return min(1.0, tail + exp(-half) * fsum(terms))


def _exact(drawn: list[tuple[int, float]], total: int) -> float:
    """The chance of an outcome that is no likelier than this one, over all outcomes."""
    logs = [log(share) for _, share in drawn]

    def chance(counts: tuple[int, ...]) -> float:
        terms = (n * each - lgamma(n + 1) for n, each in zip(counts, logs, strict=True))
        return lgamma(total + 1) + fsum(terms)

    seen = chance(tuple(n for n, _ in drawn)) + 1e-9
    every = (chance(counts) for counts in _outcomes(total, len(drawn)))
    return min(1.0, fsum(exp(one) for one in every if one <= seen))


def _outcomes(total: int, arms: int) -> Iterator[tuple[int, ...]]:
    if arms == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _outcomes(total - first, arms - 1):
            yield first, *rest


def _watched(drawn: list[tuple[int, float]], total: int) -> float:
    """1 / evidence: Dirichlet mixtures about the ordered shares against those shares."""
    if len(drawn) == 1:
        return 1.0
    logs = [_evidence(drawn, total, near) for near in _PRIORS]
    top = max(logs)
    evidence = top + log(fsum(exp(one - top) for one in logs) / len(logs))
    return min(1.0, exp(-evidence)) if evidence < inf else 0.0


def _evidence(drawn: list[tuple[int, float]], total: int, near: float) -> float:
    arms = (lgamma(near * share + n) - lgamma(near * share) - n * log(share) for n, share in drawn)
    return lgamma(near) - lgamma(near + total) + fsum(arms)

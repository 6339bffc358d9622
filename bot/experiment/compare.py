"""An experiment judged: every arm against control, whether its figures may be used, and a word.

May be asked after every batch. The chance that any word about any arm is wrong is at most alpha
over all looks: p-values are always valid and adjusted for the number of arms (Holm 1979),
intervals hold for all arms together (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import sqrt
from random import Random

from bot.errors import InvalidInput
from bot.experiment.arms import Amounts, Arm
from bot.experiment.bandit import chances_to_be_best
from bot.experiment.sequential import (
    ALPHA,
    PLANNED,
    Difference,
    Verdict,
    judged,
    means,
    rates,
)
from bot.experiment.srm import SampleRatio, check

DRAWS = 2_000


class Outcome(StrEnum):
    """What is to be done with the experiment."""

    WINNER = "winner"  # the leader is better than control: roll it out
    NO_DIFFERENCE = "no_difference"  # nothing is better, something is as good: take the cheapest
    HARMFUL = "harmful"  # every arm is worse than control: stop
    NOT_YET = "not_yet"
    BROKEN = "broken"  # the arms did not get their shares: no figure counts, find out why


@dataclass(frozen=True, slots=True)
class Judged:
    """One arm: `difference` to control, its p-value adjusted; `best`: the chance to be the best."""

    name: str
    people: int
    value: float
    best: float
    difference: Difference

    @property
    def verdict(self) -> Verdict:
        return self.difference.verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """`leader`: the winner, or else whatever has the highest value; `arms`: all but control."""

    outcome: Outcome
    leader: str
    control: str
    control_people: int
    control_value: float
    control_best: float
    arms: tuple[Judged, ...]
    shares: SampleRatio | None

    @property
    def harmful(self) -> tuple[str, ...]:
        """Arms that are worse than control: to be stopped, whatever the others do."""
        return tuple(arm.name for arm in self.arms if arm.verdict is Verdict.WORSE)


def compare(
    arms: Sequence[Arm],
    rng: Random,
    *,
    weights: Mapping[str, float] | None = None,
    alpha: float = ALPHA,
    planned: int = PLANNED,
    margin: float = 0.0,
    people: Mapping[str, int] | None = None,
    draws: int = DRAWS,
) -> Comparison:
    """Judge success rates; the first arm is control.

    weights  by which people were drawn; None where they changed on the way (a bandit): unchecked
    people   per arm as drawn, where fewer than were drawn are compared; else those of `arms`
    rng      for the chances to be best alone, from so many draws
    planned, margin  as for `sequential.rates`

    Raises InvalidInput for fewer than two arms, or two of one name.
    """
    each = _alpha_each(arms, alpha)
    best = chances_to_be_best(arms, rng, draws)
    looked = [_Look(arm.name, arm.people, arm.rate, best[arm.name]) for arm in arms]
    differences = [
        rates(arm, arms[0], alpha=each, planned=planned, margin=margin) for arm in arms[1:]
    ]
    return _judge(looked, differences, alpha, margin, _shares(looked, weights, people))


def compare_amounts(
    arms: Sequence[Amounts],
    rng: Random,
    *,
    weights: Mapping[str, float] | None = None,
    alpha: float = ALPHA,
    planned: int = PLANNED,
    margin: float = 0.0,
    people: Mapping[str, int] | None = None,
    draws: int = DRAWS,
) -> Comparison:
    """Judge mean amounts, such as revenue per follower in fen; the rest as `compare`."""
    each = _alpha_each(arms, alpha)
    best = _best_means(arms, rng, draws)
    looked = [_Look(arm.name, arm.people, arm.mean, best[arm.name]) for arm in arms]
    differences = [
        means(arm, arms[0], alpha=each, planned=planned, margin=margin) for arm in arms[1:]
    ]
    return _judge(looked, differences, alpha, margin, _shares(looked, weights, people))


@dataclass(frozen=True, slots=True)
class _Look:
    name: str
    people: int
    value: float
    best: float


def _judge(
    looked: list[_Look],
    differences: list[Difference],
    alpha: float,
    margin: float,
    shares: SampleRatio | None,
) -> Comparison:
    control, *others = looked
    arms = tuple(
        Judged(arm.name, arm.people, arm.value, arm.best, difference)
        for arm, difference in zip(others, _adjusted(differences, alpha, margin), strict=True)
    )
    outcome = _outcome([arm.verdict for arm in arms], shares)
    leads: list[Judged | _Look] = [arm for arm in arms if arm.verdict is Verdict.BETTER]
    leader = max(leads or looked, key=lambda arm: arm.value).name
    return Comparison(
        outcome, leader, control.name, control.people, control.value, control.best, arms, shares
    )


def _outcome(verdicts: list[Verdict], shares: SampleRatio | None) -> Outcome:
    if shares is not None and shares.broken:
        return Outcome.BROKEN
    if Verdict.BETTER in verdicts:
        return Outcome.WINNER
    if Verdict.NOT_YET in verdicts:
        return Outcome.NOT_YET
    return Outcome.NO_DIFFERENCE if Verdict.NO_DIFFERENCE in verdicts else Outcome.HARMFUL


def _adjusted(differences: list[Difference], alpha: float, margin: float) -> list[Difference]:
    """Holm's step down: the smallest p-value times all comparisons, the next times one less ...

    An arm that is proven only so ends at 0, where its interval, made for all arms, went beyond.
    """
    order = sorted(range(len(differences)), key=lambda i: differences[i].p_value)
    adjusted = list(differences)
    least = 0.0
    for step, i in enumerate(order):
        found = differences[i]
        least = max(least, min(1.0, found.p_value * (len(differences) - step)))
        low, high = found.low, found.high
        if least <= alpha:
            low, high = (max(low, 0.0), high) if found.estimate > 0 else (low, min(high, 0.0))
        verdict = judged(found.estimate, low, high, least <= alpha, margin)
        adjusted[i] = replace(found, low=low, high=high, p_value=least, verdict=verdict)
    return adjusted


def _best_means(arms: Sequence[Amounts], rng: Random, draws: int) -> dict[str, float]:
    """Each mean drawn from its normal posterior; equal where some mean is not known at all."""
    if any(arm.people < 2 for arm in arms):
        return {arm.name: 1 / len(arms) for arm in arms}
    laws = [(arm.mean, sqrt(arm.variance / arm.people)) for arm in arms]
    wins = [0] * len(arms)
    for _ in range(draws):
        drawn = [rng.gauss(mean, error) for mean, error in laws]
        wins[drawn.index(max(drawn))] += 1
    return {arm.name: won / draws for arm, won in zip(arms, wins, strict=True)}


def _shares(
    looked: list[_Look], weights: Mapping[str, float] | None, people: Mapping[str, int] | None
) -> SampleRatio | None:
    if weights is None:
        return None
    return check(people or {arm.name: arm.people for arm in looked}, weights)


def _alpha_each(arms: Sequence[Arm] | Sequence[Amounts], alpha: float) -> float:
    if len(arms) < 2 or len({arm.name for arm in arms}) != len(arms):
        raise InvalidInput("an experiment needs two arms or more, each with its own name", "arms")
    return alpha / (len(arms) - 1)

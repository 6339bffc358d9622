"""A bandit: whoever answers better is shown more, hour by hour, and nobody is ever shown never.

Thompson sampling (Thompson 1933; Chapelle and Li 2011) in batches: the weights for the next batch
are the chances of each arm to be best, given the answers so far, above a floor. The floor keeps
learning, so an arm that had bad luck, or whose day is yet to come, returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from bot.errors import InvalidInput
from bot.experiment.arms import Arm

FLOOR = 0.05
DRAWS = 2_000
_LEADS, _SETTLED = 0.8, 0.95


class Reason(StrEnum):
    """Why the weights are as they are."""

    NOTHING_KNOWN = "nothing_known"  # nobody was shown anything: equal shares
    UNDECIDED = "undecided"
    LEADS = "leads"  # the leader is best with a chance of 80 %
    SETTLED = "settled"  # 95 %


@dataclass(frozen=True, slots=True)
class Decision:
    """One page of the diary: what was known, the chances, the weights for the next batch, why."""

    known: tuple[Arm, ...]
    chances: Mapping[str, float]
    weights: Mapping[str, float]
    leader: str
    floor: float
    reason: Reason


def decide(
    arms: Sequence[Arm], rng: Random, *, floor: float = FLOOR, draws: int = DRAWS
) -> Decision:
    """The weights for the next batch; they sum to 1, each is at least `floor`.

    arms  people who have had the time to answer, and who did; counting those who were shown it
          a minute ago would punish whatever is shown most
    rng   decides alone: the same state gives the same decision
    """
    if len({arm.name for arm in arms}) != len(arms) or len(arms) < 2:
        raise InvalidInput("a bandit needs two arms or more, each with a name of its own", "arms")
    if not 0 <= floor <= 1 / len(arms):
        raise InvalidInput(f"{len(arms)} arms cannot each have at least {floor:.0%}", "floor")
    chances = chances_to_be_best(arms, rng, draws)
    rest = 1 - floor * len(arms)
    weights = {name: floor + rest * chance for name, chance in chances.items()}
    leader = max(chances, key=lambda name: chances[name])
    reason = _reason(arms, chances[leader])
    return Decision(tuple(arms), chances, weights, leader, floor, reason)


def chances_to_be_best(arms: Sequence[Arm], rng: Random, draws: int = DRAWS) -> dict[str, float]:
    """By drawing from each arm's Beta posterior; known to about 1 / root of draws.

    Each begins as if one success had been seen at the rate of all arms together, so that one of
    which nothing is known is tried, and not taken for the best: usual rates are far below one half.
    """
    if not any(arm.people for arm in arms):
        return {arm.name: 1 / len(arms) for arm in arms}
    people, hits = sum(arm.people for arm in arms), sum(arm.successes for arm in arms)
    misses = (people - hits + 1) / (hits + 1)
    shapes = [(1 + arm.successes, misses + arm.people - arm.successes) for arm in arms]
    wins = [0] * len(arms)
    for _ in range(draws):
        drawn = [rng.betavariate(a, b) for a, b in shapes]
        wins[drawn.index(max(drawn))] += 1
    return {arm.name: won / draws for arm, won in zip(arms, wins, strict=True)}


def recent(batches: Iterable[Sequence[Arm]], half_life: float) -> list[Arm]:
    """What batches, oldest first, tell of today: one that is `half_life` batches old counts half.

    For tastes that drift. Rounded to whole people; arms in the order of their first batch.
    """
    if not half_life > 0:
        raise InvalidInput("a half-life is a positive number of batches", "half_life")
    kept = 0.5 ** (1 / half_life)
    sums: dict[str, tuple[float, float]] = {}
    for batch in batches:
        sums = {name: (people * kept, hits * kept) for name, (people, hits) in sums.items()}
        for arm in batch:
            people, hits = sums.get(arm.name, (0.0, 0.0))
            sums[arm.name] = (people + arm.people, hits + arm.successes)
    return [Arm(name, round(people), round(hits)) for name, (people, hits) in sums.items()]


def _reason(arms: Sequence[Arm], chance: float) -> Reason:
    if not any(arm.people for arm in arms):
        return Reason.NOTHING_KNOWN
    if chance >= _SETTLED:
        return Reason.SETTLED
    return Reason.LEADS if chance >= _LEADS else Reason.UNDECIDED

"""Experiments made up with numpy: counts of both arms at each of many looks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bot.experiment.arms import Amounts, Arm

LOOKS = 20


def even_looks(people: int) -> np.ndarray:
    return np.linspace(people / LOOKS, people, LOOKS).astype(int)


def early_looks(people: int) -> np.ndarray:
    """Close together at the start, where little is known."""
    return np.unique(np.geomspace(20, people, LOOKS).astype(int))


def of_rates(
    rng: np.random.Generator,
    runs: int,
    looks: np.ndarray,
    rates: tuple[float, float],
    share: float = 0.5,
) -> Iterator[list[tuple[Arm, Arm]]]:
    """Of each run, (arm, control) at each look; control gets `share` of the people."""
    control = np.round(looks * share).astype(int)
    sizes = [looks - control, control]
    hits = [
        rng.binomial(np.diff(size, prepend=0), rate, (runs, len(looks))).cumsum(axis=1).tolist()
        for size, rate in zip(sizes, rates, strict=True)
    ]
    people = [size.tolist() for size in sizes]
    for arm, other in zip(*hits, strict=True):
        yield [
            (Arm("a", n, x), Arm("c", m, y))
            for n, x, m, y in zip(people[0], arm, people[1], other, strict=True)
        ]


def spending(rng: np.random.Generator, shape: tuple[int, int], buyers: float) -> np.ndarray:
    """Most spend nothing, some a little, few much."""
    spent = np.zeros(shape)
    chosen = rng.random(shape) < buyers
    spent[chosen] = np.exp(rng.normal(8, 0.8, int(chosen.sum())))
    return spent


def of_amounts(
    arm: np.ndarray, control: np.ndarray, looks: np.ndarray, share: float = 0.5
) -> Iterator[list[tuple[Amounts, Amounts]]]:
    """As `of_rates`, from what each person of each run spent."""
    there = np.maximum(np.round(looks * share).astype(int), 1)
    here = looks - there
    sums = [
        (values.cumsum(axis=1)[:, size - 1], (values * values).cumsum(axis=1)[:, size - 1])
        for values, size in ((arm, here), (control, there))
    ]
    for run in range(len(arm)):
        yield [
            (
                Amounts("a", int(here[i]), float(sums[0][0][run, i]), float(sums[0][1][run, i])),
                Amounts("c", int(there[i]), float(sums[1][0][run, i]), float(sums[1][1][run, i])),
            )
            for i in range(len(looks))
        ]

"""The statistics of experiments, on made data: false alarms, power, what a hold-out proves.

    python -m benchmarks experiments [--requests 1000]

Each kind of experiment is made up so many times, and looked at 20 times. The peers, in this run and
on the same data: for rates, the two-sided z-test with the pooled variance, read at each look as if
it were the only one; for money, Welch's standard error under our boundary; for the brake, the exact
one-sided binomial test at each look; for the bandit, equal shares.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from math import inf, sqrt
from random import Random
from typing import Any

import numpy as np

from bot.experiment.arms import Amounts, Arm
from bot.experiment.assign import Assignment
from bot.experiment.bandit import decide
from bot.experiment.guardrail import guardrail
from bot.experiment.power import Plan, size_for_rates
from bot.experiment.score import score
from bot.experiment.sequential import Boundary, Verdict, information, means, rates

LOOKS = 20
ALPHA = 0.05
RATE, RISE = 0.05, 0.01


def run(count: int = 1000) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    return {
        "experiments of each kind": count,
        "false alarms, rates": _false_alarms(rng, count),
        "a rise of a rate": _power(rng, count),
        "the interval misses the truth at some look": _missed(rng, count),
        "false alarms, money, control 5 %": _money(rng, count),
        "the brake at 1 %": _brake(rng, count),
        "regret of a day, bandit / equal shares": _bandit(),
        "us": _speed(),
    }


def _arms(
    rng: np.random.Generator, count: int, people: int, rate: float, base: float, share: float = 0.5
) -> Iterator[list[tuple[Arm, Arm]]]:
    looks = np.linspace(people / LOOKS, people, LOOKS).astype(int)
    control = np.round(looks * share).astype(int)
    sizes = (looks - control, control)
    hits = [
        rng.binomial(np.diff(size, prepend=0), p, (count, LOOKS)).cumsum(axis=1).tolist()
        for size, p in zip(sizes, (rate, base), strict=True)
    ]
    there = [size.tolist() for size in sizes]
    for x, y in zip(*hits, strict=True):
        yield [
            (Arm("a", *a), Arm("c", *c))
            for a, c in zip(
                zip(there[0], x, strict=True), zip(there[1], y, strict=True), strict=True
            )
        ]


def _false_alarms(rng: np.random.Generator, count: int) -> dict[str, Any]:
    found = {}
    for rate, share in ((0.05, 0.5), (0.5, 0.5), (0.005, 0.5), (0.05, 0.05), (0.005, 0.05)):
        ours = naive = once = 0
        for looks in _arms(rng, count, 20_000, rate, rate, share):
            alarms = [look for look in looks if abs(score(*look)) > 1.96]
            naive += bool(alarms)
            once += looks[-1] in alarms
            ours += any(rates(*look).p_value <= ALPHA for look in alarms)
        found[f"rate {rate:.1%}, control {share:.0%}"] = {
            "ours": ours / count, "z-test at each look": naive / count, "z-test once": once / count,
        }  # fmt: skip
    return found


def _power(rng: np.random.Generator, count: int) -> dict[str, Any]:
    size, once = size_for_rates(RATE, RISE), size_for_rates(RATE, RISE, Plan(peeking=False))
    ends = []
    for looks in _arms(rng, count, size.total, RATE + RISE, RATE):
        better = (
            i
            for i, look in enumerate(looks, 1)
            if rates(*look, planned=size.per_arm).verdict is Verdict.BETTER
        )
        ends.append(next(better, inf))
    used = [min(end, LOOKS) / LOOKS * size.per_arm for end in ends]
    return {
        "people per arm, at most": size.per_arm,
        "people per arm, looked at once": once.per_arm,
        "found": float(np.mean(np.isfinite(ends))),
        "people per arm, mean": round(float(np.mean(used))),
        "people per arm, median": round(float(np.median(used))),
        "mean over once": round(float(np.mean(used)) / once.per_arm, 2),
    }


def _missed(rng: np.random.Generator, count: int) -> dict[str, float]:
    found = {}
    for rate, base, share in ((0.06, 0.05, 0.5), (0.012, 0.008, 0.1), (0.9, 0.6, 0.3)):
        missed = 0
        for looks in _arms(rng, count, 20_000, rate, base, share):
            seen = (rates(*look) for look in looks)
            missed += any(not d.low <= rate - base <= d.high for d in seen)
        found[f"{rate:.1%} against {base:.1%}, control {share:.0%}"] = missed / count
    return found


def _money(rng: np.random.Generator, count: int) -> dict[str, Any]:
    """Five of a hundred spend, a hundredth part of them ten times as much as most."""
    found = {}
    looks = np.linspace(200, 4000, LOOKS).astype(int)
    for buyers in (0.2, 0.05, 0.01):
        ours = welch = 0
        for _ in range(count):
            spent = np.where(rng.random(4000) < buyers, np.exp(rng.normal(8, 0.8, 4000)), 0.0)
            shown = rng.random(4000) >= 0.05
            alarms = [_money_alarms(spent[:n], shown[:n]) for n in looks.tolist()]
            ours += any(alarm for alarm, _ in alarms)
            welch += any(alarm for _, alarm in alarms)
        found[f"{buyers:.0%} spend"] = {"ours": ours / count, "Welch": welch / count}
    return found


def _money_alarms(spent: np.ndarray, shown: np.ndarray) -> tuple[bool, bool]:
    arm, control = (_amounts(spent[shown]), _amounts(spent[~shown]))
    if control.people < 30:
        return False, False
    looked = Boundary.of(ALPHA, 1000, information(arm.people, control.people))
    error = sqrt(arm.variance / arm.people + control.variance / control.people)
    ours = means(arm, control, planned=1000).p_value <= ALPHA
    return ours, abs(arm.mean - control.mean) > looked.critical * error


def _amounts(values: np.ndarray) -> Amounts:
    return Amounts("", len(values), float(values.sum()), float((values * values).sum()))


def _brake(rng: np.random.Generator, count: int) -> dict[str, Any]:
    """Batches of 200 sends; the sends that went out until it tripped, at alpha = 0.01."""
    from scipy.stats import binom

    found: dict[str, Any] = {}
    limits = [binom.isf(0.01, 200 * i, 0.01) for i in range(1, 101)]
    for times in (1.0, 1.5, 2.0, 3.0, 5.0):
        seen = rng.binomial(200, 0.01 * times, (count, 100)).cumsum(axis=1)
        ends = [_tripped(run.tolist()) for run in seen]
        naive = float((seen > np.array(limits)).any(axis=1).mean())
        finite = [end for end in ends if end < inf]
        found[f"{times:g} times"] = {
            "tripped within 20,000 sends": len(finite) / count,
            "sends until then, median": float(np.median(ends)) if len(finite) > count / 2 else None,
            "binomial test at each look": naive,
        }
    return found


def _tripped(run: list[int]) -> float:
    return next(
        (200.0 * i for i, x in enumerate(run, 1) if guardrail(x, 200 * i, 0.01).tripped), inf
    )


def _bandit() -> float:
    """Arms of 4, 5 and 8 percent, 24 hours of 500 people, 30 days."""
    truth = {"a": 0.04, "b": 0.05, "c": 0.08}
    regret = 0.0
    for day in range(30):
        rng, chance = Random(day), np.random.default_rng(day)
        known = {name: Arm(name, 0, 0) for name in truth}
        for _ in range(24):
            for name, share in decide(list(known.values()), rng).weights.items():
                shown = round(500 * share)
                hits = int(chance.binomial(shown, truth[name]))
                known[name] = Arm(name, known[name].people + shown, known[name].successes + hits)
                regret += shown * (0.08 - truth[name])
    equal = 24 * 500 * (0.08 - sum(truth.values()) / 3)
    return round(regret / 30 / equal, 2)


def _speed() -> dict[str, float]:
    experiment = Assignment("campaign:7:1", {"a": 1, "b": 1}, 0.05)
    began = time.process_time()
    for unit in range(100_000):
        experiment.of(unit)
    assigned = (time.process_time() - began) * 10
    began = time.process_time()
    for i in range(2_000):
        rates(Arm("a", 5000, 300 + i % 50), Arm("c", 5000, 250))
    looked = (time.process_time() - began) * 500
    return {"to put a person": round(assigned, 1), "to look at two arms": round(looked, 1)}

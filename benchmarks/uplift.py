"""Whom a mail moves: the blend beside every learner and beside response targeting, truth known.

    python -m benchmarks uplift [--requests 64000] [--rounds 2]

Made experiments (mail_experiment.py) of each kind of effect, `rounds` of each: two thirds of the
customers teach, the others judge. `true qini` is the area that the order wins in true effects, as a
share of what the order by the true effects themselves wins: no luck of the judging rows is in it.
`qini` is what one would measure, in visits per 10,000 customers.

The peers are the learners of the issue, each with the same two base models, and the models of the
response. `best of four` is, for each experiment and each base model, the best of S, T, X and class
transformation by truth: which one that is, nobody could have known.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.mail_experiment import KINDS, made
from bot.insight.kinds import Columns, Request
from bot.insight.uplift.learners import CLASSIC, LEARNERS
from bot.insight.uplift.qini import qini
from bot.insight.uplift.serving import all_scores, judged
from bot.insight.uplift.training import train

Doubles = NDArray[np.float64]


def run(count: int = 64_000, rounds: int = 2) -> dict[str, Any]:
    """count: customers of an experiment."""
    began = time.process_time()
    true: dict[str, list[float]] = defaultdict(list)
    measured: dict[str, list[float]] = defaultdict(list)
    kinds: dict[str, Any] = {}
    for kind in KINDS:
        own: dict[str, list[float]] = defaultdict(list)
        for seed in range(rounds):
            right, found = _one(kind, count, seed)
            for name, value in right.items():
                true[name].append(value)
                own[name].append(value)
            for name, value in found.items():
                measured[name].append(value)
        kinds[kind] = _means(own, _shown(own))
    return {
        "customers": count,
        "experiments": len(KINDS) * rounds,
        "true qini, mean share of the best possible": _means(true, true),
        "blend at least the best of four with the same base, by truth": _wins(true),
        "blend above the response models, by truth": _above(true),
        "qini as measured, visits per 10,000": _means(measured, measured, 1e4),
        "by kind of effect": kinds,
        "cpu_seconds": round(time.process_time() - began),
    }


def _one(kind: str, count: int, seed: int) -> tuple[dict[str, float], dict[str, float]]:
    table, effect = made(kind, count, 1000 + seed)
    at = np.arange(count)
    teach, judge = at[: 2 * count // 3], at[2 * count // 3 :]
    columns = Columns(target="visit", treatment="mail", id="id")
    learnt = train(Request(table.take(teach), columns, seed))
    used, trial, _ = judged(learnt, table.take(judge), columns)
    scores, _ = all_scores(learnt, used)
    best = _area(effect[judge], effect[judge])
    true = {name: _area(score, effect[judge]) / best for name, score in scores.items()}
    for base in LEARNERS:
        true[f"best of four, {base}"] = max(true[f"{learner} {base}"] for learner in CLASSIC)
    return true, {name: qini(score, trial) for name, score in scores.items()}


def _area(score: Doubles, effect: Doubles) -> float:
    """What the order wins in true effects over a random one."""
    won = np.cumsum(effect[np.argsort(-score, kind="stable")]) / len(score)
    return float(won.mean() - won[-1] / 2)


def _means(
    found: Mapping[str, Sequence[float]], names: Any, scale: float = 1.0
) -> dict[str, float]:
    means = {name: scale * float(np.mean(found[name])) for name in names}
    return {name: round(means[name], 3) for name in sorted(means, key=lambda n: -means[n])}


def _shown(found: Mapping[str, Any]) -> list[str]:
    return ["blend", "response", *(name for name in found if name.startswith("best of four"))]


def _wins(true: Mapping[str, Sequence[float]]) -> dict[str, str]:
    return {base: _share(true["blend"], true[f"best of four, {base}"]) for base in LEARNERS}


def _above(true: Mapping[str, Sequence[float]]) -> dict[str, str]:
    return {name: _share(true["blend"], true[name]) for name in true if name.startswith("response")}


def _share(ours: Sequence[float], theirs: Sequence[float]) -> str:
    wins = sum(one >= other for one, other in zip(ours, theirs, strict=True))
    return f"{wins} of {len(ours)}"

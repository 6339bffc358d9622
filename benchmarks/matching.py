"""Which offer for whom: a whole audience before many offers, with stock and budget.

    python -m benchmarks matching [--followers 1000000] [--offers 50]

Made followers with tastes of six kinds, offers that suit some more than others; half of the
followers could be served by the stock, a third by the budget. The peers, in this run: the greedy
matching (each pair by its value, the greatest first, while stock and budget last; by value for a
fen where that is better), and HiGHS, the linear programme of all pairs at once, at a size that it
can bear. Each matching runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from typing import Any

import numpy as np

from bot.insight.matching import Chunk, Matching, Offer, Terms, match_offers

CHUNK = 50_000
HIGHS = (5_000, 20)


def run(followers: int = 1_000_000, offers: int = 50, **_: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for n, k, ways in ((followers, offers, (ours, greedy)), (*HIGHS, (ours, greedy, highs))):
        found[f"{n} x {k}"] = {way.__name__: _apart(way, n, k) for way in ways}
        for way in ways[1:]:
            _beside(found[f"{n} x {k}"], way.__name__)
    tied = _apart(ours, followers, offers, True)
    found[f"{followers} x {offers}, chances in whole percents"] = {"ours": tied}
    return found


def _beside(found: dict[str, Any], name: str) -> None:
    ratio = found["ours"]["worth, yuan"] / found[name]["worth, yuan"]
    found[f"worth of ours to {name}"] = round(ratio, 5)


def _apart(way: Callable[..., dict[str, Any]], n: int, k: int, tied: bool = False) -> Any:
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (way, n, k, tied))


def _measured(way: Callable[..., dict[str, Any]], n: int, k: int, tied: bool) -> dict[str, Any]:
    began = time.process_time()
    found = way(Made(n, k, tied))
    return found | {
        "CPU, s": round(time.process_time() - began, 1),
        "peak memory, MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


class Made:
    """The same followers however often their chunks are asked for."""

    def __init__(self, n: int, k: int, tied: bool, seed: int = 1):
        rng = np.random.default_rng(seed)
        self.n, self.tied, self.seed = n, tied, seed
        self.suits = rng.normal(0, 0.7, (6, k)).astype(np.float32)
        stocks = rng.integers(0, n // k + 1, k).tolist()
        margins, costs = rng.integers(500, 5000, k).tolist(), rng.integers(50, 400, k).tolist()
        offers = zip(margins, costs, stocks, strict=True)
        self.offers = [Offer(f"o{j}", *offer) for j, offer in enumerate(offers)]
        self.terms = Terms(budget_fen=70 * n)

    def chunks(self) -> Iterator[Chunk]:
        for start in range(0, self.n, CHUNK):
            rng = np.random.default_rng([self.seed, start])
            size = min(CHUNK, self.n - start)
            taste = rng.normal(size=(size, 6)).astype(np.float32)
            chances = 1 / (1 + np.exp(3 - taste @ self.suits))
            chances = np.round(chances, 2) if self.tied else chances
            message, fatigue = rng.choice([0.0, 6.0], size), rng.exponential(20.0, size)
            yield Chunk(np.arange(start, start + size), chances, None, message, fatigue)

    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """(n, k) fen in 32 bits: of value, and of cost."""
        charge = np.array([offer.cost_fen for offer in self.offers], np.float32)
        worth = np.array([offer.margin_fen for offer in self.offers], np.float32) - charge
        k = len(charge)
        values, costs = (np.empty((self.n, k), np.float32) for _ in range(2))
        at = 0
        for chunk in self.chunks():
            rows = slice(at, at := at + len(chunk.ids))
            lost = np.asarray(chunk.message_fen) + np.asarray(chunk.fatigue_fen)
            values[rows] = chunk.chances.astype(np.float32) * worth - lost[:, None]
            costs[rows] = np.asarray(chunk.message_fen)[:, None] + charge
        return values, costs


def ours(made: Made) -> dict[str, Any]:
    matched = match_offers(made.offers, made.chunks, made.terms)
    _check(made, matched)
    return {
        "worth, yuan": round(matched.total_fen / 100),
        "proven gap": float(f"{matched.gap:.2g}"),
        "served": int(matched.sold.sum()),
        "of the budget spent": round(matched.spent_fen / float(made.terms.budget_fen or 1), 6),
    }


def _check(made: Made, matched: Matching) -> None:
    stock = [offer.stock for offer in made.offers]
    if (matched.sold > np.array(stock)).any() or matched.spent_fen > (made.terms.budget_fen or 0):
        raise AssertionError("stock or budget is passed")


def greedy(made: Made) -> dict[str, Any]:
    values, costs = made.values()
    by_value = _greedy(made, values, costs, values)
    by_fen = _greedy(made, values, costs, values / np.maximum(costs, 1))
    best = max(by_value, by_fen)
    said = {"by value": round(by_value / 100), "by value for a fen": round(by_fen / 100)}
    return {"worth, yuan": round(best / 100), **said}


def _greedy(made: Made, values: np.ndarray, costs: np.ndarray, key: np.ndarray) -> float:
    """All pairs in order, in runs of a million: most are passed over by the arrays alone."""
    order = np.argsort(-key, axis=None, kind="stable")
    free = np.ones(made.n, np.bool_)
    left = np.array([offer.stock for offer in made.offers])
    budget, total, k = float(made.terms.budget_fen or 0), 0.0, len(left)
    for start in range(0, order.size, 1_000_000):
        part = order[start : start + 1_000_000]
        person, offer = part // k, part % k
        able = free[person] & (left[offer] > 0) & (values.ravel()[part] > 0)
        columns = (person[able], offer[able], values.ravel()[part[able]], costs.ravel()[part[able]])
        for who, what, value, cost in zip(*(c.tolist() for c in columns), strict=True):
            if cost <= budget and left[what] and free[who]:
                free[who], left[what] = False, left[what] - 1
                budget, total = budget - cost, total + value
    return total


def highs(made: Made) -> dict[str, Any]:
    """The linear programme of all pairs; at its corners all but a few are whole."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_matrix

    values, costs = (part.astype(np.float64).ravel() for part in made.values())
    n, k = made.n, len(made.offers)
    pairs = np.arange(n * k)
    rows = np.concatenate([pairs // k, n + pairs % k, np.full(n * k, n + k)])
    weights = np.concatenate([np.ones(2 * n * k), costs])
    table = coo_matrix((weights, (rows, np.tile(pairs, 3))), (n + k + 1, n * k)).tocsr()
    stock = [offer.stock for offer in made.offers]
    most = np.concatenate([np.ones(n), stock, [made.terms.budget_fen]])
    answer = linprog(-np.maximum(values, 0), table, most, bounds=(0, 1), method="highs")
    return {"worth, yuan": round(-answer.fun / 100), "parts allowed": True}

"""How good lists are: recall and NDCG at k per user, mean over users; how many items are shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.insight.recommend.history import Doubles, Places


def gains(hit: NDArray[np.bool_], wanted: Places) -> tuple[Doubles, Doubles]:
    """Recall@k and NDCG@k of each list, (n) each.

    hit     (n, k) whether the place of the list holds an item that was wanted
    wanted  (n) how many items were, above 0

    recall = hits / wanted; NDCG = sum hit_j / log2(j + 1) over the same sum with min(k, wanted)
    hits in front (Järvelin and Kekäläinen, 2002, with binary gains).
    """
    worth = 1 / np.log2(np.arange(2, hit.shape[1] + 2))
    ideal = np.cumsum(worth)[np.minimum(wanted, hit.shape[1]) - 1]
    return hit.sum(1) / wanted, (hit * worth).sum(1) / ideal


def interval(values: Doubles, seed: int = 0, draws: int = 1000) -> dict[str, float | None]:
    """Mean over users with its 95 % bootstrap interval; None without users."""
    if not len(values):
        return {"value": None, "low": None, "high": None}
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(draws)]
    low, high = np.quantile(means, [0.025, 0.975])
    return {"value": float(values.mean()), "low": float(low), "high": float(high)}

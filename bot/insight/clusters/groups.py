"""Groups of points that lie together: how many there are, where, and which is which next time.

MiniBatchKMeans (Sculley 2010) on points of bot.insight.clusters.points. The number of groups is
chosen by two things at once: how well they are set apart, the mean silhouette (Rousseeuw 1987), and
how surely the same people fall together again, the adjusted Rand index of two fits on different
halves (Hubert and Arabie 1985).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.insight.kinds import Progress, silent

Points = NDArray[np.float32]
Labels = NDArray[np.int64]

TRIED = range(2, 9)
SAMPLE = 4_000  # rows by which the number is chosen
JUDGED = 1_500  # of these, those whose silhouette is taken
NEAR = 0.75  # mean standard deviations that a centre may move and stay itself
_AT_ONCE = 16_384  # rows


@dataclass(frozen=True)
class Tried:
    """How well one number of groups does."""

    k: int
    silhouette: float
    stability: float

    @property
    def worth(self) -> float:
        """Their product: a group that is not set apart, or not found again, is none."""
        return max(self.silhouette, 0.0) * max(self.stability, 0.0)


def fit(x: Points, k: int, seed: int) -> Points:
    """Centres (k, features), those of most rows first."""
    library = import_module("sklearn.cluster")
    model = library.MiniBatchKMeans(k, random_state=seed, n_init=3, batch_size=2_048).fit(x)
    centres = model.cluster_centers_.astype(np.float32)
    sizes = np.bincount(nearest(x, centres), minlength=k)
    order = np.argsort(-sizes, kind="stable")
    return np.asarray(centres[order[sizes[order] > 0]])


def nearest(x: Points, centres: Points) -> Labels:
    """Which centre is nearest to each row, (n); of equals the first."""
    squares = (centres.astype(np.float64) ** 2).sum(axis=1)
    found = np.empty(len(x), np.int64)
    for start in range(0, len(x), _AT_ONCE):
        part = x[start : start + _AT_ONCE]
        found[start : start + len(part)] = np.argmin(squares - 2 * part @ centres.T, axis=1)
    return found


def tried(x: Points, seed: int, progress: Progress = silent) -> list[Tried]:
    """Each number of groups on a sample of the rows."""
    rng = np.random.default_rng(seed)
    sample = x[np.sort(rng.permutation(len(x))[:SAMPLE])]
    counts = [k for k in TRIED if k <= len(sample) // 10] or [TRIED[0]]
    found = []
    for number, k in enumerate(counts):
        progress("groups", number, len(counts))
        apart = silhouette(sample, fit(sample, k, seed), seed)
        found.append(Tried(k, apart, _again(sample, k, rng)))
    progress("groups", len(counts), len(counts))
    return found


def best(of: Sequence[Tried]) -> Tried:
    """The greatest worth; of equals the fewest groups."""
    return max(of, key=lambda one: (one.worth, -one.k))


def silhouette(x: Points, centres: Points, seed: int) -> float:
    """The mean over JUDGED rows of (other - own) / max(own, other): distances to the rows of the
    own and of the nearest other group. 0 where all rows are in one."""
    labels = nearest(x, centres)
    rows = np.sort(np.random.default_rng(seed).permutation(len(x))[:JUDGED])
    if len(np.unique(labels[rows])) < 2 or len(np.unique(labels[rows])) >= len(rows):
        return 0.0
    score = import_module("sklearn.metrics").silhouette_score
    return float(score(x[rows], labels[rows]))


def _again(sample: Points, k: int, rng: np.random.Generator) -> float:
    """Adjusted Rand index, over all rows, of the groups that two halves find."""
    order = rng.permutation(len(sample))
    halves = np.array_split(order, 2)
    one, other = (nearest(sample, fit(sample[half], k, 0)) for half in halves)
    return float(import_module("sklearn.metrics").adjusted_rand_score(one, other))


def same(centres: Points, known: Points, near: float = NEAR) -> dict[int, int]:
    """Which known centre each centre is: nearest pairs first, none twice, none further than
    `near` standard deviations a feature on average. Both in the same scale."""
    if not len(known):
        return {}
    apart = np.sqrt(((centres[:, None, :] - known[None, :, :]) ** 2).sum(axis=2))
    found: dict[int, int] = {}
    for at in np.argsort(apart, axis=None, kind="stable").tolist():
        place, number = divmod(at, len(known))
        if apart[place, number] > near * sqrt(centres.shape[1]):
            break
        if place not in found and number not in found.values():
            found[place] = number
    return found


def numbered(
    count: int, kept: Mapping[int, int], numbers: Sequence[int], following: int
) -> list[int]:
    """A number for each of `count` groups: the known one's, or one that was never given.

    kept       place -> place among the known, from `same`
    numbers    of the known
    following  the first that was never given
    """
    new = iter(range(following, following + count))
    return [numbers[kept[place]] if place in kept else next(new) for place in range(count)]


def shares(labels: Labels, count: int) -> list[float]:
    found: Any = np.bincount(labels, minlength=count) / max(len(labels), 1)
    return [float(one) for one in found]

"""What goes together: item to item, from who had what.

cosine  c_ij / (sqrt(n_i n_j) + s): shrunk by s users, so that two chance meetings are no likeness
ridge   B = -P / diag(P), diagonal 0, P = (X'X + l I)^-1: EASE (Steck, Embarrassingly Shallow
        Autoencoders for Sparse Data, 2019), which explains away what a third item explains
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from bot.insight.recommend.habit import Habits

Floats = NDArray[np.float32]
SHRINK = 20.0  # users
RIDGE = 0.6  # l, in users for each user who teaches
MOST_ITEMS = 4000  # the inverse takes items^3 steps and items^2 numbers: 64 MB


def had(seen: Habits, items: int) -> sparse.csr_matrix:
    """(users, items) 1 where the user has had the item."""
    ones = np.ones(len(seen.item), np.float32)
    users = len(seen.starts) - 1
    return sparse.csr_matrix((ones, seen.item, seen.starts), shape=(users, items))


def together(x: sparse.csr_matrix) -> NDArray[np.float64]:
    """(items, items) users who had both."""
    found: NDArray[np.float64] = (x.T @ x).toarray().astype(np.float64)
    return found


def cosine(counts: NDArray[np.float64], shrink: float = SHRINK) -> Floats:
    """Shrunk cosines from counts, diagonal 0."""
    size = np.sqrt(np.diag(counts))
    found = counts / (size[:, None] * size[None, :] + shrink)
    np.fill_diagonal(found, 0.0)
    return found.astype(np.float32)


def ridge(counts: NDArray[np.float64], strength: float) -> Floats:
    """EASE weights B from counts: the score of a user with row x is x B."""
    system = counts.copy()
    np.fill_diagonal(system, np.diag(counts) + strength)
    inverse = np.linalg.inv(system)
    found = inverse / -np.diag(inverse)[None, :]
    np.fill_diagonal(found, 0.0)
    return found.astype(np.float32)

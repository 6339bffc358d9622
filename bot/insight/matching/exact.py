"""Few followers: a matching may miss the bound by one offer that no longer fits the budget, which
is much of little. Branch and bound (HiGHS) then looks at what may still be better."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.insight.matching.audience import Audience
from bot.insight.matching.offers import NOTHING, Floats
from bot.insight.matching.picking import Book, Prices, allowed, pick
from bot.insight.matching.placing import Placed
from bot.insight.matching.prices import Priced

MAX_CELLS = 200_000
MAX_EDGES = 2_000
MAX_NODES = 500  # a limit that does not hang on the machine
WORTH = 1e-3  # of the bound: less than that missing is near enough

Places = NDArray[np.intp]
_one_at_a_time = threading.Lock()


def finish(audience: Audience, book: Book, priced: Priced, placed: Placed) -> Priced:
    """Makes `placed` the best there is, where that is cheap to find; the bound known then.

    A matching with the pair (follower, offer) misses the bound by at least what the pair is worth
    less, at the prices, than the follower's best. So a pair that misses it by more than `placed`
    does is in no better matching, and is left out.
    """
    missed = priced.bound - placed.total
    if len(audience) * len(book.stock) > MAX_CELLS or missed <= WORTH * priced.bound:
        return priced
    edges = _edges(audience, book, priced.prices, missed * (1 + 1e-9))
    if not 0 < len(edges.rows) <= MAX_EDGES:
        return priced
    taken, bound = _branch(edges, book)
    if taken is not None:
        _put(placed, edges, taken, book)
    return replace(priced, bound=min(priced.bound, max(placed.total, bound)))


@dataclass(frozen=True)
class _Edges:
    """(m) each: pairs of a follower and an offer, by offer, then by the follower's hash."""

    rows: Places
    offers: Places
    values: Floats
    costs: Floats


def _edges(audience: Audience, book: Book, prices: Prices, missed: float) -> _Edges:
    block = audience.first(len(audience))
    rows = np.lexsort((audience.ids, audience.hashes))
    best = np.maximum(pick(block, book, prices, book.possible()).best, 0.0)
    found = []
    for j in book.possible():
        choice = np.full(len(block), j, np.int16)
        values, costs = book.values(block, choice), book.costs(block, choice)
        net = values - prices.stock[j] - prices.budget * costs
        at = np.flatnonzero(allowed(block, book, j) & (best - net <= missed))
        found.append((rows[at], np.full(len(at), j), values[at], costs[at]))
    return _Edges(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _branch(edges: _Edges, book: Book) -> tuple[Places | None, float]:
    """The pairs taken, None where no answer was found in time; and a bound on any answer."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]
    from scipy.sparse import coo_matrix  # type: ignore[import-untyped]

    n, row = _numbered(edges.rows)
    k, m = len(book.stock), len(edges.rows)
    at = np.concatenate([row, n + edges.offers, np.full(m, n + k)])
    weights = np.concatenate([np.ones(2 * m), edges.costs])
    table = coo_matrix((weights, (at, np.tile(np.arange(m), 3))), (n + k + 1, m)).tocsr()
    most = np.concatenate([np.ones(n), book.stock, [book.budget]])
    unit = float(edges.values.max())
    with _stdout_closed():
        answer = milp(
            -edges.values / unit,
            constraints=LinearConstraint(table, -np.inf, most),
            integrality=np.ones(m),
            bounds=Bounds(0, 1),
            options={"mip_rel_gap": WORTH / 100, "node_limit": MAX_NODES},
        )
    bound = answer.get("mip_dual_bound")
    known = bound is not None and np.isfinite(bound)
    taken = None if answer.x is None else np.flatnonzero(answer.x > 0.5)
    # The solver's own tolerance is 1e-6 of the unit for each constraint.
    return taken, (-float(bound) + 1e-6) * unit if known else np.inf


def _numbered(rows: Places) -> tuple[int, Places]:
    """How many different ones, and each one's number in the order of first appearance: the places
    in the audience hang on the order in which it came."""
    _, first, number = np.unique(rows, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return len(first), rank[number]


@contextmanager
def _stdout_closed() -> Iterator[None]:
    """HiGHS 1.12, of scipy 1.17, prints a line of its own where it mends an answer; commands print
    JSON there. What other threads print meanwhile (milliseconds) is lost, too."""
    with _one_at_a_time:
        try:
            sys.stdout.flush()
            kept = os.dup(1)
        except OSError:  # a daemon's may be closed already
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 1)
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)
            os.close(nowhere)


def _put(placed: Placed, edges: _Edges, taken: Places, book: Book) -> None:
    """The answer instead of what there was, where it is better and holds to the last fen."""
    sold = np.bincount(edges.offers[taken], minlength=len(book.stock))
    rows = edges.rows[taken]
    better = Placed(
        np.full_like(placed.choice, NOTHING),
        np.zeros_like(placed.value),
        np.zeros_like(placed.cost),
        book.stock - sold,
    )
    better.choice[rows] = edges.offers[taken]
    better.value[rows], better.cost[rows] = edges.values[taken], edges.costs[taken]
    holds = (better.left >= 0).all() and better.spent <= book.budget
    if holds and len(np.unique(rows)) == len(rows) and better.total > placed.total:
        placed.choice, placed.value, placed.cost = better.choice, better.value, better.cost
        placed.left = better.left

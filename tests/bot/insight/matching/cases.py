"""Made audiences, and what the exact programme says of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix

from bot.insight.matching import Chunk, Matching, Offer, Terms, match_offers


@dataclass(frozen=True)
class Case:
    """chances (n, k) and eligible (n, k); message and fatigue (n), fen."""

    offers: list[Offer]
    chances: np.ndarray
    terms: Terms = field(default_factory=Terms)
    eligible: np.ndarray | None = None
    message: Any = 0.0
    fatigue: Any = 0.0

    @property
    def ids(self) -> np.ndarray:
        return np.arange(1, len(self.chances) + 1) * 7

    def matched(self, **how: Any) -> Matching:
        chunk = Chunk(self.ids, self.chances, self.eligible, self.message, self.fatigue)
        return match_offers(self.offers, lambda: [chunk], self.terms, **how)

    def in_pieces(self, order: np.ndarray, size: int, **how: Any) -> Matching:
        """The same followers in another order and other chunks."""
        n = len(self.chances)
        message, fatigue = (np.broadcast_to(c, n) for c in (self.message, self.fatigue))
        chunks = [
            Chunk(
                self.ids[rows],
                self.chances[rows],
                None if self.eligible is None else self.eligible[rows],
                message[rows],
                fatigue[rows],
            )
            for rows in (order[at : at + size] for at in range(0, n, size))
        ]
        return match_offers(self.offers, lambda: iter(chunks), self.terms, **how)

    def with_stock(self, more: int) -> Case:
        offers = [
            replace(one, stock=None if one.stock is None else one.stock + more)
            for one in self.offers
        ]
        return replace(self, offers=offers)

    def parts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(n, k) fen of value and of cost, and what is allowed: the formulas, written again."""
        charge = np.array([one.cost_fen for one in self.offers])
        margin = np.array([one.margin_fen for one in self.offers])
        chance = self.chances.astype(np.float32).astype(float)
        lost = (np.zeros(len(chance)) + self.message + self.fatigue)[:, None]
        value = chance * (margin - charge) - lost
        counted = chance * charge if self.terms.counted == "expected" else 0 * chance + charge
        cost = counted + (np.zeros(len(chance)) + self.message)[:, None]
        allowed = (value > 0) & (value >= self.terms.minimum_fen)
        return value, cost, allowed if self.eligible is None else allowed & self.eligible

    def best(self) -> float:
        """Fen: the exact optimum, by branch and bound over all pairs that are allowed."""
        value, cost, allowed = self.parts()
        who, what = np.nonzero(allowed)
        n, k = value.shape
        if not len(who):
            return 0.0
        rows = np.concatenate([who, n + what, np.full(len(who), n + k)])
        pairs = np.tile(np.arange(len(who)), 3)
        weights = np.concatenate([np.ones(2 * len(who)), cost[who, what]])
        table = coo_matrix((weights, (rows, pairs)), (n + k + 1, len(who))).tocsr()
        stock = [np.inf if one.stock is None else one.stock for one in self.offers]
        budget = np.inf if self.terms.budget_fen is None else self.terms.budget_fen
        answer = milp(
            -value[who, what],
            constraints=LinearConstraint(table, -np.inf, [*np.ones(n), *stock, budget]),
            integrality=np.ones(len(who)),
            bounds=Bounds(0, 1),
            options={"mip_rel_gap": 0},
        )
        return float(-answer.fun)


def random_case(seed: int, people: int = 14) -> Case:
    """Few followers with everything that may matter: a third of them with many ties."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(1, people)), int(rng.integers(1, 6))
    chances = rng.random((n, k)) * rng.choice([0.1, 0.5, 1])
    budget = None if rng.random() < 0.3 else float(rng.integers(0, n * 200))
    counted: Any = ("certain", "expected")[seed % 2]
    return Case(
        [
            Offer(
                f"o{j}",
                float(rng.integers(100, 3000)),
                float(rng.integers(0, 500)),
                None if rng.random() < 0.2 else int(rng.integers(0, n)),
            )
            for j in range(k)
        ],
        np.round(chances, 1) if seed % 3 == 0 else chances,
        Terms(budget, counted, float(rng.choice([0, 30])), seed),
        rng.random((n, k)) < 0.8,
        rng.integers(0, 10, n).astype(float),
        rng.integers(0, 50, n).astype(float),
    )


def holds(case: Case, matched: Matching) -> None:
    """Every promise about one matching."""
    value, cost, allowed = case.parts()
    rows = np.flatnonzero(matched.choice >= 0)
    chosen = (rows, matched.choice[rows])
    assert allowed[chosen].all(), "somebody got what is not open, or a bad offer"
    sold = np.bincount(matched.choice[rows], minlength=len(case.offers))
    for one, count, said in zip(case.offers, sold, matched.sold, strict=True):
        assert count == said
        assert one.stock is None or count <= one.stock, "a stock is passed"
    budget = case.terms.budget_fen
    assert budget is None or cost[chosen].sum() <= budget + 1e-6, "the budget is passed"
    assert matched.spent_fen == np.float64(cost[chosen].sum()).round(6) or np.isclose(
        matched.spent_fen, cost[chosen].sum(), rtol=1e-9
    )
    assert np.isclose(matched.total_fen, value[chosen].sum(), rtol=1e-9)
    assert matched.total_fen <= matched.bound_fen

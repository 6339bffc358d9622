"""BG/NBD: against its published example, a simulation, and its own edges."""

from __future__ import annotations

import numpy as np
import pytest

from bot.errors import InvalidInput
from bot.insight.churn.buying import Buying, Histories, fit

# Fader, Hardie and Lee 2005, table 2: the CDNOW sample, in weeks.
CDNOW = Buying(r=0.243, alpha=4.414, a=0.793, b=2.426)


def people(*rows: tuple[float, float, float]) -> Histories:
    x, last, age = np.array(rows, np.float64).T
    return Histories(x, last, age)


def simulated(
    model: Buying, count: int, age: float, ahead: float, seed: int
) -> tuple[Histories, np.ndarray]:
    """Histories until `age`, and how many purchases each made in `ahead` more."""
    rng = np.random.default_rng(seed)
    rates = rng.gamma(model.r, 1 / model.alpha, count)
    rows, later = [], []
    for rate, leaves in zip(rates, rng.beta(model.a, model.b, count), strict=True):
        at, x, last, more, stays = 0.0, 0, 0.0, 0, True
        while stays and (at := at + rng.exponential(1 / rate)) < age + ahead:
            x, last, more = (x + 1, at, more) if at <= age else (x, last, more + 1)
            stays = rng.random() > leaves
        rows.append((x, last, age))
        later.append(more)
    return people(*rows), np.array(later)


def test_the_published_customer_is_expected_to_buy_as_published() -> None:
    # Two repeat purchases, the last 30.43 weeks after the first, seen for 38.86 weeks.
    one = people((2, 30.43, 38.86))
    assert CDNOW.purchases_within(one, 39)[0] == pytest.approx(1.226, abs=0.001)


def test_alive_is_what_the_formula_gives_by_hand() -> None:
    # a / (b + x - 1) ((alpha + T) / (alpha + t_x))^(r + x), x = 1, all times plain
    model = Buying(r=1, alpha=1, a=1, b=1)
    assert model.alive(people((1, 3, 7)))[0] == pytest.approx(1 / (1 + 1 / 1 * (8 / 4) ** 2))
    assert model.buys_within(people((0, 0, 3)), 4)[0] == pytest.approx(1 - 4 / 8)
    # (alpha + T) (2^(1 / (r + x)) - 1) with r + x = 2
    assert model.next_in(people((1, 3, 7)))[0] == pytest.approx(8 * (2**0.5 - 1))


def test_who_has_long_not_bought_is_less_likely_there_the_more_so_the_oftener_he_bought() -> None:
    alive = CDNOW.alive(people((4, 38, 39), (4, 20, 39), (4, 5, 39), (1, 5, 39), (0, 0, 39)))
    assert alive.tolist() == sorted(alive[:3].tolist(), reverse=True) + alive[3:].tolist()
    assert alive[3] > alive[2]
    assert alive[4] == 1  # in this model one leaves after a repeat purchase only


def test_simulated_customers_do_what_is_said_of_them() -> None:
    model = Buying(r=1.2, alpha=5, a=0.8, b=2.5)
    of, later = simulated(model, 6000, 40, 20, 1)
    assert model.purchases_within(of, 20).mean() == pytest.approx(later.mean(), rel=0.06)
    assert model.buys_within(of, 20).mean() == pytest.approx((later > 0).mean(), rel=0.05)


def test_the_fit_finds_what_the_customers_were_drawn_from() -> None:
    model = Buying(r=1.2, alpha=5, a=0.8, b=2.5)
    of, _ = simulated(model, 6000, 40, 0, 2)
    found = fit(of)
    assert found.r / found.alpha == pytest.approx(model.r / model.alpha, rel=0.08)
    assert found.a / (found.a + found.b) == pytest.approx(0.8 / 3.3, rel=0.15)
    assert found.log_likelihood(of).sum() >= model.log_likelihood(of).sum()


def test_the_unit_of_time_changes_alpha_and_nothing_else() -> None:
    of, _ = simulated(CDNOW, 1500, 39, 0, 3)
    weeks, days = fit(of), fit(Histories(of.x, 7 * of.last, 7 * of.age))
    assert days.alpha == pytest.approx(7 * weeks.alpha, rel=1e-3)
    assert (days.r, days.a, days.b) == pytest.approx((weeks.r, weeks.a, weeks.b), rel=1e-3)


def test_a_gap_of_the_formula_at_a_of_1_is_no_gap_of_ours() -> None:
    of = people((3, 20, 30), (0, 0, 30))
    at, near = (Buying(1, 5, a, 2).purchases_within(of, 10) for a in (1.0, 1.0001))
    assert at == pytest.approx(near, rel=1e-3)


def test_too_few_repeat_purchases_are_refused() -> None:
    with pytest.raises(InvalidInput, match="29 repeat purchases; 30 are needed"):
        fit(people(*[(1, 5, 10)] * 29, *[(0, 0, 10)] * 500))


def test_a_last_purchase_after_now_is_no_history() -> None:
    with pytest.raises(ValueError, match="last is at most age"):
        people((1, 11, 10))

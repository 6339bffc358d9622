"""Why this, why not me: each follower's runner-up, and what stood against it."""

from __future__ import annotations

import numpy as np
import pytest

from bot.insight.matching import Offer, Reason, Terms
from tests.bot.insight.matching.cases import Case, random_case

TEA, CAKE = Offer("tea", 1000, 200), Offer("cake", 600, 100)
SOLD_OUT = Offer("tea", 1000, 200, stock=0)
LAST = Offer("tea", 1000, 200, stock=1)


@pytest.mark.parametrize(
    ("offers", "chances", "terms", "eligible", "choice", "runner_up", "reason"),
    [
        pytest.param(
            [TEA, CAKE], [[0.5, 0.5]], {}, None, "tea", "cake", Reason.WORTH_LESS,
            id="the other is worth less to the follower",
        ),
        pytest.param(
            [SOLD_OUT, CAKE], [[0.5, 0.5]], {}, None, "cake", "tea", Reason.STOCK,
            id="the better one is sold out",
        ),
        pytest.param(
            [LAST, CAKE], [[0.5, 0.4], [0.5, 0.1]], {}, None, "cake", "tea", Reason.STOCK,
            id="the better one goes to who likes nothing else",
        ),
        pytest.param(
            [SOLD_OUT], [[0.5]], {}, None, None, "tea", Reason.STOCK,
            id="the only one is sold out",
        ),
        pytest.param(
            [TEA, CAKE], [[0.5, 0.5]], {"budget_fen": 100}, None, "cake", "tea", Reason.BUDGET,
            id="the better one is dearer than the budget",
        ),
        pytest.param(
            [TEA], [[0.5], [0.6]], {"budget_fen": 200}, None, None, "tea", Reason.BUDGET,
            id="the budget went to whom it is worth more",
        ),
        pytest.param(
            [TEA], [[0.5]], {"minimum_fen": 500}, None, None, "tea", Reason.BELOW_MINIMUM,
            id="the only one is worth less than the minimum",
        ),
        pytest.param(
            [TEA], [[0.0]], {}, None, None, "tea", Reason.BELOW_MINIMUM,
            id="the only one is worth nothing",
        ),
        pytest.param(
            [TEA, CAKE], [[0.5, 0.5]], {}, [[True, False]], "tea", None, Reason.NOT_ELIGIBLE,
            id="the other is not open to the follower",
        ),
        pytest.param(
            [TEA], [[0.5]], {}, [[False]], None, None, Reason.NOT_ELIGIBLE,
            id="nothing is open to the follower",
        ),
        pytest.param([], [[]], {}, None, None, None, Reason.NOT_ELIGIBLE, id="nothing is offered"),
    ],
)  # fmt: skip
def test_why_not_the_other(offers, chances, terms, eligible, choice, runner_up, reason):
    mask = None if eligible is None else np.array(eligible)
    matched = Case(offers, np.array(chances), Terms(**terms), mask).matched()
    why = matched.why(0)
    assert (why.choice, why.runner_up, why.reason) == (choice, runner_up, reason)


def test_the_parts_add_up_to_the_value_of_the_choice():
    case = Case([TEA, CAKE], np.array([[0.5, 0.25]]), message=6.0, fatigue=4.0)
    why = case.matched().why(0)
    assert (why.response_fen, why.offer_cost_fen) == (500, 100)
    assert (why.message_fen, why.fatigue_fen, why.value_fen) == (6, 4, 390)


def test_without_a_choice_the_parts_are_those_of_the_runner_up():
    why = Case([TEA], np.array([[0.5]]), Terms(minimum_fen=500), message=6.0).matched().why(0)
    assert why.choice is None
    assert why.value_fen == 394


def test_the_margin_says_how_much_the_choice_is_ahead_at_the_prices():
    why = Case([TEA, CAKE], np.array([[0.5, 0.5]])).matched().why(0)
    assert why.margin_fen == pytest.approx(400 - 250)


@pytest.mark.parametrize("seed", range(8))
def test_all_values_of_all_followers_add_up_to_the_total(seed):
    matched = random_case(seed).matched()
    whys = [matched.why(at) for at in range(len(matched.ids))]
    total = sum(why.value_fen for why in whys if why.choice is not None)
    assert total == pytest.approx(matched.total_fen, rel=1e-5)


@pytest.mark.parametrize("seed", range(8))
def test_only_what_is_scarce_is_called_scarce(seed):
    case = random_case(seed)
    matched = case.matched()
    value, _, _ = case.parts()
    names = [one.name for one in case.offers]
    for at in range(len(matched.ids)):
        why = matched.why(at)
        if why.choice and why.reason in (Reason.STOCK, Reason.BUDGET):
            assert value[at, names.index(why.runner_up)] > value[at, names.index(why.choice)]
        if why.reason is Reason.BUDGET:
            assert case.terms.budget_fen is not None


def test_where_nothing_is_scarce_each_gets_the_best_and_nothing_is_called_scarce():
    chances = np.random.default_rng(2).beta(1, 8, (3000, 4))
    matched = Case([Offer(f"o{j}", 1000) for j in range(4)], chances).matched()
    assert (matched.choice == chances.astype(np.float32).argmax(axis=1)).all()
    assert (matched.reasons.reason == Reason.WORTH_LESS).all()

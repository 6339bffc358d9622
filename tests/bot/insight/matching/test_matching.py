"""At most one offer for each, within stock and budget, and how near the best that is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.errors import InvalidInput
from bot.insight.matching import NOTHING, Chunk, Offer, Reason, Terms, match_offers
from tests.bot.insight.matching.cases import Case, holds, random_case

GAP = 0.005


@pytest.mark.parametrize("part", range(10))
def test_small_audiences_get_the_exact_optimum_within_the_stated_gap(part):
    for seed in range(20 * part, 20 * part + 20):
        case = random_case(seed)
        matched, best = case.matched(), case.best()
        holds(case, matched)
        # The solver that is compared with keeps to 1e-6 of its numbers.
        assert best <= matched.bound_fen * (1 + 1e-6) + 1e-6, seed
        assert matched.total_fen <= best * (1 + 1e-6) + 1e-6, seed
        assert matched.total_fen >= best * (1 - GAP), seed
        assert matched.gap <= GAP, seed


def test_the_example_of_the_explanation():
    """docs/explanation/matching.md works it by hand."""
    case = Case(
        [Offer("tea", 1000, 200, stock=1), Offer("cake", 600, 100)],
        np.array([[0.5, 0.4], [0.4, 0.1], [0.1, 0.05]]),
        Terms(minimum_fen=30),
        message=10.0,
        fatigue=10.0,
    )
    matched = case.matched()
    assert matched.choice.tolist() == [1, 0, NOTHING]
    assert matched.total_fen == pytest.approx(180 + 300)
    assert matched.bound_fen == pytest.approx(480, rel=1e-3)
    assert 200 <= matched.prices.stock[0] <= 270
    lin, wei, mei = (matched.why(at) for at in range(3))
    assert (lin.runner_up, lin.reason) == (mei.runner_up, mei.reason) == ("tea", Reason.STOCK)
    assert (wei.runner_up, wei.reason) == ("cake", Reason.WORTH_LESS)


@pytest.mark.parametrize("seed", range(5))
def test_neither_order_nor_chunks_change_what_anybody_gets(seed):
    case = random_case(seed * 3, people=40)
    rng = np.random.default_rng(seed)
    whole = case.matched()
    for size, keep in ((1, 400), (7, 0), (1000, 10**9)):
        order = rng.permutation(len(case.ids))
        other = case.in_pieces(order, size, keep_bytes=keep)
        assert (other.choice == whole.choice[order]).all()
        assert (other.reasons.runner_up == whole.reasons.runner_up[order]).all()
        assert (other.reasons.reason == whole.reasons.reason[order]).all()
        assert other.total_fen == whole.total_fen
        assert other.bound_fen == pytest.approx(whole.bound_fen, rel=1e-9)


def test_the_sample_of_many_hangs_on_followers_and_not_on_their_order(monkeypatch):
    monkeypatch.setattr("bot.insight.matching.prices.SAMPLE", 300)
    case = _many(1500)
    whole, order = case.matched(), np.random.default_rng(0).permutation(1500)
    other = case.in_pieces(order, 400, keep_bytes=0)
    assert (other.choice == whole.choice[order]).all()
    assert other.bound_fen == pytest.approx(whole.bound_fen, rel=1e-12)


def _many(n: int, **changes: object) -> Case:
    rng = np.random.default_rng(5)
    offers = [Offer(f"o{j}", 1000 + 300 * j, 100 + 20 * j, n // 12) for j in range(6)]
    case = Case(offers, rng.beta(1, 8, (n, 6)), Terms(n * 40.0), message=6.0, fatigue=4.0)
    return replace(case, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="stock and budget are both scarce"),
        pytest.param({"chances": np.full((3000, 6), 0.2)}, id="all followers are alike"),
        pytest.param(
            {"chances": np.round(np.random.default_rng(5).beta(1, 8, (3000, 6)), 1)},
            id="chances take a few values only",
        ),
        pytest.param({"terms": Terms()}, id="there is no budget"),
        pytest.param({"terms": Terms(10_000.0, "expected")}, id="expected costs count"),
        pytest.param(
            {"offers": [Offer(f"o{j}", 3000, 300, 3) for j in range(6)]}, id="stocks are tiny"
        ),
        pytest.param(
            {"eligible": np.random.default_rng(6).random((3000, 6)) < 0.01},
            id="an offer is open to one in a hundred",
        ),
    ],
)
def test_of_many_a_sample_finds_prices_within_half_a_percent(changes, monkeypatch):
    monkeypatch.setattr("bot.insight.matching.prices.SAMPLE", 1000)
    case = _many(3000, **changes)
    matched = case.matched()
    holds(case, matched)
    assert matched.gap <= GAP


@pytest.mark.parametrize("seed", [0, 3, 6, 9])
def test_more_stock_or_budget_never_lowers_the_bound(seed):
    case = random_case(seed)
    before = case.matched().bound_fen
    budget = case.terms.budget_fen
    richer = replace(case, terms=replace(case.terms, budget_fen=budget and budget * 1.5))
    for more in (case.with_stock(1), case.with_stock(10), richer):
        assert more.matched().bound_fen >= before * (1 - 1e-4)


@pytest.mark.parametrize(
    ("changes", "total"),
    [
        pytest.param({"offers": [Offer("o", 100, 0, 0)] * 1}, 0, id="there is no stock"),
        pytest.param({"offers": [Offer("o", 100, 200, 9)]}, 0, id="a response loses money"),
        pytest.param({"fatigue": 200.0}, 0, id="fatigue takes more than a response brings"),
        pytest.param({"terms": Terms(0)}, 0, id="the budget is 0 and messages cost"),
        pytest.param({"terms": Terms(0), "message": 0.0}, 140, id="the budget is 0, nothing costs"),
        pytest.param({"terms": Terms(1)}, 0, id="the budget is less than any message"),
        pytest.param({"terms": Terms(minimum_fen=60)}, 78, id="one is worth the minimum"),
        pytest.param({"eligible": np.zeros((2, 1), bool)}, 0, id="nobody is eligible"),
        pytest.param({}, 136, id="everything is there"),
    ],
)
def test_at_the_edges(changes, total):
    case = Case([Offer("o", 100, 0, 9)], np.array([[0.6], [0.8]]), message=2.0)
    matched = replace(case, **changes).matched()
    assert matched.total_fen == pytest.approx(total)
    assert matched.gap == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("offers", [0, 3])
@pytest.mark.parametrize("people", [0, 1])
def test_nobody_or_nothing_is_no_special_case(people, offers):
    case = Case([Offer(f"o{j}", 100) for j in range(offers)], np.full((people, offers), 0.5))
    matched = case.matched()
    assert matched.total_fen == pytest.approx(50 * people * bool(offers))
    assert len(matched.choice) == people


def test_seed_and_id_decide_between_equals():
    case = Case([Offer("o", 100, 0, 50)], np.full((100, 1), 0.5))
    first, again = case.matched(), case.matched()
    other = replace(case, terms=Terms(seed=1)).matched()
    assert (first.choice == again.choice).all()
    assert 10 < (first.choice != other.choice).sum() < 90


A_CHUNK = Chunk([1, 2], np.array([[0.5], [0.5]]))


@pytest.mark.parametrize(
    ("offers", "terms", "chunks", "said"),
    [
        ({}, {}, [{"chances": np.array([[0.5], [np.nan]])}], "follower 2, offer 1: nan"),
        ({}, {}, [{}, {"ids": [3, 4], "chances": np.array([[2.0], [0]])}], "follower 3, offer 1"),
        ({}, {}, [{"chances": np.ones((2, 2))}], "shape"),
        ({}, {}, [{"eligible": np.ones((1, 1), bool)}], "eligible: has the shape"),
        ({}, {}, [{"message_fen": np.array([1.0, np.inf])}], "follower 2: message_fen inf"),
        ({}, {}, [{"fatigue_fen": -1.0}], "fatigue_fen -1"),
        ({}, {}, [{"fatigue_fen": np.zeros(3)}], "one for each of 2"),
        ({}, {}, [{"ids": ["a", "b"]}], "whole numbers"),
        ({}, {}, [{}, {}], "follower 1 stands in the audience twice"),
        ({"stock": -1}, {}, [{}], "offer o: stock is -1"),
        ({"margin_fen": np.nan}, {}, [{}], "offer o: margin_fen"),
        ({"cost_fen": np.inf}, {}, [{}], "offer o: cost_fen"),
        ({}, {"budget_fen": -5}, [{}], "budget_fen is -5"),
        ({}, {"minimum_fen": np.nan}, [{}], "minimum_fen is nan"),
    ],
)
def test_what_is_no_quantity_is_refused_with_its_place(offers, terms, chunks, said):
    offer = replace(Offer("o", 100), **offers)
    with pytest.raises(InvalidInput, match=said):
        match_offers([offer], lambda: [replace(A_CHUNK, **c) for c in chunks], Terms(**terms))


def test_two_offers_of_one_name_are_refused():
    with pytest.raises(InvalidInput, match="twice"):
        match_offers([Offer("o", 1), Offer("o", 2)], lambda: [])


def test_a_source_that_changes_between_readings_is_refused():
    readings = iter([[A_CHUNK], [replace(A_CHUNK, ids=[1, 3])]])
    with pytest.raises(InvalidInput, match="first reading"):
        match_offers([Offer("o", 100)], lambda: next(readings), keep_bytes=0)


def test_the_followers_chances_are_left_as_they_were():
    chances, eligible = np.array([[0.5], [0.4]], np.float32), np.array([[True], [False]])
    match_offers([Offer("o", 100)], lambda: [Chunk([1, 2], chances, eligible)])
    assert chances.tolist() == [[0.5], np.float32([0.4]).tolist()]

"""Score intervals of a difference and of a ratio, against published tables and by brute force."""

from __future__ import annotations

from math import inf, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import InvalidInput
from bot.experiment.arms import Amounts, Arm
from bot.experiment.score import interval, ratio_interval, restricted, score

Z95 = 1.959964


def arms(x, n, y, m):
    return Arm("a", n, x), Arm("c", m, y)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # Newcombe 1998, Statistics in Medicine 17, 873-890, table II, method 5 (Mee)
        ((56, 70, 48, 80), (0.0533, 0.3377)),
        ((9, 10, 3, 10), (0.1821, 0.8370)),
        ((6, 7, 2, 7), (0.0544, 0.8478)),
        ((5, 56, 0, 29), (-0.0313, 0.1926)),
        ((0, 10, 0, 20), (-0.1611, 0.2775)),
        ((0, 10, 0, 10), (-0.2775, 0.2775)),
        ((10, 10, 0, 20), (0.7225, 1.0)),
        ((10, 10, 0, 10), (0.6777, 1.0)),
        ((0, 0, 3, 10), (-1.0, 1.0)),
    ],
)
def test_the_interval_of_a_difference_of_rates(counts, expected):
    assert interval(*arms(*counts), Z95) == pytest.approx(expected, abs=6e-5)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((36, 40, 16, 80), (2.94, 7.15)),  # Koopman 1984, Biometrics 40, 513-517
        ((0, 10, 0, 10), (0.0, inf)),
        ((0, 0, 3, 10), (0.0, inf)),
    ],
)
def test_the_interval_of_a_ratio_of_rates(counts, expected):
    assert ratio_interval(*arms(*counts), Z95) == pytest.approx(expected, abs=0.005)


def test_a_ratio_to_nobody_has_no_upper_end_and_one_of_nobody_no_lower():
    low, high = ratio_interval(*arms(30, 100, 0, 100), Z95)
    assert (low > 1, high) == (True, inf)
    low, high = ratio_interval(*arms(0, 100, 30, 100), Z95)
    assert (low, high < 1) == (0.0, True)


@st.composite
def two_arms(draw, most=100_000):
    n, m = draw(st.integers(1, most)), draw(st.integers(1, most))
    return arms(draw(st.integers(0, n)), n, draw(st.integers(0, m)), m)


def likelihood(pair, rates):
    return sum(
        k * log(p) if p > 0 else -inf
        for arm, rate in zip(pair, rates, strict=True)
        for k, p in ((arm.successes, rate), (arm.people - arm.successes, 1 - rate))
        if k
    )


@settings(max_examples=60, deadline=None)
@given(two_arms(), st.floats(-0.99, 0.99))
def test_no_pair_of_rates_with_that_difference_is_likelier(pair, difference):
    best = restricted(*pair, difference)
    assert best[0] - best[1] == pytest.approx(difference)
    there = likelihood(pair, best)
    for step in (1e-4, 1e-2, 0.1):
        for moved in (best[1] - step, best[1] + step):
            if 0 <= moved <= 1 and 0 <= moved + difference <= 1:
                other = likelihood(pair, (moved + difference, moved))
                assert other <= there + 1e-6 * (1 + abs(there))


@settings(max_examples=60, deadline=None)
@given(two_arms(2_000), st.sampled_from([1.0, Z95, 3.5]))
def test_just_inside_both_ends_is_within_and_just_outside_is_not(pair, critical):
    low, high = interval(*pair, critical)
    for end, outwards in ((low, -1e-6), (high, 1e-6)):
        if abs(end) < 1 - 1e-5:
            assert abs(score(*pair, end - outwards)) <= critical + 1e-3
            assert abs(score(*pair, end + outwards)) >= critical - 1e-3


@settings(max_examples=60, deadline=None)
@given(two_arms(2_000))
def test_a_ratio_leaves_out_one_just_when_the_difference_leaves_out_zero(pair):
    if abs(abs(score(*pair)) - Z95) > 1e-6:
        low, high = interval(*pair, Z95)
        least, most = ratio_interval(*pair, Z95)
        assert (least > 1, most < 1) == (low > 0, high < 0)


@pytest.mark.parametrize(
    "impossible",
    [
        lambda: Arm("a", 3, 4),
        lambda: Arm("a", 3, -1),
        lambda: Amounts("a", -1, 0.0, 0.0),
        lambda: Amounts("a", 2, 10.0, 1.0),
    ],
    ids=["more successes than people", "fewer than none", "fewer than nobody", "no such squares"],
)
def test_counts_that_cannot_be_are_refused(impossible):
    with pytest.raises(InvalidInput):
        impossible()

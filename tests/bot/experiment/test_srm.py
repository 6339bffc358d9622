"""Did the arms get their shares? Known tables, exact small cases, and looking after every batch."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from scipy.special import chdtrc

from bot.errors import InvalidInput
from bot.experiment.srm import check, chi_square_tail

EQUAL = {"a": 1, "b": 1}


@pytest.mark.parametrize(
    ("counts", "p_value"),
    [
        # Kohavi, Tang and Xu 2020, Trustworthy Online Controlled Experiments, chapter 21
        pytest.param((821_588, 815_482), 1.8e-6, id="0.2 % off among 1.6 million"),
        pytest.param((44_000, 45_000), 8.0e-4, id="srm.osc.garden: 44,000 and 45,000"),
        pytest.param((600, 400), 2.54e-10, id="Wikipedia, Sample ratio mismatch"),
        pytest.param((500, 500), 1.0, id="to a person"),
    ],
)
def test_two_arms_that_should_be_equal(counts, p_value):
    found = check(dict(zip("ab", counts, strict=True)), EQUAL, peeking=False)
    assert found.p_value == pytest.approx(p_value, rel=0.02)
    assert found.broken is (p_value < 0.001)


def test_any_weights_and_number_of_arms():
    counts, weights = {"a": 530, "b": 260, "c": 210}, {"a": 2, "b": 1, "c": 1}
    expected = [500, 250, 250]
    statistic = 30**2 / 500 + 10**2 / 250 + 40**2 / 250
    assert check(counts, weights).p_value == pytest.approx(chdtrc(2, statistic))
    assert list(check(counts, weights).expected.values()) == expected


@pytest.mark.parametrize("freedom", range(1, 10))
def test_the_tail_of_chi_square_is_scipys(freedom):
    for statistic in (0.0, 0.3, 7.0, 60.0):
        assert chi_square_tail(statistic, freedom) == pytest.approx(chdtrc(freedom, statistic))


@pytest.mark.parametrize(
    ("x", "n", "share"), [(0, 9, 0.5), (9, 9, 0.5), (7, 300, 0.01), (1, 1, 0.9)]
)
def test_where_an_arm_expects_fewer_than_five_it_is_exact(x, n, share):
    found = check({"a": x, "b": n - x}, {"a": share, "b": 1 - share})
    chances = [comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]
    assert found.p_value == pytest.approx(sum(c for c in chances if c <= chances[x] * 1.000001))


def test_three_tiny_arms_are_exact_too():
    # 2, 0, 3 of 5 at .1, .1, .8 has a chance of 10 x .01 x .512; of 21 outcomes 7 are likelier
    assert check({"a": 2, "b": 0, "c": 3}, {"a": 1, "b": 1, "c": 8}).p_value == pytest.approx(
        0.16032
    )


def test_many_tiny_arms_are_bounded_without_counting_every_outcome():
    weights = {"rest": 991.0} | {f"arm {i}": 1.0 for i in range(9)}
    counts = {"rest": 991} | {f"arm {i}": 1 for i in range(9)}
    assert check(counts, weights).p_value == 1.0
    assert check(counts | {"arm 3": 30}, weights).broken


@pytest.mark.parametrize(
    ("counts", "weights", "broken"),
    [
        pytest.param({}, EQUAL, False, id="nobody yet"),
        pytest.param({"a": 1}, EQUAL, False, id="one person"),
        pytest.param({"a": 40}, EQUAL, True, id="an arm of two gets nobody of forty"),
        pytest.param({"a": 9}, {"a": 1}, False, id="a single arm"),
        pytest.param({"a": 9, "b": 9, "c": 1}, EQUAL, True, id="somebody in no arm of these"),
        pytest.param({"a": 9, "b": 1}, {"a": 1, "b": 0}, True, id="somebody in a closed arm"),
        pytest.param({"a": 9, "b": 0}, {"a": 1, "b": 0}, False, id="nobody in a closed arm"),
    ],
)
def test_the_edges(counts, weights, broken):
    assert check(counts, weights).broken is broken
    assert check(counts, weights, peeking=False).broken is broken


def test_twenty_looks_at_a_sound_draw_raise_the_alarm_for_few_of_four_hundred():
    rng = np.random.default_rng(1)
    a = rng.binomial(100, 0.9, (400, 20)).cumsum(axis=1).tolist()
    low = sum(
        any(
            check({"a": x, "b": 100 * (i + 1) - x}, {"a": 9, "b": 1}).watched < 0.05
            for i, x in enumerate(run)
        )
        for run in a
    )
    assert low / 400 <= 0.05


def test_messages_that_are_lost_for_one_arm_are_noticed():
    rng = np.random.default_rng(2)
    kept = rng.binomial(10_000, 0.94)
    assert check({"a": 10_000, "b": int(kept)}, EQUAL).broken


@pytest.mark.parametrize("weights", [{}, {"a": 0}, {"a": -1, "b": 2}])
def test_weights_that_draw_nobody_are_refused(weights):
    with pytest.raises(InvalidInput):
        check({"a": 1}, weights)

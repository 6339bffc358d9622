"""Looking after every batch: false alarms stay rare, true differences are found, bounds hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import InvalidInput
from bot.experiment.arms import Amounts, Arm
from bot.experiment.score import score
from bot.experiment.sequential import Boundary, Verdict, information, means, rates
from tests.bot.experiment.trials import early_looks, even_looks, of_amounts, of_rates, spending

RUNS = 1000
DECIDED = {Verdict.BETTER, Verdict.WORSE}


def naive_alarm(arm, control):
    """What a two-sided test at 5 % says, looked at as if it were the only look."""
    return abs(score(arm, control)) > 1.96


def test_twenty_looks_at_no_difference_raise_few_false_alarms_where_naive_looks_raise_many():
    rng = np.random.default_rng(1)
    ours = naive = 0
    for looks in of_rates(rng, RUNS, even_looks(10_000), (0.05, 0.05)):
        ours += any(found.verdict in DECIDED for found in _only_alarming(looks))
        naive += any(naive_alarm(*look) for look in looks)
    assert ours / RUNS <= 0.05
    assert naive / RUNS > 0.15  # so these thousand could have shown it


@pytest.mark.parametrize("share", [0.5, 0.05, 0.01], ids=lambda share: f"control {share:.0%}")
@pytest.mark.parametrize("rate", [0.002, 0.5])
def test_few_false_alarms_in_small_arms_and_from_the_first_people_on(share, rate):
    rng = np.random.default_rng(2)
    alarms = 0
    for looks in of_rates(rng, RUNS // 5, early_looks(20_000), (rate, rate), share):
        alarms += any(found.verdict in DECIDED for found in _only_alarming(looks))
    assert alarms / (RUNS // 5) <= 0.05


def _only_alarming(looks):
    """Looks that even the naive test lets pass are no alarms: making their intervals is spared."""
    return (rates(*look) for look in looks if naive_alarm(*look))


@pytest.mark.parametrize(
    ("share", "runs"), [(0.5, RUNS), (0.05, 250)], ids=["equal arms", "control 5%"]
)
def test_few_false_alarms_in_what_people_spend_though_most_spend_nothing(share, runs):
    rng = np.random.default_rng(3)
    arm, control = spending(rng, (runs, 2000), 0.05), spending(rng, (runs, 1000), 0.05)
    alarms = 0
    for looks in of_amounts(arm, control, early_looks(2000), share):
        alarms += any(means(*look, planned=1000).verdict in DECIDED for look in looks)
    assert alarms / runs <= 0.05


def test_a_true_difference_is_found_and_mostly_before_the_planned_end():
    # power.size_for_rates(0.05, 0.02): 4,237 people per arm for a power of 0.8
    rng = np.random.default_rng(4)
    looks = even_looks(2 * 4237)
    found = [
        next((i for i, look in enumerate(run) if rates(*look).verdict is Verdict.BETTER), None)
        for run in of_rates(rng, 150, looks, (0.07, 0.05))
    ]
    ends = [end for end in found if end is not None]
    assert len(ends) / 150 > 0.8
    assert np.mean([end + 1 for end in ends]) < 0.75 * len(looks)


@pytest.mark.parametrize(
    ("true", "share"),
    [((0.05, 0.05), 0.5), ((0.08, 0.05), 0.5), ((0.012, 0.008), 0.1), ((0.9, 0.6), 0.3)],
    ids=str,
)
def test_the_interval_holds_the_truth_at_every_look(true, share):
    rng = np.random.default_rng(5)
    missed = 0
    for looks in of_rates(rng, 60, even_looks(12_000), true, share):
        seen = [rates(*look) for look in looks]
        missed += any(not d.low <= true[0] - true[1] <= d.high for d in seen)
    assert missed / 60 <= 0.05


def test_a_mean_that_rose_is_found_and_its_interval_holds_the_rise_at_every_look():
    rng = np.random.default_rng(6)
    arm, control = rng.normal(10.5, 3, (200, 2000)), rng.normal(10, 3, (200, 2000))
    better = missed = 0
    for looks in of_amounts(arm, control, early_looks(4000)):
        seen = [means(*look, planned=2000) for look in looks]
        better += any(d.verdict is Verdict.BETTER for d in seen)
        missed += any(not d.low <= 0.5 <= d.high for d in seen)
    assert better / 200 > 0.95
    assert missed / 200 <= 0.05


@pytest.mark.parametrize(
    ("arm", "control", "verdict"),
    [
        pytest.param((0, 0), (0, 0), Verdict.NOT_YET, id="nobody at all"),
        pytest.param((0, 0), (5000, 250), Verdict.NOT_YET, id="an empty arm"),
        pytest.param((1, 1), (1, 0), Verdict.NOT_YET, id="one person each"),
        pytest.param((5000, 0), (5000, 0), Verdict.NOT_YET, id="nobody succeeded"),
        pytest.param((5000, 5000), (5000, 5000), Verdict.NOT_YET, id="everybody succeeded"),
        pytest.param((5000, 9), (5000, 0), Verdict.NOT_YET, id="below five expected in an arm"),
        pytest.param((5000, 40), (5000, 0), Verdict.BETTER, id="none of 5,000 against forty"),
        pytest.param((5000, 200), (5000, 300), Verdict.WORSE, id="a third fewer"),
        pytest.param((5000, 255), (5000, 250), Verdict.NOT_YET, id="too close to tell"),
        pytest.param(
            (200_000, 10_050), (200_000, 10_000), Verdict.NO_DIFFERENCE, id="too close to matter"
        ),
        pytest.param(
            (900_000, 46_800), (900_000, 45_000), Verdict.NO_DIFFERENCE, id="proven, but tiny"
        ),
    ],
)
def test_the_word_for_a_look_with_a_margin_of_half_a_point(arm, control, verdict):
    assert rates(Arm("a", *arm), Arm("c", *control), margin=0.005).verdict is verdict


@pytest.mark.parametrize(
    ("arm", "control"), [((0, 0), (9, 9)), ((7, 0), (9, 0))], ids=["empty", "nobody succeeded"]
)
def test_where_too_little_is_known_everything_is_possible(arm, control):
    found = rates(Arm("a", *arm), Arm("c", *control))
    assert (found.low, found.high, found.p_value, found.enough) == (-1.0, 1.0, 1.0, False)


@pytest.mark.parametrize(
    ("values", "enough"),
    [
        ([], False),
        ([5.0], False),
        ([0.0] * 29, False),
        ([7.0] * 40, False),
        ([0.0, 9.0] * 15, True),
    ],
    ids=["nobody", "one", "29", "all alike", "30"],
)
def test_amounts_are_judged_from_thirty_people_on_who_differ(values, enough):
    same = Amounts.of("a", values)
    assert means(same, same).enough is enough


PEOPLE = st.integers(0, 3000)


@settings(max_examples=60, deadline=None)
@given(st.data(), PEOPLE, PEOPLE, st.sampled_from([0.01, 0.05, 0.2]))
def test_the_interval_leaves_out_nothing_just_when_the_p_value_is_small(data, n, m, alpha):
    arm = Arm("a", n, data.draw(st.integers(0, n)))
    control = Arm("c", m, data.draw(st.integers(0, m)))
    found = rates(arm, control, alpha=alpha, planned=500)
    if abs(found.p_value - alpha) > 1e-6:
        assert (found.low > 0 or found.high < 0) is (found.p_value <= alpha)
    assert found.low <= found.estimate <= found.high


def test_the_boundary_is_that_of_the_normal_mixture_and_least_as_planned():
    # Ratio 1: sqrt(2 (log 2 + 2 log 20)): Robbins 1970, with the mixture as wide as the error.
    assert Boundary(0.05, 1.0).critical == pytest.approx((2 * np.log(2 * 400)) ** 0.5)
    assert _critical(1000, 1000) == pytest.approx(3.03, abs=0.01)
    for people in (300, 1000, 3000):
        assert min((300, 1000, 3000), key=lambda planned, n=people: _critical(planned, n)) == people


def _critical(planned, n):
    return Boundary.of(0.05, planned, information(n, n)).critical


def test_a_level_that_is_none_is_refused():
    with pytest.raises(InvalidInput):
        rates(Arm("a", 10, 1), Arm("c", 10, 1), alpha=0.0)

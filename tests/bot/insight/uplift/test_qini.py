"""Qini and uplift curves, reckoned by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bot.insight.uplift.qini import best_qini, compared, curve, deciles, qini
from bot.insight.uplift.trial import Trial, drawn_evenly

# Eight people from the highest score down: treated?, did it?
TREATED = np.array([1, 0, 1, 1, 0, 0, 1, 0], bool)
DID = np.array([1, 0, 1, 0, 0, 1, 0, 1], np.float64)
SCORE = np.arange(8, 0, -1) / 8
TRIAL = drawn_evenly(DID, TREATED)


def test_the_curve_is_what_the_formula_gives_person_by_person() -> None:
    # down to    1      2      3      4      5      6      7      8
    # Y_T        1      1      2      2      2      2      2      2
    # Y_C T / C  0 (C=0) 0     0      0      0      1x3/3  1x4/3  2x4/4
    # q, T* = 4
    found = curve(SCORE, TRIAL)
    assert found.share.tolist() == [k / 8 for k in range(9)]
    q = [0, 1 / 4, 1 / 4, 2 / 4, 2 / 4, 2 / 4, 1 / 4, (2 - 4 / 3) / 4, 0]
    assert found.qini == pytest.approx(q)
    assert found.uplift[3] == pytest.approx((2 / 2 - 0 / 1) * 3 / 8)
    assert found.uplift[8] == pytest.approx(TRIAL.effect)


def test_the_coefficient_is_the_area_over_the_straight_line() -> None:
    # the effect is 0, so the area is the mean of the trapezoids: (sum of q - half of the ends) / 8
    q = [1 / 4, 1 / 4, 2 / 4, 2 / 4, 2 / 4, 1 / 4, 1 / 6]
    assert qini(SCORE, TRIAL) == pytest.approx(sum(q) / 8)


def test_equal_scores_are_one_step_whoever_stands_first() -> None:
    assert qini(np.ones(8), TRIAL) == pytest.approx(0)
    coarse = np.repeat([2.0, 1.0], 4)
    turned = Trial(TRIAL.y[::-1], TRIAL.treated[::-1], TRIAL.chance)
    assert qini(coarse, TRIAL) == pytest.approx(qini(coarse[::-1], turned))


def test_a_growing_change_of_scores_changes_nothing() -> None:
    assert qini(np.exp(5 * SCORE), TRIAL) == qini(SCORE, TRIAL)


def test_the_opposite_order_wins_as_much_less_over_many() -> None:
    rng = np.random.default_rng(0)
    trial = drawn_evenly((rng.random(4000) < 0.3).astype(float), rng.random(4000) < 0.5)
    score = rng.random(4000)
    assert qini(score, trial) == pytest.approx(-qini(-score, trial), abs=2e-3)


def test_no_order_wins_more_than_the_one_that_knew_each_outcome() -> None:
    rng = np.random.default_rng(1)
    assert best_qini(TRIAL) >= max(qini(rng.random(8), TRIAL) for _ in range(200))


def test_unequal_chances_weigh_each_arm_back_to_everybody() -> None:
    # Women do it more and were treated more; the treatment changes nothing.
    women = np.repeat([1, 0], [1000, 1000]).astype(bool)
    chance = np.where(women, 0.8, 0.2)
    treated = np.concatenate([np.arange(1000) < 800, np.arange(1000) < 200])
    did = np.concatenate([np.arange(1000) % 2, np.zeros(1000)])
    assert Trial(did, treated, chance).effect == pytest.approx(0)
    assert drawn_evenly(did, treated).effect == pytest.approx(0.4 - 0.1)


def test_the_interval_of_a_difference_is_of_pairs() -> None:
    rng = np.random.default_rng(2)
    rows = 2000
    women, treated = rng.random(rows) < 0.5, rng.random(rows) < 0.5
    did = (rng.random(rows) < 0.2 + 0.3 * (women & treated)).astype(float)
    trial = drawn_evenly(did, treated)
    scores = {"knows": women.astype(float), "same": 2.0 * women, "coin": rng.random(rows)}
    found = compared(scores, trial, "coin", seed=1, count=60)
    gained = found["knows"]["over coin"]
    assert gained["low"] > 0
    assert found["same"] == found["knows"]
    assert found["coin"]["over coin"] == {"value": 0, "low": 0, "high": 0}
    # Over everybody's 0.15 the women's half wins 0.3 x 1/2 at half the way: area 1/2 (0.15 - 0.075)
    assert found["knows"]["qini"]["value"] == pytest.approx(0.0375, abs=0.008)
    assert compared(scores, trial, "coin", seed=1, count=60) == found


def test_tenths_show_what_was_found_and_say_where_an_arm_is_missing() -> None:
    found = deciles(SCORE, TRIAL, parts=4)
    assert [one["uplift"] for one in found] == [1, None, None, -1]
    assert [one["rows"] for one in found] == [2, 2, 2, 2]


def test_a_curve_of_one_arm_is_refused() -> None:
    with pytest.raises(ValueError, match="both arms"):
        curve(SCORE, Trial(DID, np.ones(8, bool), np.full(8, 0.5)))

"""The word for an experiment: winner, no difference, harmful, not yet, broken."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from bot.errors import InvalidInput
from bot.experiment.arms import Amounts, Arm
from bot.experiment.compare import Outcome, compare, compare_amounts
from bot.experiment.sequential import Verdict, rates

EQUAL = {"c": 1, "a": 1, "b": 1}
LOOKS = (0, 1, 2, 4, 7, 12, 19)


def look(*counts, weights=None, margin=0.005, **more):
    arms = [Arm(name, *each) for name, each in zip("cab", counts, strict=False)]
    return compare(arms, Random(1), weights=weights, margin=margin, draws=200, **more)


@pytest.mark.parametrize(
    ("counts", "outcome", "leader"),
    [
        pytest.param(
            [(9000, 450), (9000, 600), (9000, 500)], Outcome.WINNER, "a", id="one is better"
        ),
        pytest.param(
            [(9000, 450), (9000, 600), (9000, 650)], Outcome.WINNER, "b", id="the best of two"
        ),
        pytest.param(
            [(9000, 450), (9000, 600), (90, 9)], Outcome.WINNER, "a", id="luck of few leads nobody"
        ),
        pytest.param(
            [(9000, 450), (9000, 300), (9000, 290)], Outcome.HARMFUL, "c", id="all are worse"
        ),
        pytest.param(
            [(9000, 450), (9000, 300), (9000, 470)], Outcome.NOT_YET, "b", id="one may still win"
        ),
        pytest.param(
            [(250_000, 12_500), (250_000, 12_600), (250_000, 12_400)],
            Outcome.NO_DIFFERENCE, "a", id="none differs in practice",
        ),
        pytest.param(
            [(250_000, 12_500), (250_000, 12_600), (250_000, 9_000)],
            Outcome.NO_DIFFERENCE, "a", id="one as good, one worse",
        ),
        pytest.param([(0, 0), (0, 0), (0, 0)], Outcome.NOT_YET, "c", id="nobody yet"),
    ],
)  # fmt: skip
def test_the_outcome_and_who_leads(counts, outcome, leader):
    found = look(*counts)
    assert (found.outcome, found.leader) == (outcome, leader)


def test_when_the_shares_are_off_nothing_wins():
    counts = [(9000, 450), (8000, 600), (9000, 500)]
    assert look(*counts).outcome is Outcome.WINNER
    assert look(*counts, weights=EQUAL).outcome is Outcome.BROKEN


def test_shares_are_checked_on_the_people_who_were_drawn_where_those_are_told():
    counts = [(900, 45), (700, 60), (900, 50)]
    drawn = {"c": 9000, "a": 9010, "b": 8990}
    assert look(*counts, weights=EQUAL).outcome is Outcome.BROKEN
    assert look(*counts, weights=EQUAL, people=drawn).outcome is not Outcome.BROKEN


def test_a_harmful_arm_is_named_whatever_the_others_do():
    assert look((9000, 450), (9000, 600), (9000, 290)).harmful == ("b",)


def test_with_two_arms_it_is_the_plain_look():
    arm, control = Arm("a", 5000, 330), Arm("c", 5000, 250)
    found = compare([control, arm], Random(1))
    assert found.arms[0].difference == rates(arm, control)


def test_holm_proves_the_second_arm_at_the_whole_level_and_its_interval_agrees():
    # alone, b has p = 0.032: Bonferroni doubles it, Holm does not, as a is proven
    found = look((6000, 300), (6000, 450), (6000, 381), margin=0.0)
    assert [arm.verdict for arm in found.arms] == [Verdict.BETTER, Verdict.BETTER]
    assert 0.025 < found.arms[1].difference.p_value <= 0.05
    assert found.arms[1].difference.low >= 0


def test_of_a_hundred_experiments_with_five_like_arms_few_ever_find_a_winner_or_a_loser():
    rng = np.random.default_rng(1)
    hits = rng.binomial(500, 0.06, (100, 5, 20)).cumsum(axis=2).tolist()
    wrong = 0
    for run in hits:
        looks = ([Arm(str(arm), 500 * (i + 1), x[i]) for arm, x in enumerate(run)] for i in LOOKS)
        seen = (compare(arms, Random(1), draws=1) for arms in looks)
        wrong += any(found.outcome is Outcome.WINNER or found.harmful for found in seen)
    assert wrong / 100 <= 0.05


def test_the_chance_to_be_best_is_the_share_of_the_posterior():
    # Two arms, Beta(1 + 13, ...) against Beta(1 + 7, ...): by exact summation about 0.91
    found = compare([Arm("c", 100, 7), Arm("a", 100, 13)], Random(3))
    assert found.arms[0].best == pytest.approx(0.91, abs=0.03)
    assert found.arms[0].best + found.control_best == pytest.approx(1)
    assert found == compare([Arm("c", 100, 7), Arm("a", 100, 13)], Random(3))


def test_amounts_are_judged_likewise():
    rng = np.random.default_rng(4)
    control, same, more = (
        Amounts.of(name, rng.normal(mean, 20, 4000).tolist())
        for name, mean in (("c", 100), ("a", 100), ("b", 104))
    )
    found = compare_amounts([control, same, more], Random(1), margin=1.0, weights=EQUAL)
    assert (found.outcome, found.leader) == (Outcome.WINNER, "b")
    assert found.arms[1].best > 0.99
    assert compare_amounts([control, same], Random(1), margin=5.0).outcome is Outcome.NO_DIFFERENCE


def test_amounts_of_nobody_leave_all_open():
    nobody = [Amounts.of("c", []), Amounts.of("a", [1.0])]
    found = compare_amounts(nobody, Random(1))
    assert (found.outcome, found.control_best) == (Outcome.NOT_YET, 0.5)


@pytest.mark.parametrize("arms", [[], [Arm("c", 1, 0)], [Arm("c", 1, 0), Arm("c", 1, 0)]])
def test_an_experiment_has_two_arms_or_more_of_different_names(arms):
    with pytest.raises(InvalidInput):
        compare(arms, Random(1))


def test_with_five_arms_each_interval_is_that_of_a_quarter_of_the_level():
    arms = [Arm(str(i), 5000, 250 + 10 * i) for i in range(5)]
    found = compare(arms, Random(1), draws=1)
    for arm, judged in zip(arms[1:], found.arms, strict=True):
        alone = rates(arm, arms[0], alpha=0.05 / 4)
        assert (judged.difference.low, judged.difference.high) == (alone.low, alone.high)

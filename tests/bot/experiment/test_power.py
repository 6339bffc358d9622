"""How many people are needed: published figures, and the promise kept by made experiments."""

from __future__ import annotations

from math import inf

import pytest

from bot.errors import InvalidInput
from bot.experiment.power import (
    Plan,
    detectable,
    power_for_rates,
    size_for_means,
    size_for_rates,
)

ONCE = Plan(peeking=False)


@pytest.mark.parametrize(
    ("baseline", "effect", "plan", "people"),
    [
        # R, stats::power.prop.test, its example: n = 76.7 in each group
        pytest.param(0.50, 0.25, Plan(power=0.9, peeking=False), 77, id="R's example"),
        # ((1.959964 root(2 .055 .945) + .841621 root(.05 .95 + .06 .94)) / .01)^2 = 8157.7
        pytest.param(0.05, 0.01, ONCE, 8158, id="5 to 6 percent"),
        pytest.param(0.06, -0.01, ONCE, 8158, id="and back: the same"),
    ],
)
def test_people_per_arm_when_looked_at_once(baseline, effect, plan, people):
    size = size_for_rates(baseline, effect, plan)
    assert (size.per_arm, size.once) == (people, people)


def test_fifty_people_per_arm_see_a_half_become_three_quarters_with_a_power_of_074():
    # R, stats::power.prop.test(n = 50, p1 = .50, p2 = .75): power = 0.740
    assert power_for_rates(0.5, 0.25, 50, ONCE) == pytest.approx(0.740, abs=5e-4)


def test_sixteen_variances_over_the_squared_effect():
    # The rule of thumb for a power of 0.8 and its example, a change by 5 % of $3.75 among people
    # who deviate by $30: Kohavi, Longbotham, Sommerfield and Henne 2009, section 3.2
    size = size_for_means(30, 0.05 * 3.75, ONCE)
    assert size.per_arm == pytest.approx(409_600, rel=0.02)


def test_looking_all_along_needs_at_most_twice_as_many():
    size = size_for_rates(0.05, 0.02)
    assert size.per_arm == 4237
    assert 1.5 < size.price < 2
    assert size.total == 2 * size.per_arm


def test_each_further_arm_makes_each_larger():
    sizes = [size_for_rates(0.05, 0.02, Plan(arms=arms)).per_arm for arms in (2, 3, 5)]
    assert sizes == sorted(set(sizes))
    assert Plan(arms=5).alpha_each == pytest.approx(0.05 / 4)


@pytest.mark.parametrize("plan", [ONCE, Plan(), Plan(arms=4, power=0.9)], ids=str)
def test_what_so_many_people_detect_needs_so_many_people(plan):
    effect = detectable(0.05, 8000, plan)
    assert size_for_rates(0.05, effect, plan).per_arm == pytest.approx(8000, abs=1)
    assert power_for_rates(0.05, effect, 8000, plan) == pytest.approx(plan.power)


def test_three_people_detect_nothing_at_all():
    assert detectable(0.5, 3) == inf


@pytest.mark.parametrize(
    ("daily", "share", "days"),
    [(1000, None, 9), (8474, None, 1), (8473, None, 2), (1000, 0.05, 85)],
    ids=["a thousand a day", "all in one day", "one too few for it", "a small arm"],
)
def test_days_at_a_given_traffic(daily, share, days):
    assert size_for_rates(0.05, 0.02).days(daily, share) == days


@pytest.mark.parametrize(
    "impossible",
    [
        lambda: size_for_rates(0.0, 0.1),
        lambda: size_for_rates(0.9, 0.1),
        lambda: size_for_rates(0.05, 0.0),
        lambda: size_for_rates(0.05, -0.05),
        lambda: size_for_means(0, 1),
        lambda: size_for_means(1, 0),
        lambda: Plan(alpha=0),
        lambda: Plan(power=1),
        lambda: Plan(power=0.4),
        lambda: Plan(arms=1),
        lambda: size_for_rates(0.05, 0.02).days(0),
        lambda: size_for_rates(0.05, 0.02).days(10, 0),
    ],
)
def test_plans_that_cannot_be_are_refused(impossible):
    with pytest.raises(InvalidInput):
        impossible()

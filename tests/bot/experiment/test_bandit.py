"""Thompson sampling with a floor and a diary: better than equal shares, and never blind."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import InvalidInput
from bot.experiment.arms import Arm
from bot.experiment.bandit import Reason, decide, recent

RATES = {"a": 0.04, "b": 0.05, "c": 0.08}
COUNTS = st.tuples(st.integers(0, 5000), st.integers(0, 5000))


def run(seed, batches=24, people=500, draws=300):
    """The regret of a day, hour by hour, and the last decision."""
    rng, chance = Random(seed), np.random.default_rng(seed)
    known = {name: Arm(name, 0, 0) for name in RATES}
    regret = 0.0
    for _ in range(batches):
        page = decide(list(known.values()), rng, draws=draws)
        for name, share in page.weights.items():
            shown = round(people * share)
            hits = int(chance.binomial(shown, RATES[name]))
            known[name] = Arm(name, known[name].people + shown, known[name].successes + hits)
            regret += shown * (max(RATES.values()) - RATES[name])
    return regret, page


def test_a_day_costs_far_less_than_equal_shares():
    equal = 24 * 500 * (0.08 - sum(RATES.values()) / 3)
    regrets = [run(seed, draws=60)[0] for seed in range(5)]
    assert np.mean(regrets) < 0.5 * equal
    assert max(regrets) < equal


def test_in_the_end_the_best_has_all_but_the_floors():
    _, page = run(1, draws=400)
    assert (page.leader, page.reason) == ("c", Reason.SETTLED)
    assert page.weights["c"] == pytest.approx(0.9, abs=0.02)


@settings(max_examples=25, deadline=None)
@given(st.lists(COUNTS, min_size=2, max_size=5), st.sampled_from([0.0, 0.05, 0.2]), st.integers())
def test_weights_sum_to_one_and_keep_the_floor_and_the_same_state_decides_alike(
    counts, floor, seed
):
    arms = [Arm(str(i), n + x, x) for i, (n, x) in enumerate(counts)]
    page = decide(arms, Random(seed), floor=floor, draws=50)
    assert sum(page.weights.values()) == pytest.approx(1)
    assert min(page.weights.values()) >= floor - 1e-12
    assert page == decide(arms, Random(seed), floor=floor, draws=50)


@pytest.mark.parametrize(
    ("a", "b", "reason", "leader"),
    [
        pytest.param((0, 0), (0, 0), Reason.NOTHING_KNOWN, "a", id="nobody was shown anything"),
        pytest.param((100, 5), (100, 6), Reason.UNDECIDED, "b", id="one more of a hundred"),
        pytest.param((500, 25), (500, 35), Reason.LEADS, "b", id="ten more of five hundred"),
        pytest.param((5000, 250), (5000, 350), Reason.SETTLED, "b", id="a hundred more of 5,000"),
    ],
)
def test_the_diary_says_why(a, b, reason, leader):
    page = decide([Arm("a", *a), Arm("b", *b)], Random(1))
    assert (page.reason, page.leader) == (reason, leader)
    assert page.known == (Arm("a", *a), Arm("b", *b))


def test_an_arm_nobody_saw_is_tried_and_not_taken_for_the_best():
    page = decide([Arm("a", 1000, 30), Arm("b", 1000, 45), Arm("new", 0, 0)], Random(1))
    assert 0.1 < page.weights["new"] < 0.5


def test_with_a_half_life_of_a_batch_the_last_batch_counts_as_much_as_all_before():
    batches = [[Arm("a", 400, 40), Arm("b", 400, 8)]] * 12
    faded = recent([*batches, [Arm("b", 800, 16)]], half_life=1)
    assert faded == [Arm("a", 400, 40), Arm("b", 1200, 24)]


def test_without_decay_to_speak_of_everything_counts():
    batches = [[Arm("a", 10, 1)], [Arm("b", 5, 0)], [Arm("a", 10, 2)]]
    assert recent(batches, half_life=1e9) == [Arm("a", 20, 3), Arm("b", 5, 0)]
    assert recent([], half_life=1) == []


def test_when_tastes_turn_the_faded_counts_follow_sooner():
    batches = [[Arm("a", 500, 50), Arm("b", 500, 25)]] * 20 + [
        [Arm("a", 500, 25), Arm("b", 500, 50)]
    ] * 6
    whole = recent(batches, half_life=1e9)
    assert decide(whole, Random(1)).leader == "a"
    assert decide(recent(batches, half_life=3), Random(1)).leader == "b"


@pytest.mark.parametrize(
    "impossible",
    [
        lambda: decide([Arm("a", 0, 0)], Random(1)),
        lambda: decide([Arm("a", 0, 0), Arm("a", 1, 0)], Random(1)),
        lambda: decide([Arm("a", 0, 0), Arm("b", 1, 0)], Random(1), floor=0.51),
        lambda: decide([Arm("a", 0, 0), Arm("b", 1, 0)], Random(1), floor=-0.1),
        lambda: recent([], half_life=0),
    ],
    ids=["one arm", "one name twice", "floors above 1", "a negative floor", "no half-life"],
)
def test_what_cannot_be_is_refused(impossible):
    with pytest.raises(InvalidInput):
        impossible()

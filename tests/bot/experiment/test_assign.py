"""Who sees what: the same whenever asked, as ordered, and nobody moves who need not."""

from __future__ import annotations

from collections import Counter

import pytest

from bot.errors import InvalidInput
from bot.experiment.assign import HELD_OUT, Assignment, draw

PEOPLE = range(1, 4_001)
N = len(PEOPLE)
ABC = Assignment("campaign:7:1", {"a": 0.5, "b": 0.3, "c": 0.2}, 0.1)


def arms(weights, key="k"):
    experiment = Assignment(key, weights)
    return [experiment.arm(unit) for unit in PEOPLE]


def moves(before, after):
    return Counter((old, new) for old, new in zip(before, after, strict=True) if old != new)


def test_the_draw_is_the_one_it_was_when_people_were_assigned():
    # Frozen: a change of the hash would move people of experiments that run.
    assert [ABC.of(unit) for unit in (1, 2, 3, 4, 5, 6, "qr-17")] == [
        "",
        "",
        "c",
        "a",
        "c",
        "b",
        "a",
    ]


def test_shares_are_as_ordered_and_splitting_loses_nobody():
    parts = ABC.split(PEOPLE)
    assert sorted(unit for units in parts.values() for unit in units) == list(PEOPLE)
    assert len(parts[HELD_OUT]) / N == pytest.approx(0.10, abs=0.015)
    rest = N - len(parts[HELD_OUT])
    for arm, weight in ABC.weights.items():
        assert len(parts[arm]) / rest == pytest.approx(weight, abs=0.02)


def test_weights_count_by_their_ratio_alone_and_their_order_not_at_all():
    assert arms({"a": 1, "b": 3}) == arms({"b": 0.75, "a": 0.25})


def test_with_two_arms_just_those_move_who_must():
    moved = moves(arms({"a": 50, "b": 50}), arms({"a": 40, "b": 60}))
    assert set(moved) == {("a", "b")}
    assert moved["a", "b"] / N == pytest.approx(0.1, abs=0.015)


def test_a_new_arm_takes_people_and_moves_nobody_else():
    moved = moves(arms({"a": 1, "b": 1}), arms({"a": 1, "b": 1, "c": 2}))
    assert set(moved) == {("a", "c"), ("b", "c")}
    assert sum(moved.values()) / N == pytest.approx(0.5, abs=0.02)


def test_a_closed_arm_gives_its_people_away_and_moves_nobody_else():
    before = arms({"a": 2, "b": 1, "c": 1})
    assert {old for old, _ in moves(before, arms({"a": 2, "b": 1, "c": 0}))} == {"c"}
    assert arms({"a": 2, "b": 1, "c": 0}) == arms({"a": 2, "b": 1})


def test_all_weights_changed_at_once_move_as_few_as_any_method_without_memory():
    # Moulton and Jiang 2018: they agree with a chance of sum 1 / sum_j max(p_j / p_i, q_j / q_i)
    p, q = {"a": 0.5, "b": 0.3, "c": 0.2}, {"a": 0.6, "b": 0.2, "c": 0.2}
    agree = sum(1 / sum(max(p[j] / p[i], q[j] / q[i]) for j in p) for i in p)
    moved = moves(arms(p), arms(q))
    assert sum(moved.values()) / N == pytest.approx(1 - agree, abs=0.015)
    assert not {("a", "b"), ("a", "c"), ("c", "b")} & set(moved)


def test_the_hold_out_grows_around_itself_and_moves_nobodys_arm():
    larger = Assignment(ABC.key, ABC.weights, 0.3)
    for unit in PEOPLE[:2000]:
        if ABC.of(unit) == HELD_OUT:
            assert larger.of(unit) == HELD_OUT
        elif larger.of(unit) != HELD_OUT:
            assert larger.of(unit) == ABC.of(unit)


def test_experiments_do_not_know_of_each_other():
    both = Counter(zip(arms({"a": 1, "b": 1}), arms({"a": 1, "b": 1}, "other"), strict=True))
    assert all(count / N == pytest.approx(0.25, abs=0.02) for count in both.values())


def test_words_that_only_look_alike_when_joined_draw_independently():
    assert draw(("a", "bc"), 1) != draw(("ab", "c"), 1)
    assert draw(("a",), "1") == draw(("a",), 1)


@pytest.mark.parametrize(
    ("weights", "holdout"),
    [
        ({}, 0.0),
        ({"a": 0}, 0.0),
        ({"a": -1, "b": 2}, 0.0),
        ({"a": float("nan")}, 0.0),
        ({"": 1}, 0.0),
        ({"a": 1}, 1.1),
        ({"a": 1}, -0.1),
    ],
    ids=["no arm", "no weight", "negative", "no number", "no name", "above 1", "below 0"],
)
def test_weights_and_shares_that_cannot_be_are_refused(weights, holdout):
    with pytest.raises(InvalidInput):
        Assignment("k", weights, holdout)


def test_all_may_be_held_out_and_none():
    assert Assignment("k", {"a": 1}, 1.0).split(PEOPLE[:50]) == {HELD_OUT: list(PEOPLE[:50])}
    assert Assignment("k", {"a": 1}, 0.0).split(PEOPLE[:50]) == {"a": list(PEOPLE[:50])}

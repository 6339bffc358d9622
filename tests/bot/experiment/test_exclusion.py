"""Experiments that must not share people, and the few who are in none at all."""

from __future__ import annotations

from collections import Counter

import pytest

from bot.errors import Conflict, InvalidInput
from bot.experiment.assign import HELD_OUT, Assignment
from bot.experiment.exclusion import (
    FREE,
    ExclusionGroup,
    GlobalControl,
    Placement,
    Placing,
    Why,
)

PEOPLE = range(1, 5_001)
N = len(PEOPLE)
GROUP = ExclusionGroup("offers").reserve("x", 0.3).reserve("y", 0.5)


def test_nobody_is_in_two_experiments_of_a_group_and_each_has_its_share():
    owners = Counter(GROUP.owner(unit) for unit in PEOPLE)
    assert owners["x"] / N == pytest.approx(0.3, abs=0.02)
    assert owners["y"] / N == pytest.approx(0.5, abs=0.02)
    assert owners[FREE] / N == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("share", [0.4, 0.1], ids=["more", "less"])
def test_another_share_keeps_whom_it_can_and_touches_no_other_experiment(share):
    changed = GROUP.reserve("x", share)
    assert changed.share("x") == pytest.approx(share)
    for unit in PEOPLE[:1000]:
        before, after = GROUP.owner(unit), changed.owner(unit)
        assert before == after or {before, after} == {"x", FREE}
        assert not (before == "x" and after == FREE and share > 0.3)


def test_what_is_not_free_cannot_be_reserved_until_something_is_released():
    with pytest.raises(Conflict, match=r"20\.0% free"):
        GROUP.reserve("z", 0.3)
    assert GROUP.release("x").reserve("z", 0.5).share() == 0
    assert GROUP.release("nobody") == GROUP


@pytest.mark.parametrize(("name", "share"), [("x", 1.1), ("x", -0.1), (FREE, 0.1)])
def test_shares_that_cannot_be_are_refused(name, share):
    with pytest.raises(InvalidInput):
        GROUP.reserve(name, share)


def test_the_global_control_is_a_share_that_lasts_a_period_and_then_others_are_drawn():
    autumn, winter = GlobalControl(0.05, "2026Q4"), GlobalControl(0.05, "2027Q1")
    held = {unit for unit in PEOPLE if autumn.holds(unit)}
    assert len(held) / N == pytest.approx(0.05, abs=0.01)
    assert held <= {unit for unit in PEOPLE if GlobalControl(0.1, "2026Q4").holds(unit)}
    assert sum(winter.holds(unit) for unit in held) / len(held) < 0.1
    with pytest.raises(InvalidInput):
        GlobalControl(1.5, "2026Q4")


def test_a_person_is_put_by_control_then_group_then_hold_out_then_arm():
    control = GlobalControl(0.05, "2026Q4")
    placing = Placing(Assignment("x", {"a": 1, "b": 1}, 0.1), GROUP, control)
    for unit in PEOPLE[:1000]:
        put = placing.of(unit)
        if control.holds(unit):
            assert put == Placement(HELD_OUT, Why.GLOBAL_CONTROL)
        elif GROUP.owner(unit) != "x":
            assert put == Placement(HELD_OUT, Why.ELSEWHERE)
        else:
            assert put.arm == placing.assignment.of(unit)
            assert put.why is (Why.ASSIGNED if put.arm else Why.HELD_OUT)
    assert {placing.of(unit).why for unit in PEOPLE[:1000]} == set(Why)


def test_without_group_and_control_the_assignment_decides_alone():
    plain = Assignment("x", {"a": 1, "b": 1}, 0.1)
    assert [Placing(plain).of(unit).arm for unit in PEOPLE[:500]] == [
        plain.of(unit) for unit in PEOPLE[:500]
    ]

"""Hold-out and variants: sticky, fair, and independent of each other."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from bot.campaign.document.definition import Variant
from bot.campaign.drawing.assign import HELD_OUT, Assignment

AB = Assignment(7, 1, 0.1, (Variant("a", 1, ""), Variant("b", 3, "")))
PEOPLE = range(1, 20_001)


def test_the_same_question_has_the_same_answer():
    again = replace(AB)
    assert [AB.of(i) for i in range(500)] == [again.of(i) for i in range(500)]


def test_the_shares_are_as_ordered():
    counts = Counter(AB.of(i) for i in PEOPLE)
    assert abs(counts[HELD_OUT] / 20_000 - 0.10) < 0.01
    assert abs(counts["a"] / (counts["a"] + counts["b"]) - 0.25) < 0.01


def test_another_run_draws_anew():
    other = replace(AB, generation=2)
    both = sum(AB.of(i) == HELD_OUT == other.of(i) for i in PEOPLE)
    assert abs(both / 20_000 - 0.01) < 0.004


def test_a_larger_hold_out_holds_the_smaller_one_and_moves_nobodys_variant():
    larger = replace(AB, holdout=0.3)
    for i in PEOPLE:
        if AB.of(i) == HELD_OUT:
            assert larger.of(i) == HELD_OUT
        elif larger.of(i) != HELD_OUT:
            assert larger.of(i) == AB.of(i)


def test_without_a_hold_out_everybody_has_a_variant():
    assert HELD_OUT not in replace(AB, holdout=0.0).split(list(PEOPLE))


def test_splitting_loses_nobody():
    parts = AB.split(list(PEOPLE))
    assert sorted(i for ids in parts.values() for i in ids) == list(PEOPLE)

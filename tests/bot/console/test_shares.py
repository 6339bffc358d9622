"""Shares in per cent: exactly a hundred together, and what nobody touched is as it was."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest

from bot.console.shares import adds_up, even, shares_of, weights_of


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        ([1, 1], ["50", "50"]),
        ([2, 1], ["66.67", "33.33"]),
        ([1, 1, 1], ["33.34", "33.33", "33.33"]),
        ([0.5], ["100"]),
        ([], []),
        (["40", "viel"], ["40", "viel"]),
        ([1, None], ["1", ""]),
        ([1, float("inf")], ["1", "inf"]),
    ],
)
def test_weights_are_shown_as_shares(weights, shares):
    assert shares_of(weights) == shares


def test_whatever_the_weights_are_their_shares_are_a_whole_and_lead_back_to_them():
    draw = Random(7)
    for _ in range(300):
        weights = [round(draw.uniform(0.5, 1000), 3) for _ in range(draw.randint(1, 12))]
        shares = shares_of(weights)
        assert sum(map(Fraction, shares)) == 100
        exact = [100 * one / sum(weights) for one in weights]
        assert all(abs(float(a) - b) < 0.01 for a, b in zip(shares, exact, strict=True))
        if adds_up(shares):  # a share of 0.00 is none
            assert weights_of(shares, weights) == weights


@pytest.mark.parametrize("many", range(1, 13))
def test_the_same_for_each_is_a_whole(many):
    assert adds_up(even(many))
    assert len(set(weights_of(even(many), [1] * many))) == 1


@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        (["33.33"] * 3, True), (["", ""], True), (["12.5"] * 8, True), ([" 60 ", "40"], True),
        (["99.9"], False), (["50", "50.1"], False), (["100", "0"], False), (["nan", "100"], False),
        (["1e2"], True), (["100", ""], False), (["150", "-50"], False),
    ],
)  # fmt: skip
def test_what_adds_up(texts, whole):
    assert adds_up(texts) is whole


def test_changed_shares_are_the_new_weights_and_faults_stay_as_typed():
    assert weights_of(["75", "25"], [2, 1]) == [75, 25]
    assert weights_of(["66.6", "33.4"], [2, 1]) == [66.6, 33.4]
    assert weights_of(["", ""], [2, 1]) == [1, 1]
    assert weights_of(["60", "30"], [2, 1]) == ["60", "30"]

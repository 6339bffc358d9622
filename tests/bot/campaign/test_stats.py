"""Rates, intervals and the golden sum of click rate x conversion rate."""

from __future__ import annotations

import pytest

from bot.campaign.results.stats import effect, wilson, yield_of


def test_the_sum_over_pieces_of_click_rate_times_conversion_rate():
    ctr, cvr = [0.2, 0.3, 0.4, 0.5, 0.6], [0.1, 0.2, 0.3, 0.4, 0.5]
    assert yield_of(list(zip(ctr, cvr, strict=True))) == pytest.approx(0.70)


@pytest.mark.parametrize(
    ("part", "whole", "interval"),
    [
        (81, 263, (0.2553, 0.3662)),  # Newcombe 1998, Statistics in Medicine 17, table I
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
        (0, 0, (0.0, 1.0)),
    ],
)
def test_the_score_interval_of_a_rate(part, whole, interval):
    assert wilson(part, whole) == pytest.approx(interval, abs=5e-5)


@pytest.mark.parametrize(
    ("sent", "held_out", "enough"),
    [((1000, 30), (50, 1), True), ((1000, 30), (49, 1), False), ((1000, 5), (100, 4), False)],
    ids=["enough", "too few held out", "too few bought"],
)
def test_an_effect_says_when_it_rests_on_too_few(sent, held_out, enough):
    found = effect(sent, held_out)
    assert found.enough is enough
    assert found.low <= found.difference <= found.high


def test_nobody_held_out_leaves_everything_possible():
    found = effect((100, 20), (0, 0))
    assert found.high - found.low > 1
    assert found.enough is False


def test_an_effect_in_people_is_the_difference_times_those_sent_to():
    found = effect((1000, 60), (500, 15))
    ends = (found.difference, found.low, found.high)
    assert found.extra == pytest.approx([1000 * end for end in ends])
    assert found.relative[0] == pytest.approx(1.0)
    assert effect((100, 3), (100, 0)).relative[2] is None, "no end where nobody held out bought"

"""What sending changed, with intervals that hold, and CUPED, which makes them narrower."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from bot.experiment.arms import Amounts, Arm
from bot.experiment.cuped import Pairs, adjusted, theta
from bot.experiment.effect import gain, increment
from tests.bot.experiment.trials import spending


def test_extra_buyers_by_hand():
    found = increment(Arm("sent", 9500, 570), Arm("held out", 500, 20))
    assert found.absolute.estimate == pytest.approx(0.06 - 0.04)
    assert found.relative.estimate == pytest.approx(0.5)
    assert found.extra.estimate == pytest.approx(190)
    assert found.extra.low == pytest.approx(9500 * found.absolute.low)
    assert found.enough


@pytest.mark.parametrize(
    ("sent", "held_out", "proven", "enough"),
    [
        pytest.param((9500, 950), (500, 20), True, True, id="more"),
        pytest.param((9500, 200), (500, 40), True, True, id="fewer"),
        pytest.param((9500, 570), (500, 28), False, True, id="perhaps none"),
        pytest.param((9500, 950), (49, 0), True, False, id="49 held out are too few"),
        pytest.param((9500, 5), (500, 4), True, False, id="nine buyers are too few"),
        pytest.param((9500, 0), (500, 0), False, False, id="nobody bought"),
        pytest.param((0, 0), (0, 0), False, False, id="nobody at all"),
    ],
)
def test_when_an_effect_is_proven_and_when_it_rests_on_too_few(sent, held_out, proven, enough):
    found = increment(Arm("sent", *sent), Arm("held out", *held_out))
    assert (found.absolute.proven, found.relative.proven) == (proven, proven)
    assert found.enough is enough


def test_a_hold_out_where_nobody_bought_has_no_upper_end_of_the_ratio():
    found = increment(Arm("sent", 9500, 300), Arm("held out", 500, 0))
    assert (found.relative.estimate, found.relative.high) == (inf, inf)
    assert found.relative.low > 0
    nothing = increment(Arm("sent", 9500, 0), Arm("held out", 500, 0))
    assert (nothing.relative.estimate, nothing.relative.low) == (0.0, -1.0)


def test_the_interval_of_one_look_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    sent, held_out = rng.binomial(9500, 0.03, 300), rng.binomial(500, 0.02, 300)
    found = [
        increment(Arm("s", 9500, x), Arm("h", 500, y))
        for x, y in zip(sent.tolist(), held_out.tolist(), strict=True)
    ]
    assert np.mean([d.absolute.low <= 0.01 <= d.absolute.high for d in found]) > 0.93
    assert np.mean([d.relative.low <= 0.5 <= d.relative.high for d in found]) > 0.93


def test_looking_all_along_widens_the_interval():
    sent, held_out = Arm("s", 9500, 570), Arm("h", 500, 20)
    once, peeking = (increment(sent, held_out, peeking=peek).absolute for peek in (False, True))
    assert peeking.low < once.low < once.high < peeking.high


def test_extra_money_by_hand():
    # variances 8 and 2 with n - 1; one pooled variance 5, so 5 (1/40 + 1/40); 1.96 of its root
    sent = Amounts("s", 40, 40 * 12.0, 40 * 144 + 39 * 8.0)
    held_out = Amounts("h", 40, 40 * 10.0, 40 * 100 + 39 * 2.0)
    found = gain(sent, held_out)
    half = 1.959964 * 0.25**0.5
    assert (found.each.low, found.each.high) == pytest.approx((2 - half, 2 + half))
    assert found.extra.estimate == pytest.approx(80)
    assert found.extra.high == pytest.approx(40 * (2 + half))


def test_money_of_a_small_hold_out_that_mostly_spends_nothing_is_not_taken_for_known():
    rng = np.random.default_rng(2)
    sent, held_out = spending(rng, (250, 4000), 0.05), spending(rng, (250, 200), 0.05)
    alarms = sum(
        gain(Amounts.of("s", a), Amounts.of("h", b)).each.proven
        for a, b in zip(sent.tolist(), held_out.tolist(), strict=True)
    )
    assert alarms / 250 <= 0.07


@pytest.mark.parametrize("values", [[], [3.0], [0, 1] * 14, [2.0] * 50])
def test_money_of_too_few_or_of_people_all_alike_leaves_everything_possible(values):
    found = gain(Amounts.of("s", [1.0, 2.0] * 50), Amounts.of("h", values))
    if len(values) < 30:
        assert (found.each.low, found.extra.high, found.enough) == (-inf, inf, False)
    assert not gain(Amounts.of("s", values), Amounts.of("h", values)).enough


def test_what_people_spent_before_narrows_the_interval_and_moves_no_true_difference():
    rng = np.random.default_rng(3)
    before = rng.gamma(2, 50, (2, 4000))
    after = 0.8 * before + rng.normal(0, 30, before.shape) + np.array([[3.0], [0.0]])
    pairs = [
        Pairs.of(name, zip(after[i].tolist(), before[i].tolist(), strict=True))
        for i, name in enumerate(("s", "h"))
    ]
    plain = gain(*(Amounts(p.name, p.people, p.y, p.yy) for p in pairs))
    sharp = gain(*adjusted(pairs))
    assert theta(pairs) == pytest.approx(0.8, abs=0.02)
    width = (sharp.each.high - sharp.each.low) / (plain.each.high - plain.each.low)
    explained = np.corrcoef(after[1], before[1])[0, 1] ** 2
    assert width == pytest.approx((1 - explained) ** 0.5, abs=0.03)
    assert sharp.each.low < 3.0 < sharp.each.high


def test_the_sums_give_what_the_people_give():
    values = [(3.0, 1.0), (5.0, 2.0), (4.0, 4.0), (9.0, 3.0)]
    pairs = [Pairs.of("s", values), Pairs.of("h", [(1.0, 5.0), (2.0, 6.0)])]
    slope, middle = theta(pairs), 21 / 6
    by_hand = Amounts.of("s", [y - slope * (x - middle) for y, x in values])
    found = adjusted(pairs)[0]
    assert (found.total, found.squares) == pytest.approx((by_hand.total, by_hand.squares))


@pytest.mark.parametrize("values", [[], [(4.0, 7.0)], [(4.0, 7.0), (6.0, 7.0)]])
def test_where_the_past_tells_nothing_amounts_stay_as_they_are(values):
    kept = Amounts.of("s", [y for y, _ in values])
    assert adjusted([Pairs.of("s", values)]) == [kept]

"""What the figures say to people."""

from __future__ import annotations

from random import Random

import pytest

from bot.experiment.arms import Amounts, Arm
from bot.experiment.bandit import Reason, decide
from bot.experiment.compare import Outcome, compare, compare_amounts
from bot.experiment.effect import gain, increment
from bot.experiment.guardrail import guardrail
from bot.experiment.power import Plan, size_for_rates
from bot.experiment.sequential import Verdict
from bot.experiment.srm import check
from bot.experiment.wording import (
    FEN,
    comparison_said,
    decision_said,
    gain_said,
    guardrail_said,
    increment_said,
    shares_said,
    size_said,
)
from bot.i18n import t

LANGUAGES = ("zh", "en")
PAGE = decide([Arm("a", 9, 1), Arm("b", 9, 2)], Random(1))


def test_an_experiment_in_chinese():
    arms = [Arm("旧文案", 9000, 450), Arm("新文案", 9000, 600), Arm("短文案", 3, 1)]
    assert comparison_said(compare(arms, Random(1))) == [
        "「新文案」胜出，可以全量",
        "对照「旧文案」9000 人，5.00%，最优的可能 0%",
        "「新文案」9000 人，6.67%，比对照 +1.67 个百分点（+0.52 个百分点 至 +2.83 个百分点，"
        "p<0.001），最优的可能 36%：更好",
        "「短文案」3 人，33.33%：人数或次数太少，还不能比较",
    ]


def test_shares_that_are_off_are_said_before_any_figure():
    arms = [Arm("a", 900, 45), Arm("b", 500, 30)]
    said = comparison_said(compare(arms, Random(1), weights={"a": 1, "b": 1}))
    assert said[0].startswith("各组人数不对")
    assert said[1].startswith("各组人数 a 900、b 500，按设定应为 a 700、b 700（p<0.001）")


def test_money_is_said_in_yuan():
    arms = [Amounts.of(n, [0.0, v] * 500) for n, v in (("a", 1000.0), ("b", 5000.0))]
    said = comparison_said(compare_amounts(arms, Random(1)), "zh", FEN)
    assert "比对照 +20.00 元" in said[2]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "key",
    [
        *(f"experiment.outcome.{word}" for word in Outcome),
        *(f"experiment.verdict.{word}" for word in Verdict),
        *(f"experiment.reason.{word}" for word in Reason),
    ],
)
def test_every_word_has_a_sentence(key, lang):
    assert t(key, lang, leader="a", chance="90%")


@pytest.mark.parametrize(
    ("sent", "held_out", "part"),
    [
        ((9500, 950), (500, 20), "发送带来 +570 人"),
        ((9500, 200), (500, 40), "反而减少，共 -560 人"),
        ((9500, 570), (500, 28), "没有证明发送有效果（估计 +38 人"),
        ((9500, 950), (49, 0), "太少，看不出效果"),
    ],
)
def test_an_effect_is_said_as_far_as_it_is_known(sent, held_out, part):
    found = increment(Arm("s", *sent), Arm("h", *held_out))
    assert part in increment_said(found)
    assert increment_said(found, "en")


@pytest.mark.parametrize(
    ("sent", "held_out", "part"),
    [
        ([900, 1100] * 500, [450, 550] * 50, "发送带来收入 +5000.00 元"),
        ([450, 550] * 500, [900, 1100] * 50, "反而减少收入，共 -5000.00 元"),
        ([0, 1000] * 500, [0, 990] * 50, "没有证明增收（估计 +50.00 元"),
        ([0, 1000] * 500, [0, 990], "太少，看不出增收（估计 +50.00 元，-∞ 至 +∞ 都有可能"),
    ],
    ids=["more", "less", "perhaps nothing", "two held out"],
)
def test_extra_money_is_said_as_far_as_it_is_known(sent, held_out, part):
    found = gain(Amounts.of("s", sent), Amounts.of("h", held_out))
    assert part in gain_said(found)
    assert gain_said(found, "en")


@pytest.mark.parametrize(
    ("said", "part"),
    [
        (lambda lang: guardrail_said(guardrail(30, 1000, 0.01), lang), "1.00%"),
        (lambda lang: guardrail_said(guardrail(3, 1000, 0.01), lang), "0.30%"),
        (lambda lang: size_said(size_for_rates(0.05, 0.02), lang), "4237"),
        (lambda lang: size_said(size_for_rates(0.05, 0.02, Plan(peeking=False)), lang), "2213"),
        (lambda lang: shares_said(check({"a": 7, "b": 9}, {"a": 1, "b": 1}), lang), "a 7"),
        (lambda lang: decision_said(PAGE, lang), "b 2/9"),
    ],
    ids=["tripped", "held", "size", "size once", "shares", "diary"],
)  # fmt: skip
def test_each_finding_is_said_in_both_languages_with_its_figures(said, part):
    assert said("zh") != said("en")
    assert part in said("zh")
    assert part in said("en")

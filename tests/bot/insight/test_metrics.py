"""Figures, their intervals, calibration, choice: against their definitions."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from bot.insight import calibrate
from bot.insight.choose import better
from bot.insight.curves import calibration, calibration_error, gains, wilson
from bot.insight.metrics import auc, draws, figures, gain, with_intervals

RNG = np.random.default_rng(7)
CHANCE = RNG.random(2000).round(2)  # many ties
Y = (RNG.random(2000) < CHANCE).astype(float)
WEIGHT = RNG.integers(0, 4, 2000).astype(float)


def of_library(weight):
    m = import_module("sklearn.metrics")
    sure = np.clip(CHANCE, 1e-6, 1 - 1e-6)
    return {
        "auc": m.roc_auc_score(Y, CHANCE, sample_weight=weight),
        "pr_auc": m.average_precision_score(Y, CHANCE, sample_weight=weight),
        "log_loss": m.log_loss(Y, sure, sample_weight=weight),
        "brier": m.brier_score_loss(Y, CHANCE, sample_weight=weight),
    }


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
def test_figures_are_those_of_the_library(weight):
    expected = of_library(weight)
    found = figures(Y, CHANCE, weight)
    assert {name: found[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("y", "score", "expected"),
    [
        pytest.param([0, 1], [0.1, 0.9], 1, id="right order"),
        pytest.param([0, 1], [0.9, 0.1], 0, id="wrong order"),
        pytest.param([0, 1, 0, 1], [0.5] * 4, 0.5, id="all ties"),
        pytest.param([0, 0, 1, 1], [1, 3, 2, 4], 0.75, id="three of four pairs"),
        pytest.param([1, 1], [1, 2], float("nan"), id="one answer only"),
    ],
)
def test_auc_counts_pairs(y, score, expected):
    found = auc(np.array(y, float), np.array(score, float))
    assert found == pytest.approx(expected, nan_ok=True)


def test_the_worked_example_of_the_explanation():
    """docs/explanation/insight.md, figures."""
    y, chance = np.array([1.0, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.4])
    found = figures(y, chance)
    del found["lift_10"]
    expected = {"auc": 0.75, "pr_auc": 0.833, "log_loss": 0.646, "brier": 0.225}
    assert found == pytest.approx(expected, abs=5e-4)
    assert gain(y, chance, np.array([0.25])) == [0.5]
    curve = {"way": "sigmoid", "slope": 0.5, "shift": -0.1}
    assert calibrate.apply(curve, np.array([0.8])) == pytest.approx(0.644, abs=5e-4)


def test_intervals_hold_the_value_and_are_as_wide_as_theory_says():
    found = with_intervals(Y, CHANCE)
    for name in ("auc", "pr_auc", "log_loss", "brier", "lift_10"):
        assert found[name]["low"] < found[name]["value"] < found[name]["high"]
    error = (((CHANCE - Y) ** 2).std()) / np.sqrt(2000)
    wide = found["brier"]["high"] - found["brier"]["low"]
    assert wide == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert with_intervals(Y, CHANCE) == found  # no other draws for the same seed


def test_rows_of_a_group_are_drawn_together():
    group = np.repeat(np.arange(200), 10)
    for block in draws(2000, group, 0, 20):
        assert (block.reshape(len(block), 200, 10).std(axis=2) == 0).all()
        assert (block.reshape(len(block), 200, 10)[:, :, 0].sum(axis=1) == 200).all()
    alike = np.repeat(Y[::10], 10), np.repeat(CHANCE[::10], 10)
    one, ten = with_intervals(*alike, group), with_intervals(*alike)
    assert one["auc"]["high"] - one["auc"]["low"] > 2 * (ten["auc"]["high"] - ten["auc"]["low"])


def test_one_answer_only_has_no_auc_but_a_loss():
    found = with_intervals(np.zeros(50), np.full(50, 0.1))
    assert found["auc"] == {"value": None, "low": None, "high": None}
    assert found["log_loss"]["value"] == pytest.approx(-np.log(0.9))


def test_gain_is_the_share_of_yes_reached():
    y, score = np.array([1.0, 0, 1, 0]), np.array([4.0, 3, 2, 1])
    assert gain(y, score, np.array([0.25, 0.5, 0.75, 1])).tolist() == [0.5, 0.5, 1, 1]
    assert gain(y, np.zeros(4), np.array([0.5])).tolist() == [0.5]  # ties count in part
    lift = {line["share"]: line["lift"] for line in gains(y, score)}
    assert (lift[0.5], lift[1.0]) == (1, 1)


def test_calibration_is_told_by_tenths_with_intervals():
    lines = calibration(Y, CHANCE)
    assert [line["rows"] for line in lines] == [200] * 10
    inside = sum(line["low"] <= line["said"] <= line["high"] for line in lines)
    assert inside >= 8
    assert calibration_error(calibration(Y, np.full(2000, 0.9))) == pytest.approx(0.9 - Y.mean())


@pytest.mark.parametrize(
    ("yes", "rows", "low", "high"),
    [(0, 10, 0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1)],
)
def test_wilson(yes, rows, low, high):
    assert wilson(yes, rows) == pytest.approx((low, high), abs=1e-4)


TOO_SURE = 1 / (1 + np.exp(-3 * np.log(np.clip(CHANCE, 0.01, 0.99) / np.clip(1 - CHANCE, 0.01, 1))))


@pytest.mark.parametrize(
    ("chance", "y", "way"),
    [
        pytest.param(CHANCE[:300], Y[:300], "none", id="honest chances of few rows stay"),
        pytest.param(TOO_SURE[:600], Y[:600], "sigmoid", id="too sure ones of few rows"),
        pytest.param(np.where(CHANCE > 0.5, CHANCE**8, CHANCE / 500), Y, "isotonic", id="bent"),
        pytest.param(1 - CHANCE[:300], Y[:300], "none", id="never turned round"),
    ],
)
def test_calibration_is_chosen_by_what_it_saves(chance, y, way):
    curve, why = calibrate.learn(chance, y)
    assert curve["way"] == way
    assert f"calibration {way}" in why
    after = calibrate.apply(curve, chance)
    assert auc(y, after) == auc(y, chance)
    assert figures(y, after)["log_loss"] <= figures(y, chance)["log_loss"] + 1e-9
    assert ((after >= 0) & (after <= 1)).all()


def test_isotonic_pools_what_violates_the_order():
    x = np.repeat([0.1, 0.2, 0.3, 0.4], 1000)
    share = np.repeat([0.0, 0.6, 0.4, 1.0], 1000)
    y = (np.tile(np.arange(1000) / 1000, 4) < share).astype(float)
    curve = calibrate._isotonic(x, y)
    assert curve["x"] == pytest.approx([0.1, 0.25, 0.4])
    assert curve["y"] == pytest.approx([0, 0.5, 1])


NOISE = np.clip(CHANCE + RNG.normal(size=2000) * 0.3, 0.01, 0.99)


@pytest.mark.parametrize(
    ("old", "new", "swaps"),
    [
        pytest.param(NOISE, CHANCE, True, id="a better order"),
        pytest.param(CHANCE, NOISE, False, id="a worse order"),
        pytest.param(CHANCE, CHANCE, False, id="the same"),
        pytest.param(TOO_SURE, CHANCE, True, id="the same order, better chances"),
        pytest.param(CHANCE, TOO_SURE, False, id="the same order, worse chances"),
    ],
)
def test_a_model_in_use_is_replaced_only_by_a_better_one(old, new, swaps):
    found = better(Y[:800], old[:800], new[:800])
    assert found.swap is swaps
    assert f"the {'new' if swaps else 'old'} model serves" in found.reason

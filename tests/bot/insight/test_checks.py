"""What makes a model look better than it is, whom it serves worse, and when it is out of date."""

from __future__ import annotations

import numpy as np
import pytest

from bot.errors import InvalidInput
from bot.insight import drift, fairness, leakage
from bot.insight.candidate import Sample
from bot.insight.curves import learning
from bot.insight.drawing import curves
from bot.insight.propensity.trees import DecisionTree
from bot.insight.schema import Schema, detect, typed
from bot.insight.split import Fold
from bot.insight.table import Table
from tests.bot.insight.cast import a_sample

RNG = np.random.default_rng(3)
Y = (RNG.random(400) < 0.4).astype(float)
NOISE = RNG.normal(size=400)


def sample_of(**columns) -> Sample:
    raw = Table({**columns, "noise": NOISE}, 400)
    schema = detect(raw)
    return Sample(typed(raw, schema), Y, schema)


@pytest.mark.parametrize(
    ("cells", "check"),
    [
        pytest.param(Y * 10 + NOISE, "alone", id="a number that tells nearly all"),
        pytest.param(-(Y * 10 + NOISE), "alone", id="the other way round"),
        pytest.param(["ab"[int(y)] if n % 50 else "c" for n, y in enumerate(Y)], "alone",
                     id="a word that does"),
        pytest.param(["5" if y and n % 20 else "" for n, y in enumerate(Y)], "after the fact",
                     id="known where the answer was yes"),
        pytest.param([f"{n % 7 + 1 if y and n % 2 else 0}" for n, y in enumerate(Y)],
                     "after the fact", id="nothing but 0 where it was no"),
        pytest.param(NOISE + Y, None, id="a good feature"),
        pytest.param(["ab"[n % 2] for n in range(400)], None, id="a harmless word"),
    ],
)  # fmt: skip
def test_a_column_that_gives_the_answer_away_is_said(cells, check):
    found = [one for one in leakage.check_columns(sample_of(x=cells)) if one["column"] == "x"]
    assert [one["check"] for one in found] == ([check] if check else [])


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(Y, id="numbers"),
        pytest.param(1 - Y, id="numbers the other way round"),
        pytest.param(["won" if y else "lost" for y in Y], id="words"),
    ],
)
def test_a_copy_of_the_target_is_refused(cells):
    with pytest.raises(InvalidInput, match="--leave-out copy"):
        leakage.refuse_target(Table({"noise": NOISE, "copy": cells}, 400), Y, "won")


def test_nearly_a_copy_is_not_refused():
    leakage.refuse_target(Table({"x": np.append(Y[:-1], 1 - Y[-1])}, 400), Y, "won")


HALF = Fold(np.arange(200), np.arange(200, 400))


def test_equal_rows_and_groups_on_both_sides_are_said():
    twice = Sample(
        Table({"x": np.tile(NOISE[:200], 2)}, 400),
        Y,
        detect(Table({"x": np.tile(NOISE[:200], 2)}, 400)),
        group=np.arange(400) % 300,
    )
    found = {one["check"]: one["said"] for one in leakage.check_rows(twice, HALF)}
    assert found["equal rows"].startswith("200 of 200 judging rows")
    assert found["groups on both sides"].startswith("100 of 200 judging groups")
    assert not leakage.check_rows(sample_of(), HALF)


DATED = Table(
    {
        "at": ["2026-01-01", "2026-02-01"],
        "paid_at": ["2026-01-05", ""],
        "seen_at": ["2025-12-01", "2026-02-01"],
    },
    2,
)


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (None, [("no time", "at"), ("no time", "paid_at"), ("no time", "seen_at")]),
        ("at", [("later than the row", "paid_at")]),
    ],
)
def test_dates_are_looked_at(time, said):
    left_out = detect(DATED).left_out
    found = leakage.check_dates(DATED, left_out, time, list(left_out))
    assert [(one["check"], one["column"]) for one in found] == said


def test_judging_by_the_past_is_said():
    (found,) = leakage.check_order(np.array([1.0, 2, 3, 4]), 2)
    assert found["said"].startswith("2 of 4 rows are not later")
    assert not leakage.check_order(np.array([3.0]), 2)


def test_fairness_has_a_line_a_group_and_few_rows_say_only_how_many():
    table = Table(
        {
            "gender": ["f"] * 200 + ["m"] * 190 + [""] * 10,
            "age": np.append(np.repeat([20.0, 40.0], 195), [np.nan] * 10),
            "city": ["北京"] * 400,
            "gender_of_pet": ["x"] * 400,
        },
        400,
    )
    chance = np.append(np.full(200, 0.4), np.full(200, 0.9))
    found = {(one["column"], one["group"]): one for one in fairness.report(table, Y, chance)}
    assert list(found) == [
        ("gender", "(not given)"), ("gender", "f"), ("gender", "m"),
        ("age", "(not given)"), ("age", "18-24"), ("age", "35-44"), ("city", "北京"),
    ]  # fmt: skip
    assert found["gender", "(not given)"] == {
        "about": "gender", "column": "gender", "group": "(not given)", "rows": 10,
    }  # fmt: skip
    men = found["gender", "m"]
    assert men["gap"]["low"] > 0.3  # 0.9 is said, 0.4 is found
    assert (men["chosen"], found["gender", "f"]["chosen"]) == (1, 0)
    assert found["gender", "f"]["auc"]["value"] == 0.5


@pytest.mark.parametrize(
    ("age", "band"), [(17, "0-17"), (18, "18-24"), (24, "18-24"), (25, "25-34"), (65, "65+")]
)
def test_ages_fall_into_bands(age, band):
    table = Table({"age": [str(age)] * 400}, 400)
    (line,) = fairness.report(table, Y, NOISE)
    assert line["group"] == band


def test_population_stability_index():
    assert drift.psi([0.5, 0.5], [0.5, 0.5]) == 0
    assert drift.psi([0.5, 0.5], [0.2, 0.8]) == pytest.approx(0.3 * np.log(2.5) + 0.3 * np.log(1.6))
    assert np.isfinite(drift.psi([1, 0], [0, 1]))


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        pytest.param({}, {}, id="the same rows"),
        pytest.param({"noise": NOISE + 2}, {"noise": "strayed"}, id="numbers moved"),
        pytest.param({"noise": np.full(400, np.nan)}, {"noise": "strayed"}, id="numbers went"),
        pytest.param({"city": ["火星"] * 400}, {"city": "strayed"}, id="words never seen"),
        pytest.param({"noise": ["?"] * 400}, {"noise": "strayed"}, id="no numbers any more"),
    ],
)
def test_drift_names_what_moved(change, moved):
    then = sample_of(city=["北京", "上海"] * 200)
    known = drift.reference(then.table, then.schema)
    found = drift.drift(known, Table({**then.table.columns, **change}, 400))
    assert {one["feature"]: one["said"] for one in found if one["said"] != "steady"} == moved


def test_drift_of_the_score():
    then = drift.spread(np.linspace(0, 1, 1000))
    assert drift.drift_of_score(then, np.linspace(0, 1, 500))["said"] == "steady"
    assert drift.drift_of_score(then, np.linspace(0.5, 1, 500))["said"] == "strayed"


def test_the_learning_curve_goes_up_to_all_rows_and_keeps_groups_whole():
    sample = a_sample(400)
    sample = Sample(sample.table, sample.y, sample.schema, group=np.arange(400) // 2)
    taught = []

    def teach(few: Sample):
        taught.append(few.group)
        return DecisionTree().fit(few, DecisionTree().settings[0], 0)

    fold = Fold(np.arange(300), np.arange(300, 400))
    lines = learning(teach, sample, fold, 0)
    assert lines[-1]["rows"] == 300
    assert all((np.unique(group, return_counts=True)[1] == 2).all() for group in taught)
    assert all(0 <= line["judged"] <= 1 for line in lines)


def test_curves_are_drawn_with_a_sentence_for_who_does_not_see_them():
    judged = {
        "calibration": [{"said": 0.1, "found": 0.3, "low": 0.2, "high": 0.4, "rows": 9}],
        "gains": [{"share": 0.3, "gain": 0.6, "lift": 2.0}, {"share": 1.0, "gain": 1.0, "lift": 1}],
    }
    learnt = [
        {"rows": 10, "taught": 0.9, "judged": 0.6},
        {"rows": 99, "taught": 0.9, "judged": 0.7},
    ]
    drawn = curves(judged, learnt)
    assert drawn.count("<g role") == 3
    assert "share 0.200 from the chance said" in drawn
    assert "hold 60% of the yes" in drawn
    assert "from 0.600 to 0.700" in drawn
    assert curves(judged, []).count("<g role") == 2


def test_a_schema_without_columns_has_no_reference():
    assert drift.reference(Table({}, 0), Schema({}, {})) == {}

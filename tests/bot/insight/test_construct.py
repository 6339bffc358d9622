"""Columns made of columns: found where two say more together, and served as they were taught."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bot.errors import InvalidInput
from bot.insight.candidate import Part, Sample, score
from bot.insight.metrics import auc
from bot.insight.propensity.construct import Crossed, build, learn
from bot.insight.propensity.linear import Logistic
from bot.insight.schema import detect
from bot.insight.table import Table

TOGETHER = "coupon x haunt"


def matching(rows: int, seed: int = 0) -> Sample:
    """A coupon is taken by those who go to that place; neither column alone says anything."""
    rng = np.random.default_rng(seed)
    coupon, haunt = rng.integers(0, 2, (2, rows))
    y = (rng.random(rows) < np.where(coupon == haunt, 0.8, 0.2)).astype(float)
    table = Table(
        {
            "coupon": [("bar", "coffee")[one] for one in coupon],
            "haunt": [("at bars", "at cafes")[one] for one in haunt],
            "weather": [("sun", "rain", "snow")[one] for one in rng.integers(0, 3, rows)],
            "spend": np.where(rng.random(rows) < 0.1, np.nan, rng.exponential(50, rows)),
        },
        rows,
    )
    return Sample(table, y, detect(table))


def persons(seed: int = 0, strength: float = 0.0) -> Sample:
    """150 persons with 12 rows each and tempers of their own, which no column tells."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(150), 12)
    job, town = rng.integers(0, 8, (2, 150))
    place, hour = rng.integers(0, 3, (2, len(group)))
    temper = rng.normal(0, 3, 150)[group]
    wish = temper + strength * np.where(place == hour, 1.0, -0.5)
    y = (rng.random(len(group)) < 1 / (1 + np.exp(-wish))).astype(float)
    words = {"job": job[group], "town": town[group], "place": place, "hour": hour}
    kinds = {name: ["abcdefgh"[one] for one in codes] for name, codes in words.items()}
    table = Table({**kinds, "mood": kinds["place"][::-1]}, len(group))
    return Sample(table, y, detect(table), group)


def crosses_of(sample: Sample) -> list[str]:
    return [" x ".join(names) for names in learn(sample, 0)[0].card["crosses"]]


def test_the_two_columns_that_say_more_together_are_found_first() -> None:
    assert crosses_of(matching(1500))[0] == TOGETHER


def test_a_cell_is_worth_what_its_rows_say_beyond_each_column_alone() -> None:
    sample = matching(1500)
    built = build(learn(sample, 0)[0], sample.table).numbers(TOGETHER)
    fits = np.array(sample.table.texts("coupon")) == "bar"
    fits = fits == (np.array(sample.table.texts("haunt")) == "at bars")
    assert built[fits].min() > 0.8  # (0.8 - 0.5) / 0.25 = 1.2, a little less for doubt and chance
    assert built[~fits].max() < -0.8


def test_rows_that_teach_do_not_see_their_own_answer() -> None:
    """With answers by chance, what the rows themselves see must not foretell them."""
    rng = np.random.default_rng(4)
    words = {name: ["uvwxyz"[one] for one in rng.integers(0, 6, 600)] for name in "abcdef"}
    table, y = Table(words, 600), rng.integers(0, 2, 600).astype(float)
    crosses, seen = learn(Sample(table, y, detect(table)), 0)
    title = " x ".join(crosses.card["crosses"][0])
    assert auc(y, seen.numbers(title)) < 0.55
    assert auc(y, build(crosses, table).numbers(title)) > 0.6


def test_crosses_of_columns_of_one_person_gain_nothing_by_their_temper() -> None:
    """64 cells of job and town tell persons apart; only by chance do they tell answers."""
    sample = persons(strength=0.8)
    by_person = learn(sample, 0)[0].card["crosses"]
    alone = learn(Sample(sample.table, sample.y, sample.schema), 0)[0].card["crosses"]
    assert by_person[0] == ["place", "hour"]
    assert alone[0] == ["job", "town"]  # without the group, the tempers look like a rule


def test_columns_that_differ_within_a_group_are_one_cross_together() -> None:
    assert "place x hour x mood" in crosses_of(persons(strength=3.0))


@pytest.mark.parametrize(
    ("changed", "worth"),
    [
        ({}, "same"),
        ({"coupon": "never seen"}, "nothing"),
        ({"coupon": ""}, "nothing"),
        ({"spend": "12.5"}, "same"),  # as a file has it: text
    ],
)
def test_cells_never_taught_are_worth_nothing(changed: dict[str, str], worth: str) -> None:
    sample = matching(900)
    crosses = learn(sample, 0)[0]
    row = {"coupon": "bar", "haunt": "at bars", "weather": "sun", "spend": "50"}
    table = Table({name: [value] for name, value in {**row, **changed}.items()}, 1)
    found = build(crosses, table).numbers(TOGETHER)[0]
    assert found == 0.0 if worth == "nothing" else found > 0.5


def test_a_model_on_crosses_knows_what_one_without_cannot() -> None:
    taught, asked = matching(1500), matching(1500, seed=1)
    crossed = Crossed(Logistic(), "crossed", 1, [{"C": 0.1}])
    alone = Logistic().fit(taught, {"C": 0.1}, 0)
    with_crosses = crossed.fit(taught, {"C": 0.1}, 0)
    assert auc(asked.y, score(alone, asked.table)) < 0.55
    assert auc(asked.y, score(with_crosses, asked.table)) > 0.75


def test_a_card_through_json_serves_the_same_row_by_row_and_the_seed_decides() -> None:
    taught = matching(900)
    crossed = Crossed(Logistic(), "crossed", 1, [{"C": 0.1}])
    one, two = (crossed.fit(taught, {"C": 0.1}, 3) for _ in range(2))
    kept = Part(json.loads(json.dumps(one.card)), one.arrays)
    whole = score(kept, taught.table)
    assert (whole == score(two, taught.table)).all()
    few = np.arange(7)
    assert score(kept, taught.table.take(few)) == pytest.approx(whole[few], abs=1e-12)


def test_a_table_of_one_column_is_refused() -> None:
    sample = matching(200)
    only = Table({"weather": sample.table.columns["weather"]}, 200)
    with pytest.raises(InvalidInput, match="no two columns"):
        learn(Sample(only, sample.y, detect(only)), 0)

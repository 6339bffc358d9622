"""Who teaches and who judges."""

from __future__ import annotations

import numpy as np
import pytest

from bot.errors import InvalidInput
from bot.insight.split import coded, folds, hold_out, manner, times
from bot.insight.table import Table

Y = np.tile([0.0, 0, 0, 1], 50)
GROUP = np.repeat(np.arange(40), 5)
TIME = np.repeat(np.arange(10.0), 20)


def parts(group, time):
    return [hold_out(Y, group, time, 0.2, 1), *folds(Y, group, time, 5, 1)]


@pytest.mark.parametrize(
    ("group", "time", "said"),
    [
        (None, None, "stratified"),
        (GROUP, None, "group"),
        (None, TIME, "time"),
        (GROUP, TIME, "time"),
        (GROUP, np.ones(200), "group"),
    ],
)
def test_time_goes_before_group_and_group_before_chance(group, time, said):
    assert manner(group, time) == said
    for one in parts(group, time):
        assert not set(one.teach) & set(one.judge)


def test_each_class_is_spread_evenly():
    for one in parts(None, None):
        assert Y[one.judge].mean() == 0.25
        assert len(one.judge) == 40


def test_a_group_is_never_parted_and_folds_are_even():
    for one in parts(GROUP, None):
        assert not set(GROUP[one.teach]) & set(GROUP[one.judge])
        assert len(one.judge) == 40


def test_later_rows_judge_and_equal_times_stay_together():
    for one in parts(None, TIME):
        assert TIME[one.teach].max() < TIME[one.judge].min()
    judged = np.concatenate([one.judge for one in folds(Y, None, TIME, 5, 1)])
    assert sorted(judged) == list(range(80, 200))  # the first 40 % only teach


@pytest.mark.parametrize("group", [None, GROUP], ids=["rows", "groups"])
def test_of_a_last_time_that_holds_most_rows_a_part_judges(group):
    time = np.repeat([1.0, 2.0, 3.0], [30, 30, 140])
    found = hold_out(Y, group, time, 0.2, 1)
    assert set(time[found.judge]) == {3}
    assert 30 <= len(found.judge) <= 50
    assert sorted([*found.teach, *found.judge]) == list(range(200))


def test_every_row_judges_once_where_no_time_is_known():
    for group in (None, GROUP):
        judged = np.concatenate([one.judge for one in folds(Y, group, None, 5, 1)])
        assert sorted(judged) == list(range(200))


def test_the_same_seed_splits_alike_and_another_differently():
    first, again, other = (folds(Y, None, None, 5, seed)[0].judge for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_two_times_make_one_fold():
    (one,) = folds(Y, None, np.repeat([1.0, 2.0], 100), 5, 0)
    assert (len(one.teach), len(one.judge)) == (100, 100)


def test_rows_of_one_answer_cannot_be_folded():
    with pytest.raises(InvalidInput, match="bring more rows"):
        folds(np.ones(20), None, None, 5, 0)


def test_names_become_numbers_and_nobody_shares_the_empty_name():
    assert coded(["b", "a", "", "b", ""]).tolist() == [0, 1, 2, 0, 3]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["3", "20"], [3, 20]),
        (np.array([3.0, 20.0]), [3, 20]),
        (["1970-01-02", "1970-01-01T08:00:01+08:00"], [86400, 1]),
    ],
    ids=["numbers", "an array", "dates with and without an offset"],
)
def test_times_grow(cells, expected):
    assert times(Table({"t": cells}, 2), "t").tolist() == expected


@pytest.mark.parametrize("cell", ["", "soon", "2026-13-01"])
def test_what_is_no_time_is_refused_with_its_line(cell):
    with pytest.raises(InvalidInput, match="line 3, column t"):
        times(Table({"t": ["1", cell]}, 2), "t")

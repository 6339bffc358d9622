"""What a column is, and what it becomes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bot.errors import InvalidInput
from bot.insight.encode import encode, fit_encoder
from bot.insight.schema import Schema, detect, in_order, typed
from bot.insight.table import Table

MANY = [str(n) for n in range(100)]


def column(cells, name="x", keep=()):
    return detect(Table({name: cells}, len(cells)), keep)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        pytest.param(["1", "2.5", "-3"] * 20, "number", id="numbers"),
        pytest.param(["1", "", "NA", "2"] * 20, "number", id="numbers with gaps"),
        pytest.param([str(n % 30) for n in range(90)] + ["unknown"], "number", id="one odd word"),
        pytest.param(["", "1"] * 20, "number", id="only said where it is so"),
        pytest.param(np.array([1.0, 2.0, 1.0]), "number", id="an array"),
        pytest.param(["a", "b", "a"], "category", id="words"),
        pytest.param(["1", "two", "1"], "category", id="a number and a word"),
        pytest.param(["never", "1~3", "gt8"], "ordered", id="words that have an order"),
    ],
)
def test_a_column_is(cells, kind):
    assert column(cells).columns["x"].kind == kind


@pytest.mark.parametrize(
    ("cells", "name", "why"),
    [
        pytest.param(["a"] * 5, "x", "constant", id="one word"),
        pytest.param(["3"] * 5, "x", "constant", id="one number"),
        pytest.param(["", ""], "x", "constant", id="nothing at all"),
        pytest.param(np.array([2.0, 2.0]), "x", "constant", id="an array of one number"),
        pytest.param([f"u{n}" for n in MANY], "x", "names rows", id="every row its own word"),
        pytest.param(MANY, "x", "running number", id="counting up"),
        pytest.param(MANY[50:] + MANY[:50], "x", "running number", id="counting, shuffled"),
        pytest.param(["1", "2", "1"], "household_id", "its name", id="named an id"),
        pytest.param(["1", "2", "1"], "userId", "its name", id="named an id in another way"),
        pytest.param(["2026-01-02", "2026-01-03 10:00"] * 3, "x", "dates", id="dates"),
    ],
)
def test_a_column_is_left_out_and_the_reason_said(cells, name, why):
    found = column(cells, name)
    assert not found.columns
    assert why in found.left_out[name]


@pytest.mark.parametrize(
    ("cells", "name"),
    [
        pytest.param(["1", "2", "1"], "grid", id="a name that only ends alike"),
        pytest.param(["1.5", *MANY[2:], "0"], "x", id="a fraction among whole numbers"),
        pytest.param(["7", *MANY], "x", id="a number that comes twice"),
    ],
)
def test_a_column_is_not_taken_for_an_id(cells, name):
    assert name in column(cells, name).columns


def test_a_column_is_kept_on_request_whatever_its_name():
    assert column(["1", "2", "1"], "shop_id", keep=["shop_id"]).columns["shop_id"].kind == "number"


@pytest.mark.parametrize(
    ("words", "order"),
    [
        (["4~8", "never", "less1", "gt8", "1~3"], ("never", "less1", "1~3", "4~8", "gt8")),
        (["26", "50plus", "below21", "21"], ("below21", "21", "26", "50plus")),
        (["2PM", "10AM", "7AM", "10PM"], ("7AM", "10AM", "2PM", "10PM")),
        (["dec", "jan", "may"], ("jan", "may", "dec")),
        (["$1,200 or More", "Less than $900", "$900 - $999"],
         ("Less than $900", "$900 - $999", "$1,200 or More")),
        (["3个以上", "1个", "2个", "unknown"], ("1个", "2个", "3个以上")),
        (["a", "b", "c"], ()),
        (["1d", "2h"], ()),
        (["2 adults", "2 kids", "1 adult"], ()),
    ],
)  # fmt: skip
def test_words_with_numbers_in_them_have_an_order(words, order):
    assert in_order(words) == order


TABLE = Table(
    {
        "n": ["1", "3", "", "5"] * 5,
        "o": ["never", "1~3", "gt8", "never"] * 5,
        "c": ["a", "b", "a", "a"] * 5,
    },
    20,
)


def encoder(manner):
    schema = detect(TABLE)
    return fit_encoder(typed(TABLE, schema), schema, manner)


def encoded(manner, **cells):
    return encode(encoder(manner), Table({k: [v] for k, v in cells.items()}, 1))[0].tolist()


nan = float("nan")


@pytest.mark.parametrize(
    ("cells", "codes", "mixed"),
    [
        pytest.param({"n": "3", "o": "gt8", "c": "b"}, [3, 2, 1], [3, 2, 0, 1], id="known"),
        pytest.param({"n": "", "o": "", "c": ""}, [nan, nan, nan], [nan, nan, 0, 0], id="missing"),
        pytest.param({"n": "9", "o": "x", "c": "z"}, [9, nan, nan], [9, nan, 0, 0], id="unseen"),
    ],
)
def test_for_trees(cells, codes, mixed):
    assert encoded("codes", **cells) == pytest.approx(codes, nan_ok=True)
    assert encoded("mixed", **cells) == pytest.approx(mixed, nan_ok=True)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        # n: mean 3, deviation sqrt(8/3); o: -1..1 and its words by frequency; c: a, b
        ({"n": "3", "o": "never", "c": "a"}, [0, 0, -1, 1, 0, 0, 1, 0]),
        ({"n": "", "o": "gt8", "c": "b"}, [0, 1, 1, 0, 0, 1, 0, 1]),
        ({"n": "1e9", "o": "x", "c": "z"}, [5, 0, 0, 0, 0, 0, 0, 0]),
    ],
    ids=["known", "a missing number is the median and says so", "unseen; far numbers are cut"],
)
def test_for_sums_and_distances(cells, expected):
    assert encoded("scaled", **cells) == pytest.approx(expected)
    assert encoder("scaled")["names"][:3] == ["n", "n missing", "o"]


def test_rare_words_share_a_column():
    cells = ["a"] * 10 + ["b"] * 10 + ["rare", "rarer"]
    table = Table({"c": cells}, len(cells))
    schema = detect(table)
    made = fit_encoder(table, schema, "mixed")
    assert made["names"] == ["c=a", "c=b", "c=(other)"]
    assert encode(made, Table({"c": ["rare", "never seen"]}, 2)).tolist() == [[0, 0, 1]] * 2


def test_an_encoder_goes_through_json_and_ignores_further_columns():
    made = json.loads(json.dumps(encoder("mixed")))
    more = Table({"more": ["x"] * 20, **TABLE.columns}, 20)
    np.testing.assert_array_equal(encode(made, more), encode(encoder("mixed"), TABLE))
    schema = detect(TABLE)
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema


def test_numbers_may_come_as_arrays_where_words_were_taught():
    made = encoder("codes")
    table = Table({"n": np.array([3.0]), "o": ["never"], "c": np.array([7.0])}, 1)
    assert encode(made, table)[0] == pytest.approx([3, 0, nan], nan_ok=True)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"n": ["1"], "c": ["a"]}, "reads the column o"),
        ({"n": ["much"], "o": ["never"], "c": ["a"]}, "line 2, column n: 'much' is not a number"),
    ],
)
def test_what_cannot_be_encoded_is_refused(columns, said):
    with pytest.raises(InvalidInput, match=said):
        encode(encoder("codes"), Table(columns, 1))

"""Groups of people who are alike, their names, and who they are next time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bot.errors import InvalidInput
from bot.insight.clusters.groups import numbered, same
from bot.insight.kinds import Columns, Request, kind
from bot.insight.modelfile import Learnt, from_bytes, to_bytes
from bot.insight.table import Table

# What is taught once for this page is taught in one worker.
pytestmark = pytest.mark.xdist_group("clusters")

KIND = kind("clusters")


def a_town(rows: int = 600, seed: int = 0) -> Table:
    """Three sorts of people: one half, three and two tenths."""
    rng = np.random.default_rng(seed)
    sort = np.repeat([0, 1, 2], [rows // 2, rows * 3 // 10, rows // 5])
    spent = np.array([50.0, 300.0, 320.0])[sort] + rng.normal(0, 15, rows)
    orders = np.array([1.0, 2.0, 12.0])[sort] + rng.normal(0, 0.5, rows)
    city = np.where(rng.random(rows) < np.array([0.98, 0.02, 0.02])[sort], "北京", "上海")
    return Table(
        {"id": [f"f{n}" for n in range(rows)], "spent": spent, "orders": orders,
         "city": city.tolist()}, rows,
    )  # fmt: skip


def taught(table: Table, **options: Any) -> Learnt:
    return KIND.train(Request(table, Columns(id="id"), 1, options))


@pytest.fixture(scope="module")
def learnt() -> Learnt:
    return taught(a_town())


def numbers(model: Learnt, table: Table) -> list[int]:
    return [number for _, number, _ in KIND.predict(model, table)[1]]


def test_there_are_as_many_groups_as_sorts_of_people_the_biggest_first(learnt: Learnt) -> None:
    shares = [one["share"] for one in learnt.card["clusters"]]
    assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.02)
    found = numbers(learnt, a_town())
    assert [found[n] for n in (0, 299, 301, 479, 481, 599)] == [1, 1, 2, 2, 3, 3]


def test_each_has_a_name_and_a_sentence_in_both_languages(learnt: Learnt) -> None:
    first, _, last = learnt.card["clusters"]
    assert last["name"]["zh"] == "群组3 orders 高、spent 高"
    assert last["name"]["en"] == "Group 3: high orders, high spent"
    assert first["said"]["zh"].startswith("占 50%：spent 较低（平均 ")
    assert "city 为“北京”的较多" in first["said"]["zh"]


def test_a_line_for_each_row_with_number_and_name(learnt: Learnt) -> None:
    header, lines = KIND.predict(learnt, a_town().take(np.array([599])))
    assert header == ("id", "score", "name")
    assert list(lines) == [("f599", 3, "群组3 orders 高、spent 高")]


def test_the_same_rows_make_the_same_file_and_the_file_serves_as_the_model(learnt: Learnt) -> None:
    assert to_bytes(taught(a_town())) == to_bytes(learnt)
    again = from_bytes(to_bytes(learnt), "k.npz")
    assert numbers(again, a_town()) == numbers(learnt, a_town())


def test_a_group_keeps_its_number_and_name_while_its_centre_stays_near(learnt: Learnt) -> None:
    mixed = a_town(seed=9).take(np.random.default_rng(3).permutation(600)[:500])
    later = taught(mixed, previous=learnt)
    kept = {one["number"]: one["name"] for one in later.card["clusters"]}
    assert kept == {one["number"]: one["name"] for one in learnt.card["clusters"]}
    assert later.card["next"] == 4


def test_a_group_that_is_new_gets_a_number_that_nobody_had(learnt: Learnt) -> None:
    rng = np.random.default_rng(2)
    new = {"spent": rng.normal(900, 15, 150), "orders": rng.normal(1, 0.5, 150)}
    people = a_town()
    more = Table(
        {
            **{name: np.concatenate([people.numbers(name), cells]) for name, cells in new.items()},
            "id": [f"f{n}" for n in range(750)],
            "city": [*people.texts("city"), *["北京"] * 150],
        },
        750,
    )
    later = taught(more, previous=learnt, k="4")
    given = {one["number"] for one in later.card["clusters"]}
    assert given == {1, 2, 3, 4}
    assert later.card["next"] == 5
    assert set(numbers(later, more)[600:]) == {4}


def test_other_columns_make_other_groups(learnt: Learnt) -> None:
    later = taught(a_town(), previous=learnt, leave_out=("city",))
    assert [one["number"] for one in later.card["clusters"]] == [4, 5, 6]


@pytest.mark.parametrize(
    ("centres", "known", "expected"),
    [
        ([[0.0]], [], {}),
        ([[0.0], [5.0]], [[5.1], [0.2]], {0: 1, 1: 0}),
        ([[0.0], [0.4]], [[0.3]], {1: 0}),  # the nearer one is it
        ([[0.0]], [[0.76]], {}),  # further than 0.75 deviations: another group
    ],
)
def test_nearest_pairs_are_the_same_group(
    centres: list[list[float]], known: list[list[float]], expected: dict[int, int]
) -> None:
    before = np.array(known, np.float32).reshape(len(known), 1)
    assert same(np.array(centres, np.float32), before) == expected


def test_numbers_are_kept_or_new() -> None:
    assert numbered(3, {1: 0}, [7, 2], 9) == [9, 7, 10]


def test_judging_says_how_far_apart_they_are_and_whether_shares_moved(learnt: Learnt) -> None:
    still = KIND.evaluate(learnt, a_town(seed=4), Columns())["metrics"]
    assert still["silhouette"] == pytest.approx(learnt.card["metrics"]["silhouette"], abs=0.05)
    assert still["moved"] < 0.01
    gone = KIND.evaluate(learnt, a_town(seed=4).take(np.arange(480)), Columns())
    assert gone["metrics"]["moved"] > 0.25
    assert gone["clusters"][2]["now"] == 0


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        (40, {}, "40 rows; groups of people who are alike need 50"),
        (100, {"k": "11"}, "k=11: how many groups, 2 to 10 with 100 rows"),
        (100, {"k": "some"}, "k=some"),
        (100, {"leave_out": ("salary",)}, "no column salary"),
        (100, {"leave_out": ("spent", "orders", "city")}, "no column is left"),
    ],
)
def test_what_makes_no_groups_is_refused(rows: int, options: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        taught(a_town(rows), **options)

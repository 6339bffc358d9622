"""Lists and chances from rows of who had what when."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from bot.errors import InvalidInput
from bot.insight.kinds import Columns, Request, kind
from bot.insight.modelfile import from_bytes, to_bytes
from bot.insight.recommend.kind import KIND
from bot.insight.table import write
from tests.bot.insight.recommend.cast import (
    COLUMNS,
    NAMES,
    TASTES,
    USERS,
    WEEKS,
    a_table,
    lists,
    taught,
    the_shop,
)

EVERYBODY = [f"u{user}" for user in range(USERS)]


@pytest.fixture(scope="module")
def learnt():
    return taught(until=25)


def test_recommend_is_a_kind_by_name():
    assert kind("recommend") is KIND


def test_a_list_holds_what_the_user_likes_by_falling_score(learnt):
    found = lists(learnt, EVERYBODY, top=5)
    own = [row[0][1] == user[1:] or int(row[0][1]) == int(user[1:]) % TASTES
           for user, rows in found.items() for row in rows]  # fmt: skip
    assert set(found) == set(EVERYBODY)
    assert np.mean(own) > 0.8
    for rows in found.values():
        scores = [float(row[1]) for row in rows]
        assert scores[:-1] == sorted(scores[:-1], reverse=True)
        assert all(0 < score < 1 for score in scores)
        assert len({row[0] for row in rows}) == 5


def test_new_only_shows_nothing_that_the_user_had(learnt):
    had = {(row[0], row[1]) for row in the_shop() if row[3] < 25}
    found = lists(learnt, EVERYBODY, new_only=True)
    assert not [1 for user, rows in found.items() for row in rows if (user, row[0]) in had]


def test_later_rows_judge_it_better_than_the_popular_items(learnt):
    later = a_table([row for row in the_shop() if row[3] >= 25], NAMES)
    found = KIND.evaluate(learnt, later, COLUMNS)
    assert found["users"] == USERS
    assert found["all_recall@10"]["value"] > 0.7  # ten of forty, by chance a quarter
    assert found["all_recall@10"]["low"] <= found["all_recall@10"]["value"]
    assert found["all_items_shown"] == 40


def test_the_same_rows_and_seed_give_the_same_bytes(learnt):
    assert to_bytes(taught(until=25)) == to_bytes(learnt)


def test_a_model_that_went_through_a_file_answers_the_same(learnt):
    back = from_bytes(to_bytes(learnt), "model")
    assert lists(back, EVERYBODY[:3]) == lists(learnt, EVERYBODY[:3])


def test_who_is_asked_together_does_not_change_a_score(learnt):
    alone = lists(learnt, ["u7"], least_items=0)["u7"]
    assert lists(learnt, EVERYBODY, least_items=0)["u7"] == alone


def test_someone_never_seen_gets_what_is_popular(learnt):
    rows = lists(learnt, ["stranger"], top=3)["stranger"]
    recent = {(row[0], row[1]) for row in the_shop() if 20 <= row[3] < 25}
    takers = Counter(item for _, item in recent)
    assert takers[rows[0][0]] == max(takers.values())
    assert {row[2] for row in rows} == {"近期热门"}


def test_pairs_are_ranked_within_each_user_and_unknown_items_come_last(learnt):
    times = Counter(row[1] for row in the_shop() if row[0] == "u3" and row[3] < 25)
    often = times.most_common(1)[0][0]
    table = a_table([("u3", "never made"), ("u3", often), ("nobody", often)], ["user", "item"])
    header, rows = KIND.predict(learnt, table)
    said = [list(row) for row in rows]
    assert header == ("user", "item", "score", "reason")
    assert [row[:2] for row in said] == [["u3", often], ["u3", "never made"], ["nobody", often]]
    assert float(said[0][2]) > 3 * float(said[1][2])


def test_of_nobody_asked_nothing_is_said(learnt):
    assert lists(learnt, []) == {}


def test_least_items_gives_last_places_to_items_nobody_is_shown(learnt):
    few = lists(learnt, EVERYBODY, top=3, least_items=0)
    many = lists(learnt, EVERYBODY, top=3, least_items=40)
    shown = [len({row[0] for rows in found.values() for row in rows}) for found in (few, many)]
    changed = [user for user in few if few[user] != many[user]]
    assert shown[1] == min(40, shown[0] + USERS // 4)
    assert shown[1] == shown[0] + len(changed)
    assert all(few[user][:2] == many[user][:2] for user in EVERYBODY)


def test_items_of_a_file_that_nobody_has_had_can_be_shown(tmp_path):
    items = tmp_path / "items.csv"
    made = [(f"t{t}-{n}", f"taste {t}") for t in range(TASTES) for n in range(10)]
    write(items, ["item", "category"], [*made, ("t0-fresh", "taste 0")])
    learnt = taught(until=25, items=str(items))
    table = a_table(
        [("u0", "t0-fresh"), ("u1", "t0-fresh")], ["user", "item"]
    )  # u0 likes taste 0, u1 does not
    _, rows = KIND.predict(learnt, table)
    assert learnt.card["fields"] == ["category"]
    assert {row[0]: row[3] for row in rows} == {"u0": "因为您常看“taste 0”", "u1": "近期热门"}


def test_rows_without_a_time_teach_by_a_drawn_part():
    columns = Columns(user="user", item="item")
    rows = sorted({row[:2] for row in the_shop()})
    learnt = KIND.train(Request(a_table(rows, ["user", "item"]), columns))
    assert "no time" in learnt.card["reasons"][0]
    assert len(lists(learnt, ["u1"], top=4)["u1"]) == 4


@pytest.mark.parametrize(
    ("columns", "rows", "options", "said"),
    [
        pytest.param({"user": None}, [], {}, "--user COLUMN", id="nobody says who"),
        pytest.param({"item": None}, [], {}, "--item COLUMN", id="nobody says what"),
        pytest.param({"user": "who"}, [], {}, "no column who", id="a column that is not there"),
        pytest.param({}, [("", "t0-1", 1, 3)], {}, "line 2402, column user", id="no user"),
        pytest.param({}, [("u1", "a", "x", 3)], {}, "line 2402, column weight", id="no number"),
        pytest.param({}, [("u1", "a", "inf", 3)], {}, "finite", id="an endless weight"),
        pytest.param({}, [("u1", "a", 1, "soon")], {}, "line 2402, column week", id="no time"),
        pytest.param({}, [], {"horizon": 99}, "at most half", id="a horizon beyond the rows"),
        pytest.param({}, [], {"horizon": "x"}, "horizon x", id="a horizon that is no number"),
    ],
)
def test_rows_that_cannot_teach_are_refused(columns, rows, options, said):
    roles = Columns(**{**{r: n for r, n in COLUMNS.__dict__.items() if n}, **columns})
    table = a_table([*the_shop(), *rows], NAMES)
    assert WEEKS * USERS + 2 == 2402
    with pytest.raises(InvalidInput, match=said):
        KIND.train(Request(table, roles, 0, options))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        pytest.param([], "nothing to learn", id="no rows"),
        pytest.param([("a", "b", 0, 1)], "nothing to learn", id="only weight 0"),
        pytest.param([("a", "b", 1, w) for w in range(3)] + [("c", "d", 1, 9)], "later part",
                     id="nobody of the earlier part comes back"),
    ],
)  # fmt: skip
def test_too_few_rows_are_refused(rows, said):
    with pytest.raises(InvalidInput, match=said):
        KIND.train(Request(a_table(rows, NAMES), COLUMNS))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"top": 0}, "top 0"),
        ({"top": "61"}, "top 61"),
        ({"top": "few"}, "top few: a whole number"),
        ({"variety": 2}, "variety"),
        ({"new_only": "perhaps"}, "yes or no"),
        ({"size": 3}, "no option size"),
    ],
)
def test_a_list_that_cannot_be_made_is_refused(learnt, how, said):
    with pytest.raises(InvalidInput, match=said):
        lists(learnt, ["u1"], **how)


def test_strangers_alone_cannot_judge(learnt):
    with pytest.raises(InvalidInput, match="nothing to judge"):
        KIND.evaluate(learnt, a_table([("x", "t0-1", 1, 26)], NAMES), COLUMNS)


def test_variety_spreads_a_list_over_sorts(tmp_path):
    items = tmp_path / "items.csv"
    made = [(f"t{t}-{n}", f"taste {t}") for t, n in itertools.product(range(4), range(10))]
    write(items, ["item", "category"], made)
    learnt = taught(until=25, items=str(items))
    plain, mixed = (lists(learnt, EVERYBODY, top=6, variety=v, least_items=0) for v in (0.0, 0.9))
    sorts = [
        np.mean([len({row[0][:2] for row in rows}) for rows in found.values()])
        for found in (plain, mixed)
    ]
    assert sorts[1] > sorts[0] + 1

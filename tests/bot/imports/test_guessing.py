"""Guessing a mapping from names and values; real tables, and tables made dirty."""

import csv
import gzip
import itertools
import random

import pytest

from bot.errors import InvalidInput
from bot.imports.guessing import as_declared, guess
from bot.imports.mapping import parse
from bot.imports.sources import open_source
from bot.imports.words import GENDERS
from bot.store import attribute_types
from bot.store import imports as runs
from bot.values.attributes import Declared
from tests.bot.imports.cast import an_account, bring, rejected, sums, table, try_out
from tests.conftest import NOON, SHARED_DATA

OPENID = "o" + "a" * 27


def guessed(path, kind="followers"):
    return guess(open_source(path), kind, NOON)["columns"]


NAMES = [
    pytest.param("微信OpenID", OPENID, "openid", id="openid"),
    pytest.param("什么", OPENID, "openid", id="an openid by its looks"),
    pytest.param("号", "13812345678", "phone", id="a telephone number by its looks"),
    pytest.param("会员卡号", "K-1", "customer", id="a customer number"),
    pytest.param("UnionID", "u-1", "unionid", id="unionid"),
    pytest.param("姓名", "林小雨", "ignore", id="a name stays out"),
    pytest.param("身份证号", "11010519491231002X", "ignore", id="so does an identity number"),
    pytest.param("会员标签", "a|b", "tag", id="tags"),
    pytest.param("兴趣爱好", "咖啡", "topic", id="interests"),
    pytest.param("年 龄", "25", {"to": "attribute", "name": "age", "type": "number"}, id="age"),
    pytest.param("生日", "2001-02-03", {"to": "attribute", "name": "birthday", "type": "date"},
                 id="birthday"),
    pytest.param("已婚(婚否)", "是", {"to": "attribute", "name": "已婚_婚否", "type": "bool"},
                 id="yes and no"),
    pytest.param("Favourite Colour", "red",
                 {"to": "attribute", "name": "favourite_colour", "type": "text"}, id="a new name"),
    pytest.param("stage", "vip", {"to": "attribute", "name": "stage_imported", "type": "text"},
                 id="a name that is ours already"),
    pytest.param("空列", "", "ignore", id="nothing in it"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "value", "found"), NAMES)
def test_a_column_is_known_by_its_name_and_its_values(tmp_path, header, value, found):
    path = table(tmp_path / "a.csv", [["粉丝编号", header], *[["1", value]] * 3])
    assert guessed(path)[header] == found


def test_a_tenth_of_dirt_hides_no_type(tmp_path):
    rows = [["openid", "余额"], *[[f"o-{n}", f"¥{n},000"] for n in range(18)], ["o-x", "x"]]
    assert guessed(table(tmp_path / "a.csv", rows))["余额"]["type"] == "number"


def test_orders_of_a_shop_are_understood(tmp_path):
    header = ["订单编号", "实付金额", "下单时间", "openid", "商品名称", "收货人", "备注"]
    found = guessed(table(tmp_path / "a.csv", [header, ["1", "2", "2026-01-01"]]), "orders")
    assert list(found.values()) == [
        "order", {"to": "amount", "unit": "yuan"}, "at", "openid", "item", "ignore", "ignore",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "kind", "said"),
    [
        pytest.param(["城市", "年龄"], "followers", "who", id="nobody is named"),
        pytest.param(["openid", "金额"], "orders", "order", id="orders without a number"),
        pytest.param(["openid", "事件"], "events", "at", id="events without a time"),
    ],
)
def test_what_cannot_be_guessed_is_asked_for(tmp_path, header, kind, said):
    with pytest.raises(InvalidInput, match=said):
        guessed(table(tmp_path / "a.csv", [header, ["x", "y"]]), kind)


def test_a_reject_file_put_right_is_guessed_like_the_file_it_came_from(store, tmp_path):
    path = table(tmp_path / "a.csv", [["openid", "城市"], ["坏", "北京"]])
    result = bring(path, guess(open_source(path), "followers", NOON))
    rejects = table(tmp_path / "rejects.csv", rejected(result))
    assert list(guessed(rejects).values()) == ["ignore"] * 4 + list(guessed(path).values())


def test_what_is_guessed_is_a_mapping_that_is_taken(tmp_path):
    header = ["openid", "性别", "城市", "标签", "unionid", "openid"]
    path = table(tmp_path / "a.csv", [header, [OPENID, "男", "北京", "a", "u", OPENID]])
    document = guess(open_source(path), "followers", NOON)
    assert parse(document).one("openid").header == "openid"
    assert document["columns"]["openid (2)"] == "ignore"


DECLARED = [
    pytest.param(Declared("age", "text"), {"type": "text"}, id="numbers as texts"),
    pytest.param(Declared("city", "enum", ("北京",)), {"type": "enum", "values": {"北京": "北京"}},
                 id="the words of the list"),
    pytest.param(Declared("gender", "enum", ("男", "女")), {"type": "enum", "values": GENDERS},
                 id="and what we know is written for them"),
    pytest.param(Declared("job", "number"), None, id="of another name"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "spec"), DECLARED)
def test_a_declared_attribute_is_what_was_declared(store, tmp_path, declared, spec):
    owner = an_account()
    attribute_types.define(owner, declared, NOON)
    path = table(
        tmp_path / "a.csv", [["openid", "年龄", "城市", "性别"], [OPENID, 25, "北京", "男"]]
    )
    guessed_ = guess(open_source(path), "followers", NOON)
    made = as_declared(guessed_, attribute_types.of_account(owner))
    found = {one["name"]: one for one in made["columns"].values() if isinstance(one, dict)}
    if spec is None:
        assert made == guessed_
    else:
        assert found[declared.name] == {"to": "attribute", "name": declared.name, **spec}
    assert sums(bring(path, made)) == (1, 1, 0, 0, 0)


def test_a_mapping_that_says_otherwise_is_refused_before_anything_is_written(store, tmp_path):
    attribute_types.define(an_account(), Declared("city", "number"), NOON)
    path = table(tmp_path / "a.csv", [["openid", "city"], [OPENID, "北京"]])
    mapping = {"columns": {"openid": "openid", "city": {"to": "attribute", "name": "city"}}}
    for act in (try_out, bring):
        with pytest.raises(InvalidInput, match="city is declared: it takes a number"):
            act(path, mapping)
    assert runs.runs(an_account()) == []


# --- real tables -----------------------------------------------------------------------------

BANK = SHARED_DATA / "bank_campaign" / "train.csv.gz"
ITEMS = SHARED_DATA / "journey_reco" / "train_weeks_01_40.csv.gz"


def shared(path):
    if not path.exists():
        pytest.skip(f"{path.name} of the shared data is not here")
    return path


def test_a_bank_s_customers_made_dirty_add_up(store, tmp_path):
    """3,164 real rows; every tenth line is spoilt, and the report tells how."""
    with gzip.open(shared(BANK), "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    rng, expected = random.Random(7), {"no age": 0, "twin": 0, "nobody": 0, "wide": 0, "outside": 0}
    for row in rows[1:]:
        row[0] = f"o-{row[0]}"
    for row in rows[1 : len(rows) : 10]:
        kind = rng.choice(list(expected))
        expected[kind] += 1
        if kind == "no age":
            row[1] = "?"
        elif kind == "nobody":
            row[0] = ""
        elif kind == "wide":
            row[2] = row[2].translate({n: n + 0xFEE0 for n in range(0x21, 0x7F)})
        elif kind == "outside":
            row[1] = "999"
        else:
            rows.append(list(row))
    path = table(tmp_path / "bank.csv", rows, "gb18030")
    columns = {
        "id": "openid",
        "age": {"to": "attribute", "name": "age", "type": "number", "range": [16, 110],
                "out_of_range": "blank", "missing": "median"},
        "job": {"to": "attribute", "name": "job"},
        "balance": {"to": "attribute", "name": "balance", "type": "number",
                    "outliers": {"by": "iqr", "k": 3, "action": "clip"}},
        "housing": {"to": "tag", "name": "housing"},
    }  # fmt: skip
    result = bring(path, {"columns": columns, "duplicates": {"keep": "first"}})
    report = result.report
    assert report.read == 3164 + expected["twin"]
    assert report.reasons == {"not_number": expected["no age"], "nobody_named": expected["nobody"]}
    assert report.duplicates == expected["twin"]
    assert report.taken == 3164 - expected["no age"] - expected["nobody"]
    assert report.changes["age"] == dict.fromkeys(
        ("blanked: out_of_range", "filled: median"), expected["outside"]
    )
    assert report.changes["job"]["text"] == expected["wide"]
    assert 100 < report.changes["balance"]["clipped: outlier"] < 300


def test_a_household_s_baskets_come_in_as_events(store, tmp_path):
    with gzip.open(shared(ITEMS), "rt", encoding="utf-8", newline="") as file:
        rows = list(itertools.islice(csv.reader(file), 2001))
    written = [["openid", "at", *rows[0][2:]]]
    written += [[f"o-{house}", f"2026-{int(week) % 10 + 1:02}-01", *more]
                for house, week, *more in rows[1:]]  # fmt: skip
    columns = {"openid": "openid", "at": "at", **{
        name: {"to": "fact", "name": name, "type": "number"} for name in rows[0][2:]
    }}  # fmt: skip
    mapping = {"kind": "events", "event": "custom.basket", "columns": columns}
    path = table(tmp_path / "baskets.csv", written)
    said = try_out(path, mapping)
    assert sums(said) == sums(bring(path, mapping)) == (2000, 2000, 0, 0, 0)
    assert sums(bring(path, mapping)) == (2000, 0, 2000, 0, 0)
    assert an_account()

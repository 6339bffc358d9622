"""How many, how much money, how many people, which number: as it is typed, and what it means."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from bot.clock import SHANGHAI
from bot.nlp.numerals import parsed
from bot.nlp.values import moments, money, numbers, orders, people, phones, quantities

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("12", (12, 12)),
        ("1,200", (1200, 1200)),
        ("1.5", (1.5, 1.5)),
        ("1.5万", (15_000, 15_000)),
        ("3万5", (35_000, 35_000)),
        ("3k", (3000, 3000)),
        ("3W", (30_000, 30_000)),
        ("零", (0, 0)),
        ("十", (10, 10)),
        ("十五", (15, 15)),
        ("二十", (20, 20)),
        ("廿五", (25, 25)),
        ("一百二", (120, 120)),
        ("一百零二", (102, 102)),
        ("一百二十三", (123, 123)),
        ("三千五", (3500, 3500)),
        ("三千零二十", (3020, 3020)),
        ("一千零八", (1008, 1008)),
        ("一万二", (12_000, 12_000)),
        ("两万五千", (25_000, 25_000)),
        ("一亿两千万", (120_000_000, 120_000_000)),
        ("二零二六", (2026, 2026)),
        ("一二三四", (1234, 1234)),
        ("两三百", (200, 300)),
        ("七八十", (70, 80)),
        ("二三十", (20, 30)),
        ("十二三", (12, 13)),
        ("三五", (3, 5)),
        ("十几", (11, 19)),
        ("二十几", (21, 29)),
        ("几十", (20, 90)),
        ("几百", (200, 900)),
        ("二十多", (21, 29)),
        ("100多", (101, 199)),
        ("十来", (10, 15)),
        ("3-5", (3, 5)),
        ("50到100", (50, 100)),
        ("两到三百", (200, 300)),
        ("1到2万", (10_000, 20_000)),
        ("5-3", None),
        ("百", None),
        ("千万", None),
        ("十十", None),
        ("百千", None),
        ("1.2.3", None),
        ("", None),
    ],
)
def test_a_number(said, meant):
    assert parsed(said) == meant


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("15块8", {"fen": 1580}),
        ("15块80", {"fen": 1580}),
        ("15块8毛", {"fen": 1580}),
        ("9.9元", {"fen": 990}),
        ("¥99", {"fen": 9900}),
        ("￥1,299.5", {"fen": 129_950}),
        ("$30", {"fen": 3000, "currency": "USD"}),
        ("3k", {"fen": 300_000}),
        ("三十五元五角", {"fen": 3550}),
        ("一块五", {"fen": 150}),
        ("三块半", {"fen": 350}),
        ("3毛", {"fen": 30}),
        ("五毛钱", {"fen": 50}),
        ("十块零五分", {"fen": 1005}),
        ("一百块钱", {"fen": 10_000}),
        ("100人民币", {"fen": 10_000}),
        ("1.5万元", {"fen": 1_500_000}),
        ("两三百块", {"fen": 20_000, "most_fen": 30_000}),
        ("50-100元", {"fen": 5000, "most_fen": 10_000}),
        ("50到100块", {"fen": 5000, "most_fen": 10_000}),
        ("100多块", {"fen": 10_100, "most_fen": 19_900}),
        ("三百块以内", {"fen": 30_000, "bound": "most"}),
        ("不超过200元", {"fen": 20_000, "bound": "most"}),
        ("300元以上", {"fen": 30_000, "bound": "least"}),
        ("至少300元", {"fen": 30_000, "bound": "least"}),
        ("100元左右", {"fen": 10_000, "bound": "about"}),
        ("预算三百", {"fen": 30_000}),
        ("人均100", {"fen": 10_000}),
    ],
)
def test_an_amount_of_money(text, value):
    assert [one.value for one in money(text)] == [value]


@pytest.mark.parametrize(
    "text",
    ["", "两块蛋糕", "一块去", "一块吃饭", "一百二", "三个人", "第三块", "一角", "元旦", "圆桌"],
)
def test_what_is_no_money(text):
    assert [one for one in money(text) if one.value["fen"] != 10] == []


def test_an_answer_to_how_much_needs_no_unit():
    assert [one.value for one in money("一百二", asked=True)] == [{"fen": 12_000}]
    assert [one.value for one in money("200", asked=True)] == [{"fen": 20_000}]
    assert [one.value for one in money("两三百", asked=True)] == [
        {"fen": 20_000, "most_fen": 30_000}
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("两份", {"count": 2, "unit": "份"}),
        ("3杯", {"count": 3, "unit": "杯"}),
        ("半斤", {"count": 0.5, "unit": "斤"}),
        ("一斤半", {"count": 1.5, "unit": "斤"}),
        ("两个半", {"count": 2.5, "unit": "个"}),
        ("一打", {"count": 12, "unit": "个"}),
        ("半打", {"count": 6, "unit": "个"}),
        ("一双", {"count": 1, "unit": "双"}),
        ("俩", {"count": 2, "unit": "个"}),
        ("仨", {"count": 3, "unit": "个"}),
        ("2kg", {"count": 2, "unit": "kg"}),
        ("500ml", {"count": 500, "unit": "ml"}),
        ("三五个", {"count": 3, "unit": "个", "most": 5}),
        ("十几份", {"count": 11, "unit": "份", "most": 19}),
        ("3-5个", {"count": 3, "unit": "个", "most": 5}),
        ("住两晚", {"count": 2, "unit": "晚"}),
    ],
)
def test_how_many(text, value):
    assert [one.value for one in quantities(text)] == [value]


@pytest.mark.parametrize("text", ["", "三个月", "第一次", "几个", "个", "半"])
def test_what_is_no_quantity(text):
    assert quantities(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("四个人", {"count": 4}),
        ("4人", {"count": 4}),
        ("六位", {"count": 6}),
        ("我们5位", {"count": 5}),
        ("5位客人", {"count": 5}),
        ("我们四个人", {"count": 4}),
        ("我们5个", {"count": 5}),
        ("一共5个", {"count": 5}),
        ("一家三口", {"count": 3}),
        ("三口之家", {"count": 3}),
        ("我们俩", {"count": 2}),
        ("俩人", {"count": 2}),
        ("仨人", {"count": 3}),
        ("两口子", {"count": 2}),
        ("就我自己", {"count": 1}),
        ("2大1小", {"count": 3, "adults": 2, "children": 1}),
        ("两大一小", {"count": 3, "adults": 2, "children": 1}),
        ("两个大人一个小孩", {"count": 3, "adults": 2, "children": 1}),
        ("1个大人,2个孩子", {"count": 3, "adults": 1, "children": 2}),
        ("三四个人", {"count": 3, "most": 4}),
        ("十几个人", {"count": 11, "most": 19}),
        ("20来个人", {"count": 20, "most": 25}),
    ],
)
def test_how_many_people(text, value):
    assert [one.value for one in people(text)] == [value]


@pytest.mark.parametrize(
    "text",
    ["", "四人套餐", "双人餐", "一人一张", "每人一张", "第一个人", "几个人", "没人", "人工", "3个"],
)
def test_what_counts_no_people(text):
    assert people(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("四", 4),
        ("4", 4),
        ("要3", 3),
        ("12个", 12),
        ("十二", 12),
        ("一百二十三", 123),
        ("俩", 2),
        ("半", 0.5),
        ("三到五", [3, 5]),
        ("两三百", [200, 300]),
    ],
)
def test_a_number_by_itself(text, value):
    assert [one.value for one in numbers(text)] == [value]


@pytest.mark.parametrize(
    "text", ["一下", "给我来一下", "第一", "周一", "四川", "万一", "千万", "几", "abc12"]
)
def test_words_that_only_hold_a_digit(text):
    assert numbers(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("我电话13800138000", ["13800138000"]),
        ("138-0013-8000", ["13800138000"]),
        ("138 0013 8000", ["13800138000"]),
        ("+8613800138000", ["13800138000"]),
        ("打400-820-8820或010-62771234", ["4008208820", "01062771234"]),
        ("138001380001", []),
        ("1380013800", []),
        ("12800138000", []),
        ("", []),
    ],
)
def test_a_telephone_number(text, found):
    assert [one.value for one in phones(text)] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("订单号：202603011234567", ["202603011234567"]),
        ("单号是sf1234567890", ["SF1234567890"]),
        ("订单号:A-20260301", ["A20260301"]),
        ("YT1234567890123", ["YT1234567890123"]),
        ("202603011234567", ["202603011234567"]),
        ("13800138000", []),
        ("单号是12345", []),
        ("", []),
    ],
)
def test_an_order_number(text, found):
    assert [one.value for one in orders(text)] == found


PIECES = (
    "一 1 1- 1, 下 前 晚上 今晚 1点半 明天 12月3号到 俩1 ¥ "
    "2大1小 86- 几 半 三点到 1个 13800138000, a1 每 12: 的"
)


@pytest.mark.parametrize("piece", PIECES.split())
def test_fifty_thousand_characters_take_time_in_proportion(piece):
    finders = [
        money,
        numbers,
        orders,
        people,
        phones,
        quantities,
        lambda t: moments(t, NOW, SHANGHAI),
    ]
    text = (piece * 50_000)[:50_000]
    started = time.perf_counter()
    for find in finders:
        find(text)
    assert time.perf_counter() - started < 15  # some 2 s; what is quadratic takes minutes

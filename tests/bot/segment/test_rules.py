"""The segment language: what it takes, what it refuses and where, and how it sounds."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from bot.errors import InvalidInput
from bot.segment import bucket, dates, rules
from bot.segment.defaults import default_segments
from bot.segment.rules import parse
from bot.segment.sentence import sentence

param = pytest.param

SCHEMA = Path(__file__).parents[3] / "docs/reference/segment.schema.json"
CITY = {"attribute": "city", "op": "eq", "value": "北京"}


def deep(levels):
    return {"tag": "x"} if levels == 0 else {"not": deep(levels - 1)}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        param("vip", "", id="not an object"),
        param({}, "", id="nothing"),
        param({"tag": "a", "segment": "b"}, "", id="two rules in one"),
        param({"tag": "a", "weight": 1}, "weight", id="a key that does not belong"),
        param({"tag": ""}, "tag", id="an empty tag"),
        param({"tag": "a\x00"}, "tag", id="a NUL"),
        param({"attribute": "city", "op": "like", "value": "x"}, "op", id="an unknown operator"),
        param({"attribute": "city", "op": "eq"}, "value", id="no value"),
        param({"attribute": "a", "op": "within_last", "value": 1.5}, "value", id="half a day"),
        param({"attribute": "a", "op": "yearly_within", "value": 181}, "value", id="half a year"),
        param({"attribute": "a", "op": "on", "value": "soon"}, "value", id="no day"),
        param({"attribute": "stage", "op": "on", "value": "2026-11-21"}, "op", id="no date"),
        param({"attribute": "city", "op": "in", "value": []}, "value", id="an empty list"),
        param({"attribute": "city", "op": "in", "value": [[1]]}, "value[0]", id="a list of lists"),
        param({"attribute": "city", "op": "gt", "value": True}, "value", id="above true"),
        param({"attribute": "city", "op": "eq", "value": float("nan")}, "value", id="no number"),
        param({"attribute": "city", "op": "contains", "value": 3}, "value", id="contains a number"),
        param({"attribute": "stage", "op": "eq", "value": "rich"}, "value", id="no such stage"),
        param({"attribute": "stage", "op": "gt", "value": "new"}, "op", id="stages have no order"),
        param({"attribute": "orders", "op": "ge", "value": "2"}, "value", id="orders as text"),
        param({"attribute": "orders", "op": "ge", "value": 1.5}, "value", id="half an order"),
        param({"attribute": "last_seen", "op": "le", "value": -1}, "value", id="days to come"),
        param({"interest": "咖啡", "at_least": 1}, "at_least", id="a score nobody reaches"),
        param({"interest": "咖啡", "at_least": True}, "at_least", id="a truth for a score"),
        param({"model": "Churn", "at_least": 0.5}, "model", id="no slug of a model"),
        param({"model": "churn"}, "", id="a model without a bound"),
        param({"model": "churn", "at_least": 1.5}, "at_least", id="a score above one"),
        param({"model": "churn", "at_most": True}, "at_most", id="a truth for a model's score"),
        param({"model": "churn", "at_least": 0.7, "at_most": 0.6}, "at_most", id="from .7 to .6"),
        param({"event": "Order"}, "event", id="no event kind"),
        param({"event": "agent.*"}, "event", id="no event family"),
        param({"event": "order", "at_least": 0}, "at_least", id="at least never"),
        param({"event": "order", "within_days": 0}, "within_days", id="within no days"),
        param({"event": "order", "where": {"a b": 1}}, "where.a b", id="a fact's name"),
        param({"event": "order", "where": {"a": {}}}, "where.a", id="a fact's value"),
        param({"event": "order", "at_least": 3, "at_most": 2}, "at_most", id="from 3 to 2"),
        param({"event": "order", "exactly": 2, "at_most": 3}, "exactly", id="exactly and at most"),
        param({"event": "order", "never": False}, "never", id="never: false"),
        param({"event": "order", "never": True, "at_least": 1}, "never", id="never, and once"),
        param({"event": "order", "sum": "amount_fen"}, "at_least", id="a sum without bounds"),
        param({"event": "order", "sum": "a b", "at_least": 1}, "sum", id="the sum of no fact"),
        param({"event": "order", "sum": "a", "max": "a", "at_least": 1}, "max", id="two figures"),
        param({"event": "order", "avg": "a", "at_least": 1.5}, "at_least", id="half a fen"),
        param({"event": "order", "min": "a", "never": True}, "never", id="the least of never"),
        param({"event": "segment.entered"}, "event", id="its own echo"),
        param({"sequence": [{"event": "order"}]}, "sequence", id="one step"),
        param({"sequence": [{"event": "a"}, "b"]}, "sequence[1]", id="a step that is no object"),
        param(
            {"sequence": [{"event": "a", "within_days": 1}, {"event": "b"}]},
            "sequence[0].within_days",
            id="days after nothing",
        ),
        param(
            {"sequence": [{"event": "a"}, {"event": "b", "not": True}]},
            "sequence[1].within_days",
            id="never after, for ever",
        ),
        param(
            {"sequence": [{"event": "a", "not": True, "within_days": 1}, {"event": "b"}]},
            "sequence[0].not",
            id="a not that is not the last",
        ),
        param(
            {"sequence": [{"event": "a"}, {"event": "b", "where": {"c": None}}]},
            "sequence[1].where.c",
            id="the path into a step",
        ),
        param({"coupon": "Big One", "state": "issued"}, "coupon", id="no batch"),
        param({"coupon": "b", "state": "void"}, "state", id="no state of a coupon"),
        param({"coupon": "b"}, "state", id="a coupon without state"),
        param({"campaign": "k", "outcome": "loved"}, "outcome", id="no outcome"),
        param({"campaign": "k", "outcome": "sent", "variant": 1}, "variant", id="no variant"),
        param({"list": "Big One"}, "list", id="no list"),
        param({"segment": "Big One"}, "segment", id="no slug"),
        param({"bucket": [10, 10]}, "bucket", id="an empty bucket"),
        param({"bucket": [0, 101]}, "bucket", id="over a hundred"),
        param({"all": []}, "all", id="all of nothing"),
        param(
            {"all": [CITY, {"any": [{"interest": "咖啡", "at_least": 2}]}]},
            "all[1].any[0].at_least",
            id="the whole path",
        ),
        param({"not": {"not": {"tag": 3}}}, "not.not.tag", id="through not"),
        param(deep(8), ".".join(["not"] * 8), id="nine deep"),
        param({"any": [{"all": [{"tag": "x"}] * 60}] * 2}, "", id="120 conditions"),
    ],
)
def test_what_is_refused_is_named(document, field):
    with pytest.raises(InvalidInput) as refused:
        parse(document)
    assert refused.value.field == field


def test_eight_deep_is_allowed():
    assert parse(deep(7))


@pytest.mark.parametrize(
    ("document", "chinese", "english"),
    [
        param(CITY, "城市是「北京」", 'city is "北京"', id="an attribute"),
        param(
            {"attribute": "spent_fen", "op": "ge", "value": 5000},
            "消费金额不小于¥50.00",
            "money spent is at least ¥50.00",
            id="money in yuan",
        ),
        param(
            {"attribute": "stage", "op": "in", "value": ["loyal", "sleeping"]},
            "阶段属于「忠实顾客」、「沉睡」",
            'stage is one of "loyal", "sleeping"',
            id="stages by their names",
        ),
        param(
            {"attribute": "last_seen", "op": "gt", "value": 30},
            "超过 30 天没有互动",
            "was not seen for more than 30 days",
            id="silence",
        ),
        param(
            {"event": "order", "at_least": 2, "within_days": 30, "where": {"shop": "A1"}},
            "最近 30 天内下单至少 2 次（shop = 「A1」）",
            'ordered at least 2 times within 30 days (shop = "A1")',
            id="an event",
        ),
        param({"event": "order"}, "曾经下单", "ordered ever", id="ever"),
        param(
            {"event": "message.text", "never": True, "within_days": 7},
            "最近 7 天内没有发来文字",
            "never: sent a text within 7 days",
            id="never lately",
        ),
        param({"event": "order", "at_most": 0}, "从未下单", "never: ordered ever", id="never"),
        param(
            {"event": "order", "at_least": 2, "at_most": 4},
            "下单 2 至 4 次",
            "ordered 2 to 4 times ever",
            id="between",
        ),
        param(
            {"event": "order", "sum": "amount_fen", "at_least": 20000, "within_days": 30},
            "最近 30 天内下单的合计金额不少于 ¥200.00",
            "the sum of amount where he ordered within 30 days is at least ¥200.00",
            id="a sum in yuan",
        ),
        param(
            {"event": "order", "max": "items", "at_most": 3, "where": {"shop": "A1"}},
            "历来下单（shop = 「A1」）的最大件数不多于 3",
            'the greatest items where he ordered (shop = "A1") ever is at most 3',
            id="a figure with facts",
        ),
        param(
            {
                "sequence": [{"event": "coupon.claimed"}, {"event": "order", "within_days": 7}],
                "within_days": 60,
            },
            "最近 60 天内领取优惠券，之后 7 天内下单",
            "claimed a coupon within 60 days, then within 7 days ordered",
            id="one after another",
        ),
        param(
            {"sequence": [{"event": "scan"}, {"event": "order", "within_days": 7, "not": True}]},
            "曾经扫码，之后 7 天内没有下单",
            "scanned a code, then not within 7 days: ordered",
            id="what did not follow",
        ),
        param(
            {"coupon": "autumn", "state": "redeemed", "at_least": 2, "within_days": 30},
            "最近 30 天内核销优惠券「autumn」至少 2 张",
            'redeemed the coupon "autumn" at least 2 times within 30 days',
            id="coupons",
        ),
        param(
            {"campaign": "autumn", "outcome": "not_clicked", "variant": "a"},
            "收到活动「autumn」（方案 a）但没有点开",
            'was sent the campaign "autumn" (variant a) and opened nothing',
            id="an outcome",
        ),
        param({"list": "gold"}, "在名单「gold」中", 'is in the list "gold"', id="a list"),
        param(
            {
                "all": [
                    {"attribute": "subscribed", "op": "eq", "value": True},
                    {"any": [{"tag": "vip"}, {"interest": "咖啡"}]},
                    {"not": {"segment": "staff"}},
                ]
            },
            "已关注，并且（有标签「vip」，或者对「咖啡」的兴趣不低于 0.3），"
            "并且并非在人群「staff」中",
            'follows, and (has the tag "vip", or interest in 咖啡 of 0.3 or more),'
            ' and not: is in the segment "staff"',
            id="all together",
        ),
        param(
            {"bucket": [0, 10]}, "固定抽样的 0–10%", "is in the fixed share 0–10%", id="a bucket"
        ),
    ],
)
def test_a_rule_in_words(document, chinese, english):
    assert sentence(parse(document)) == chinese
    assert sentence(parse(document), "en") == english


def test_every_operator_of_every_attribute_can_be_said():
    for name, (ops, kind) in {
        **rules.BUILT_IN,
        "city": ((*rules.OPS, *rules.ON_DAYS), str),
    }.items():
        value = "new" if name == "stage" else kind(1)
        for op in ops:
            days = dict.fromkeys(dates.OPS, 7) | dict.fromkeys(rules.ON_DAYS, "2026-11-21")
            wanted = ({"in": [value], "exists": True} | days).get(op, value)
            rule = parse({"attribute": name, "op": op, "value": wanted})
            assert sentence(rule)
            assert sentence(rule, "en")


def test_default_segments_hold_only_followers():
    found = default_segments()
    assert len({one.slug for one in found}) == len(found) >= 9
    for one in found:
        assert rules.is_slug(one.slug)
        assert sentence(parse(one.rule)).startswith("已关注，并且")


# --- buckets -----------------------------------------------------------------------------------


@pytest.mark.parametrize("salt", ["", "autumn", "秋"])
def test_buckets_are_even_over_ids_in_a_row(salt):
    counts = Counter(bucket.number(id_, salt) for id_ in range(1, 50_001))
    chi_square = sum((counts[n] - 500) ** 2 / 500 for n in range(100))
    assert chi_square < 160  # 99 degrees of freedom: one salt in ten thousand goes beyond


def test_buckets_of_two_salts_are_independent():
    both = Counter(
        (bucket.number(id_, "a") // 10, bucket.number(id_, "b") // 10) for id_ in range(1, 50_001)
    )
    assert sum((both[i, j] - 500) ** 2 / 500 for i in range(10) for j in range(10)) < 160


def test_a_bucket_never_moves():
    assert [bucket.number(id_, "autumn") for id_ in (1, 2, 3, 10**12)] == [84, 81, 50, 44]


# --- the published form ------------------------------------------------------------------------


def test_the_schema_names_what_the_parser_takes():
    schema = json.loads(SCHEMA.read_text())
    forms = schema["$defs"]["rule"]["oneOf"]
    named = {one["required"][0]: set(one["properties"]) for one in forms}
    assert named == {kind: set(keys) for kind, (_, keys) in rules._READERS.items()}
    assert all(one["additionalProperties"] is False for one in forms)
    ops = next(one for one in forms if "attribute" in one["required"])["properties"]["op"]["enum"]
    assert tuple(ops) == (*rules.OPS, *rules.ON_DAYS)

"""Each kind of condition, as it is told to somebody who asks why, with what was found."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.segment import scored
from bot.segment.catalogue import define, why
from bot.store import insight_models
from tests.bot.segment import cast
from tests.conftest import NOON

param = pytest.param


@pytest.fixture
def account(store):
    return cast.an_account()


@pytest.mark.parametrize(
    ("rule", "chinese", "english"),
    [
        param({"tag": "vip"}, "有标签「vip」", 'has the tag "vip"', id="nothing to find"),
        param({"attribute": "stage", "value": "loyal"}, "阶段是「忠实顾客」（实际：「新关注」）",
              'stage is "loyal" (found: "new")', id="a stage"),
        param({"attribute": "spent_fen", "op": "gt", "value": 100},
              "消费金额大于¥1.00（实际：¥0.00）",
              "money spent is above ¥1.00 (found: ¥0.00)", id="money"),
        param({"attribute": "subscribed", "value": False}, "未关注", "left", id="a truth"),
        param({"attribute": "member", "value": True}, "member为「是」（实际：否）",
              "member is true (found: false)", id="a truth of one's own"),
        param({"attribute": "points", "op": "ge", "value": 9}, "points不小于9（实际：5）",
              "points is at least 9 (found: 5)", id="a number"),
        param({"attribute": "last_seen", "op": "ge", "value": 30},
              "至少 30 天没有互动（实际：3 天前）",
              "was not seen for 30 days (found: 3 days ago)", id="days"),
        param({"interest": "咖啡"}, "对「咖啡」的兴趣不低于 0.3（实际：0）",
              "interest in 咖啡 of 0.3 or more (found: 0)", id="a score"),
        param({"model": "churn", "at_least": 0.7}, "流失风险不低于 0.7（实际：0.62）",
              "risk of leaving of 0.7 or more (found: 0.62)", id="what a model says"),
        param({"model": "like-vip", "at_least": 0.8, "at_most": 0.9},
              "与人群「vip」的相像度在 0.8 到 0.9 之间（实际：没有）",
              'likeness to the segment "vip" between 0.8 and 0.9 (found: none)', id="a likeness"),
        param({"model": "buy", "at_most": 0.2}, "近期购买的可能性不高于 0.2（实际：没有）",
              "chance of buying soon of 0.2 or less (found: none)", id="no model speaks of him"),
        param({"event": "order", "at_least": 2}, "下单至少 2 次（实际：0 次）",
              "ordered at least 2 times ever (found: 0 times)", id="acts"),
        param({"event": "order", "sum": "amount_fen", "at_least": 100},
              "历来下单的合计金额不少于 ¥1.00（实际：¥0.00）",
              "the sum of amount where he ordered ever is at least ¥1.00 (found: ¥0.00)",
              id="a sum"),
        param({"event": "order", "avg": "items", "at_least": 1},
              "历来下单的平均件数不少于 1（实际：没有）",
              "the average items where he ordered ever is at least 1 (found: none)",
              id="of nothing"),
        param({"sequence": [{"event": "checkin"}, {"event": "order"}]},
              "曾经签到，之后下单（实际：各步 1、0 次）",
              "checked in, then ordered (found: 1, 0 times, step by step)", id="steps"),
        param({"list": "a"}, "在名单「甲」中", 'is in the list "甲"', id="a list, by its name"),
    ],
)  # fmt: skip
def test_a_condition_that_does_not_hold(account, rule, chinese, english):
    lin = cast.somebody(account)
    three_days = NOON - timedelta(days=3)
    cast.did(lin, "checkin", three_days)
    for name, value in (("member", False), ("points", 5)):
        cast.did(lin, "attribute", three_days, name=name, value=value)
    cast.folded(NOON)
    scored.put(account, "churn", 1, {lin: 0.62}, NOON)
    known = ("like-vip", "propensity", b"")
    insight_models.save(account, *known, fingerprint="", card={}, metrics={}, now=NOON)
    define(account, "a", "甲", rule, NOON)
    for lang, said in (("zh", chinese), ("en", english)):
        found = why(account, "a", lin, NOON, lang)
        assert found["words"] == [said]
        assert [one["held"] for one in found["because"]] == [False]


def test_conditions_alike_but_for_what_is_not_shown_are_told_apart(account):
    """A reason says nothing of a step's facts; its place among the conditions does."""
    lin = cast.somebody(account)
    steps = [[{"event": "order", "where": {"shop": shop}}, {"event": "refund"}] for shop in "AB"]
    define(account, "a", "甲", {"any": [{"sequence": one} for one in steps]}, NOON)
    assert [said[:15] for said in why(account, "a", lin, NOON)["words"]] == [
        "曾经下单（shop = 「A」",
        "曾经下单（shop = 「B」",
    ]


@pytest.mark.parametrize(("lang", "said"), [("zh", "资料已删除"), ("en", "is erased")])
def test_of_somebody_erased_only_that_is_said(account, lang, said):
    lin = cast.somebody(account, erased_at=NOON)
    define(account, "a", "甲", {"all": [{"tag": "x"}, {"tag": "y"}]}, NOON)
    assert why(account, "a", lin, NOON, lang)["words"] == [said]

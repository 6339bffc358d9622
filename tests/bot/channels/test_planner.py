"""The cheapest permitted channel for each follower, and what stands in a notice's fields."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.channels import mass
from bot.channels.fields import broken, fitted
from bot.channels.planner import Market, less, of_kind, open_ways, permitted, ranked
from bot.channels.reference import table
from bot.channels.registry import CHANNELS, Form
from bot.values.audience import Channel, FollowerState, Purpose
from tests.conftest import NOON

C = Channel
LIN = FollowerState(1, 1, window_until=NOON + timedelta(hours=1), window_left=1)
RIGHTS = {C.SUBSCRIPTION_NOTICE: 1, C.ONE_TIME: 1, C.MASS_LIST: 4, C.MASS_TAG: 4}


@pytest.mark.parametrize(
    ("purpose", "parts", "offer", "not_there"),
    [
        (Purpose.MARKETING, {"subscription", "one_time"}, False, {C.TEMPLATE}),
        (Purpose.MARKETING, {"subscription", "one_time"}, True,
         {C.TEMPLATE, C.MASS_LIST, C.MASS_TAG}),
        (Purpose.MARKETING, set(), False, {C.TEMPLATE, C.SUBSCRIPTION_NOTICE, C.ONE_TIME}),
        (Purpose.SERVICE, {"template"}, False,
         {C.MASS_LIST, C.MASS_TAG, C.SUBSCRIPTION_NOTICE, C.ONE_TIME}),
    ],
    ids=["marketing is no template", "a coupon is one's own", "only what is said", "orders alone"],
)  # fmt: skip
def test_what_may_travel_how(purpose, parts, offer, not_there):
    assert set(C) - set(permitted(purpose, parts, offer=offer)) == not_there


@pytest.mark.parametrize(
    ("kind", "missing"),
    [("service", set()), ("subscription", {C.TEMPLATE, C.SUBSCRIPTION_NOTICE, C.MASS_LIST}),
     ("test", {C.MASS_LIST, C.MASS_TAG})],
)  # fmt: skip
def test_what_an_account_of_a_kind_has(kind, missing):
    assert set(C) - set(of_kind(C, kind)) == missing


@pytest.mark.parametrize(
    ("window", "rights", "expected"),
    [
        (1, RIGHTS, C.CUSTOMER_SERVICE),
        (0, RIGHTS, C.SUBSCRIPTION_NOTICE),
        (0, {**RIGHTS, C.SUBSCRIPTION_NOTICE: 0}, C.ONE_TIME),
        (0, {C.MASS_LIST: 1, C.MASS_TAG: 1}, C.MASS_LIST),
        (0, {}, None),
    ],
    ids=["a window fills again", "then a right", "another right", "then one of four", "nothing"],
)
def test_the_cheapest_that_reaches_them_now(window, rights, expected):
    who = FollowerState(1, 1, window_until=LIN.window_until, window_left=window)
    channels = ranked(permitted(Purpose.MARKETING, {"subscription", "one_time"}))
    assert next(iter(open_ways(who, rights, channels, NOON)), None) is expected


def test_money_goes_before_scarcity_and_demand_makes_scarce():
    both = (C.CUSTOMER_SERVICE, C.MASS_LIST)
    assert ranked(both, Market({C.CUSTOMER_SERVICE: 1})) == both[::-1]
    pair = (C.SUBSCRIPTION_NOTICE, C.ONE_TIME)
    assert ranked(pair) == pair, "equals stay as they were given"
    assert ranked(pair, Market(demand={C.SUBSCRIPTION_NOTICE: 2.0})) == pair[::-1]


def test_one_month_is_shared_by_both_mass_channels():
    assert less(RIGHTS, C.MASS_TAG) == {**RIGHTS, C.MASS_LIST: 3, C.MASS_TAG: 3}
    assert less(RIGHTS, C.CUSTOMER_SERVICE) == RIGHTS


def test_each_channel_says_how_it_is_called_and_what_tells_its_end():
    for channel, way in CHANNELS.items():
        assert bool(way.api) == (way.form is not Form.ANSWER), channel
        assert bool(way.duplicate_key) == (way.duplicate_span is not None), channel
        assert way.least <= way.most
        assert way.rule or way.purposes == frozenset(Purpose)


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("thing1", "一" * 20, "一" * 21),
        ("number2", "-12.5", "十二"),
        ("character_string3", "A-12 b", "订单12"),
        ("time4", "2026年11月30日 15:01", "明天"),
        ("date5", "2026-11-30", "30.11."),
        ("amount6", "¥1,234.50元", "12 bucks"),
        ("phone_number7", "+86 138-0000", "x" * 3),
        ("name8", "林小雨", "一" * 11),
        ("phrase9", "已完成", "done"),
        ("letter10", "abc", "a1"),
    ],
)
def test_a_fields_kind_has_its_rule(key, good, bad):
    assert broken(key, good) == ""
    assert broken(key, bad)


def test_only_what_can_bear_it_is_cut():
    assert fitted("thing1", "一" * 30) == "一" * 19 + "…"
    assert fitted("phrase1", "一\n二 三") == "一 二 三"
    assert fitted("character_string1", "A" * 40) == "A" * 40


@pytest.mark.parametrize(
    ("status", "failed", "words"),
    [("send success", False, "没有说明"), ("", False, ""), ("err(10001)", True, "广告"),
     ("send fail", True, "失败"), ("err(99)", True, "没有说明")],
)  # fmt: skip
def test_a_mass_jobs_end_in_words(status, failed, words):
    assert mass.failed(status) is failed
    assert words in mass.reason(status)


def test_the_reference_says_what_the_registry_says():
    page = Path(__file__).parents[3] / "docs/reference/channels.md"
    assert table() in page.read_text("utf-8"), "run: python -m bot.channels.reference"

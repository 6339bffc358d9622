"""Every rule at its edges: what it means, in Python and in SQL, on every engine."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.store import segments as store
from bot.store.models import Follower
from tests.bot.segment import cast
from tests.conftest import NOON

param = pytest.param

DAY = timedelta(days=1)
MS = timedelta(milliseconds=1)
ORDER = ("order", {"amount_fen": 500, "shop": "A1", "table": 4, "gift": True, "note": None})
TALK = ("message.text", {"topics": {"咖啡": 1}})


def city(value):
    return ("attribute", {"name": "city", "value": value})


def where(name, op, value):
    return {"attribute": name, "op": op, "value": value}


# (what he did, each so long ago), the rule, whether he is in
CASES = [
    param([(city("北京"), DAY)], where("city", "eq", "北京"), True, id="the city named"),
    param([(city("北京"), DAY)], where("city", "eq", "北"), False, id="not a part of it"),
    param([(city("Beijing"), DAY)], where("city", "eq", "beijing"), False, id="case counts"),
    param([], where("city", "ne", "北京"), True, id="an unknown city is not Beijing"),
    param([], where("city", "exists", False), True, id="an unknown city does not exist"),
    param([(city(None), DAY)], where("city", "exists", True), False, id="a city taken back"),
    param([(city("5"), DAY)], where("city", "eq", 5), True, id="a text that is a number"),
    param([(city(5.0), DAY)], where("city", "eq", "5"), True, id="a number as text"),
    param([(city("05"), DAY)], where("city", "exists", True), True, id="05 is text"),
    param([(city("05"), DAY)], where("city", "le", 5), False, id="and no number"),
    param([(city(True), DAY)], where("city", "eq", True), True, id="true is true"),
    param([(city(1), DAY)], where("city", "eq", True), False, id="1 is not true"),
    param([(city(10), DAY)], where("city", "gt", 9), True, id="numbers by value"),
    param([(city("10"), DAY)], where("city", "gt", "9"), False, id="texts by character"),
    param([(city("b"), DAY)], where("city", "gt", "B"), True, id="code points, not language"),
    param([(city("a%b"), DAY)], where("city", "contains", "%"), True, id="a % is a %"),
    param([(city("ab"), DAY)], where("city", "contains", "_"), False, id="a _ is a _"),
    param([(city("?"), DAY)], where("city", "in", ["?", 3]), True, id="one of the texts"),
    param([(city(3), DAY)], where("city", "in", ["?", 3]), True, id="one of the numbers"),
    param([(ORDER, DAY)], where("orders", "ge", 1), True, id="one order"),
    param([], where("orders", "lt", 1), True, id="no profile is no order"),
    param([(ORDER, DAY)], where("spent_fen", "gt", 500), False, id="500 is not above 500"),
    param([(TALK, DAY)], where("messages", "eq", 1), True, id="one message"),
    param([], where("last_seen", "gt", 1), False, id="never seen has no age"),
    param([], where("last_seen", "exists", False), True, id="but can be asked for"),
    param([(TALK, 7 * DAY)], where("last_seen", "le", 7), True, id="seven days to the ms"),
    param([(TALK, 7 * DAY)], where("last_seen", "lt", 7), False, id="are not under seven"),
    param([(TALK, 7 * DAY)], where("last_seen", "ge", 7), True, id="are at least seven"),
    param([(TALK, 7 * DAY)], where("last_seen", "gt", 7), False, id="are not over seven"),
    param([(TALK, 7 * DAY + MS)], where("last_seen", "gt", 7), True, id="one ms more is"),
    param([(TALK, 7 * DAY)], where("stage", "eq", "new"), True, id="new for seven days"),
    param([(TALK, 7 * DAY + MS)], where("stage", "eq", "active"), True, id="then active"),
    param([(TALK, 60 * DAY)], where("stage", "eq", "active"), True, id="for sixty days"),
    param([(TALK, 60 * DAY + MS)], where("stage", "eq", "sleeping"), True, id="then asleep"),
    param([(ORDER, DAY)], where("stage", "eq", "customer"), True, id="an order: customer"),
    param([(ORDER, DAY)] * 3, where("stage", "in", ["loyal"]), True, id="three: loyal"),
    param([(("coupon.redeemed", {}), DAY)] * 3, where("stage", "eq", "loyal"), True,
                 id="three coupons: loyal too"),
    param([], where("stage", "eq", "new"), True, id="nothing known: new"),
    param([], where("subscribed", "ne", False), True, id="he follows"),
    param([(("tag", {"tag": "vip"}), DAY)], {"tag": "vip"}, True, id="a tag given"),
    param([(("tag", {"tag": "vip"}), 2 * DAY), (("tag", {"tag": "vip", "on": False}), DAY)],
                 {"tag": "vip"}, False, id="and taken"),
    param([(TALK, DAY)], {"interest": "咖啡", "at_least": 0.45}, True, id="one mention"),
    param([(TALK, DAY)], {"interest": "咖啡", "at_least": 0.5}, False, id="is under a half"),
    param([(TALK, 38 * DAY)], {"interest": "咖啡", "at_least": 0.3}, False, id="it fades"),
    param([(TALK, 35 * DAY)], {"interest": "咖啡", "at_least": 0.3}, True, id="slowly"),
    param([(ORDER, 30 * DAY)], {"event": "order", "within_days": 30}, True, id="30 days ago"),
    param([(ORDER, 30 * DAY + MS)], {"event": "order", "within_days": 30}, False, id="and a ms"),
    param([(ORDER, DAY)], {"event": "order", "at_least": 2}, False, id="once is not twice"),
    param([(ORDER, DAY)] * 2, {"event": "order", "at_least": 2}, True, id="twice in one ms is"),
    param([(TALK, DAY), (("message.image", {}), DAY)], {"event": "message.*", "at_least": 2},
                 True, id="a family counts together"),
    param([(ORDER, DAY)], {"event": "order", "where": {"shop": "A1", "table": 4.0}}, True,
                 id="facts equal"),
    param([(ORDER, DAY)], {"event": "order", "where": {"table": "4"}}, False, id="4 is not '4'"),
    param([(ORDER, DAY)], {"event": "order", "where": {"gift": 1}}, False, id="true is not 1"),
    param([(ORDER, DAY)], {"event": "order", "where": {"gift": True}}, True, id="true is true "),
    param([(ORDER, DAY)], {"event": "order", "where": {"note": "x"}}, False, id="null is nothing"),
    param([(ORDER, DAY)], {"event": "order", "where": {"none": "x"}}, False, id="nor is absence"),
    param([(("order", {"shop": "\x00"}), DAY)], {"event": "order", "where": {"shop": "A"}},
                 False, id="a NUL in the facts stops nobody"),
    param([(("order", {"a": 1, "b": "\x00"}), DAY)], {"event": "order", "where": {"a": 1}},
                 False, id="but such facts are not read"),
    param([], {"not": {"any": [{"tag": "vip"}, {"event": "order"}]}}, True, id="neither"),
    param([], {"bucket": [0, 100]}, True, id="everybody is in all of it"),
]  # fmt: skip


@pytest.mark.parametrize(("done", "rule", "expected"), CASES)
@pytest.mark.mysql
def test_what_a_rule_means(kept_store, done, rule, expected):
    account = cast.an_account()
    lin = cast.somebody(account)
    for (kind, facts), ago in done:
        cast.did(lin, kind, NOON - ago, NOON, **facts)
    cast.folded(NOON)
    define(account, "s", "人群", rule, NOON)
    refresh_all(NOON, account)
    wanted = {"s": {lin} if expected else set()}
    assert cast.brute(account, [lin], NOON) == wanted
    assert cast.by_sql(account, NOON) == wanted
    assert cast.held(account) == wanted


@pytest.mark.parametrize(
    "change",
    [
        param({"erased_at": NOON}, id="the erased"),
        param({"subscribed": False}, id="who left, where the rule asks for followers"),
    ],
)
def test_who_goes_out_when_marked(kept_store, change):
    account = cast.an_account()
    lin = cast.somebody(account)
    define(account, "s", "人群", where("subscribed", "eq", True), NOON)
    refresh_all(NOON, account)
    assert cast.held(account) == {"s": {lin}}
    Follower.update(**change).where(Follower.id == lin).execute()
    store.mark_dirty([lin])
    refresh_all(NOON, account)
    assert cast.held(account) == {"s": set()}


def test_another_accounts_followers_are_never_in(kept_store):
    account, other = cast.an_account(), cast.an_account()
    lin, wang = cast.somebody(account), cast.somebody(other)
    for one in (account, other):
        define(one, "all", "全部", {"bucket": [0, 100]}, NOON)
        define(one, "inside", "全部", {"segment": "all"}, NOON)
    refresh_all(NOON)
    assert cast.held(account) == {"all": {lin}, "inside": {lin}}
    assert cast.held(other) == {"all": {wang}, "inside": {wang}}

"""Reports by the names of other systems: who is named, who waits, and who gets what waited."""

from __future__ import annotations

import pytest

from bot.collect import intake, judging, naming
from bot.errors import InvalidInput
from bot.profile import identity
from bot.profile.refresh import fold_new
from bot.store import accounts, identities, listing, privacy, profiles, quarantine
from bot.store.db import fetch
from bot.values.identity import Key, Kind
from tests.bot.collect.test_intake import an_event, an_order, counted
from tests.conftest import NOON, a_follower

LONG = "x" * 65
NAMED: list[tuple[object, list[Key] | str]] = [
    ({"unionid": "u-1"}, [Key(Kind.UNIONID, "u-1")]),
    ({"miniprogram": {"appid": "wx1", "openid": "om"}}, [Key(Kind.MINIPROGRAM, "om", "wx1")]),
    ({"miniprogram": "om"}, "follower.miniprogram"),
    ({"miniprogram": {"openid": "om"}}, "follower.miniprogram"),
    ({"miniprogram": {"appid": "", "openid": "om"}}, "follower.miniprogram.appid"),
    ({"wecom": "wm-1"}, [Key(Kind.WECOM, "wm-1")]),
    ({"wecom": "wm 1"}, "follower.wecom"),
    ({"customer": " 张三-1 "}, [Key(Kind.CUSTOMER, "张三-1")]),
    ({"customer": {"system": "crm", "number": "1"}}, [Key(Kind.CUSTOMER, "1", "crm")]),
    ({"customer": 1}, "follower.customer"),
    ({"customer": LONG}, "follower.customer"),
    ({"customer": "a\x00"}, "follower.customer"),
    ({"phone": "+86 138 1234 5678"}, [Key(Kind.PHONE, "13812345678")]),
    ({"phone": "12345"}, "follower.phone"),
    ({"phone": 13812345678}, "follower.phone"),
    ({"visitor": "v" * 16}, [Key(Kind.VISITOR, "v" * 16)]),
    ({"visitor": "v" * 15}, "follower.visitor"),
    ({"email": "a@b.cn"}, "follower"),
    ({}, "follower"),
    ({"unionid": None}, "follower.unionid"),
    (
        {"visitor": "v" * 16, "phone": "13812345678", "unionid": "u", "customer": "1"},
        [Key(Kind.UNIONID, "u"), Key(Kind.CUSTOMER, "1"), Key(Kind.PHONE, "13812345678"),
         Key(Kind.VISITOR, "v" * 16)],
    ),
]  # fmt: skip


def test_the_strongest_name_stands_first():
    for named, wanted in NAMED:
        try:
            found: object = list(judging.person(named).keys)
        except InvalidInput as error:
            found = error.field
        assert found == wanted, named
    assert naming.person_of({"phone": "13812345678", "openid": "o"}).openid == "o"


@pytest.fixture
def account(any_store) -> int:
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


def test_orders_wait_for_their_customer_with_their_refunds(account):
    lin = a_follower(account)
    shop, phone = {"customer": "K-1"}, {"phone": "13812345678"}
    orders = [
        an_order(follower=shop), an_order(order_number="A-2", follower={**shop, **phone}),
        an_order(order_number="A-3", follower=phone),
        an_order(status="refunded", amount_fen=..., topics=..., follower=phone),
        an_order(order_number="A-2", status="refunded", refund_fen=500, amount_fen=...,
                 topics=..., follower=...),
        an_order(order_number="A-3", status="refunded", amount_fen=..., topics=...,
                 follower={"customer": "K-2"}),
    ]  # fmt: skip
    taken = intake.take_orders(account, orders, NOON)
    assert counted(taken) == (5, 0, 1)
    assert taken.rejected[0].message == "is not who paid this order"
    assert fetch("SELECT COUNT(*) FROM event WHERE follower_id IS NULL") == [(5,)]
    listing.keep_unionid(lin, "u-1")
    told = an_event(follower={"unionid": "u-1", "phone": "+8613812345678"})
    assert counted(intake.take_events(account, [told], NOON)) == (1, 0, 0)
    identity.go_on(NOON)
    fold_new(NOON)
    state = profiles.state_of(lin)
    assert (state["orders"], state["spent"]) == (3, 3 * 4500)
    assert fetch("SELECT orders, spent_fen FROM profile") == [(2, 4500 - 500 + 4500)]


@pytest.mark.parametrize("joined", [True, False], ids=["joined before", "not known yet"])
def test_an_order_that_names_the_follower_himself_stays_his(account, joined):
    lin = a_follower(account)
    shop = {"customer": "K-1"}
    assert counted(intake.take_orders(account, [an_order(follower=shop)], NOON)) == (1, 0, 0)
    if joined:
        key = identities.found(account, [Key(Kind.CUSTOMER, "K-1")])[Key(Kind.CUSTOMER, "K-1")]
        made = identity.join(account, key.id, lin, "his card", "operator:mei", NOON)
    identity.go_on(NOON)
    fold_new(NOON)
    assert counted(intake.take_orders(account, [an_order(follower=lin)], NOON)) == (0, 1, 0)
    fold_new(NOON)
    assert profiles.state_of(lin)["orders"] == 1
    if joined:
        identity.undo(account, made.id, "operator:mei", NOON)
        identity.go_on(NOON)
        fold_new(NOON)
        assert profiles.state_of(lin)["orders"] == 1


def test_an_unknown_openid_is_not_taken_for_whoever_has_the_telephone(account):
    """The strongest name decides, known or not: a wife's order is not her husband's."""
    lin = a_follower(account)
    phone = {"phone": "13812345678"}
    batch = [
        an_event(follower={"openid": "o-lin", **phone}),
        an_event(id="e-2", follower={"openid": "o-wife", **phone}),
    ]
    assert counted(intake.take_events(account, batch, NOON)) == (1, 0, 1)
    wife = a_follower(account, "o-wife")
    assert intake.replay(account, NOON) == intake.Replayed(1, 0)
    assert fetch("SELECT follower_id FROM event ORDER BY id") == [(lin,), (wife,)]
    assert fetch("SELECT follower_id FROM identity") == [(lin,)], "a household's, from now on"
    assert fetch("SELECT COUNT(*) FROM identity_conflict") == [(1,)]


def test_what_is_refused_names_nobody(account):
    lin = a_follower(account)
    unheard = an_event(kind="unheard", follower={"openid": "o-lin", "customer": "K-1"})
    lost = an_order(order_number="A-9", status="refunded", follower={"customer": "K-2"})
    assert counted(intake.take_events(account, [unheard], NOON)) == (0, 0, 1)
    assert counted(intake.take_orders(account, [lost], NOON)) == (0, 0, 1)
    assert fetch("SELECT COUNT(*) FROM identity") == [(0,)]
    assert fetch("SELECT follower_id FROM quarantine ORDER BY id") == [(lin,), (None,)]


def test_who_is_erased_takes_what_came_by_all_his_names(account):
    lin = a_follower(account)
    batch = [an_event(follower={"customer": "K-1"}),
             an_event(id="e-2", follower={"openid": "o-lin", "customer": "K-1"})]  # fmt: skip
    intake.take_events(account, batch, NOON)
    privacy.erase(lin, NOON, NOON)
    assert fetch("SELECT COUNT(*) FROM event") == fetch("SELECT COUNT(*) FROM identity") == [(0,)]
    assert quarantine.held(account) == []

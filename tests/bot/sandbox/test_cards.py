"""Cards of former years (4.15, 2.4): those that exist can be taken, read and redeemed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.sandbox.cards import (
    COUPONS,
    UNREVIEWED,
    Cards,
    add_card,
    delete_card,
    encrypted,
    redeem,
    take_by_ticket,
    take_card,
)
from bot.sandbox.codes import PlatformError
from bot.sandbox.people import Person
from tests.bot.sandbox.asking import later
from tests.bot.sandbox.conftest import Desktop, a_config
from tests.conftest import NOON

DAY = timedelta(days=1)


class Shop:
    """Lin follows, and there is one card: 10 yuan off 100."""

    def __init__(self, desk: Desktop) -> None:
        self.desk = desk
        self.lin: Person = desk.follower()
        self.card_id = self.add()
        desk.pushed.clear()

    def add(self, title: str = "满100减10", **changes: Any) -> str:
        return add_card(self.desk.world, title, least_cost=10000, reduce_cost=1000, **changes)

    def take(self, card_id: str = "", who: Person | None = None, **more: str) -> str:
        card_id = card_id or self.card_id
        return take_card(self.desk.world, self.desk.acts, who or self.lin, card_id, **more)

    def post(self, name: str, **body: Any) -> dict[str, Any]:
        return self.desk.post(f"/card/{name}", body)

    def errcode(self, name: str, **body: Any) -> int:
        return int(self.post(name, **body)["errcode"])


@pytest.fixture
def shop(desk: Desktop) -> Shop:
    return Shop(desk)


def qr(card_id: str = "", action: str = "QR_CARD", **more: Any) -> dict[str, Any]:
    return {"action_name": action, "action_info": {"card": {"card_id": card_id, **more}}}


# --- making ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", COUPONS)
def test_new_coupons_cannot_be_made_any_more(shop: Shop, kind):
    answer = shop.post("create", card={"card_type": kind, kind.lower(): {}})
    assert answer["errcode"] == 48001
    assert "下架" in answer["errmsg"]


def test_nor_can_member_cards_here(shop: Shop):
    assert shop.errcode("create", card={"card_type": "MEMBER_CARD"}) == 48001


@pytest.mark.parametrize("card", [{}, {"card_type": "PIZZA"}])
def test_a_type_that_is_none(shop: Shop, card):
    assert shop.errcode("create", card=card) == 40071


def test_cards_take_the_right_to_cards():
    desk = Desktop(a_config(kind="service_unverified"))
    assert desk.post("/card/batchget", {"offset": 0, "count": 1})["errcode"] == 48001
    desk.timeline.stop()


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "PIZZA"}, {"status": "GOOD"}, {"quantity": -1}, {"get_limit": 0}],
)
def test_a_card_that_no_account_can_have(shop: Shop, wrong):
    with pytest.raises(ValueError, match="card"):
        shop.add(**wrong)


# --- reading -----------------------------------------------------------------------------------


def test_a_card_is_described_under_the_name_of_its_type(shop: Shop):
    card = shop.post("get", card_id=shop.card_id)["card"]
    assert card["card_type"] == "CASH"
    assert (card["cash"]["least_cost"], card["cash"]["reduce_cost"]) == (10000, 1000)
    base = card["cash"]["base_info"]
    assert (base["id"], base["title"], base["get_limit"]) == (shop.card_id, "满100减10", 1)
    assert base["sku"] == {"quantity": 100, "total_quantity": 100}
    assert base["status"] == "CARD_STATUS_VERIFY_OK"
    assert base["date_info"]["end_timestamp"] - base["date_info"]["begin_timestamp"] == 30 * 86400


@pytest.mark.parametrize(
    ("card_id", "errcode"),
    [
        pytest.param(None, 41012, id="no card_id"),
        pytest.param("", 41012, id="an empty one"),
        pytest.param("p-none", 40073, id="an unknown one"),
    ],
)
def test_a_card_id_that_is_none(shop: Shop, card_id, errcode):
    for name in ("get", "modifystock"):
        assert shop.errcode(name, card_id=card_id) == errcode
    assert shop.errcode("qrcode/create", **qr(card_id)) == errcode


def test_a_card_of_another_account_is_not_ours_to_touch(shop: Shop):
    other = shop.add(own=False)
    assert shop.errcode("get", card_id=other) == 45030
    assert shop.errcode("qrcode/create", **qr(other)) == 45030
    assert other not in shop.post("batchget", offset=0, count=50)["card_id_list"]


def test_the_list_of_cards_comes_in_pages_and_by_status(shop: Shop):
    fresh = shop.add(status=UNREVIEWED)
    answer = shop.post("batchget", offset=0, count=1)
    assert (answer["card_id_list"], answer["total_num"]) == ([shop.card_id], 2)
    assert shop.post("batchget", offset=1, count=50)["card_id_list"] == [fresh]
    answer = shop.post("batchget", offset=0, count=50, status_list=[UNREVIEWED])
    assert (answer["card_id_list"], answer["total_num"]) == ([fresh], 1)


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"offset": 0, "count": 0},
        {"offset": 0, "count": 51},
        {"offset": -1, "count": 1},
        {"offset": 0, "count": 1, "status_list": "ALL"},
    ],
)
def test_a_page_that_is_none(shop: Shop, page):
    assert shop.errcode("batchget", **page) == 40097


def test_stock_goes_up_and_down(shop: Shop):
    shop.post("modifystock", card_id=shop.card_id, increase_stock_value=10)
    shop.post("modifystock", card_id=shop.card_id, reduce_stock_value=60)
    sku = shop.post("get", card_id=shop.card_id)["card"]["cash"]["base_info"]["sku"]
    assert sku == {"quantity": 50, "total_quantity": 50}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"reduce_stock_value": 101}, id="less than nothing"),
        pytest.param({"increase_stock_value": -1}, id="a negative number"),
        pytest.param({"increase_stock_value": "many"}, id="no number"),
    ],
)
def test_a_stock_that_cannot_be(shop: Shop, change):
    assert shop.errcode("modifystock", card_id=shop.card_id, **change) == 40122


# --- taking ------------------------------------------------------------------------------------


def test_taking_a_card_is_pushed_and_opens_no_window(shop: Shop):
    window = shop.lin.window
    code = shop.take(outer_str="till-7")
    (event,) = shop.desk.pushed
    assert (event["MsgType"], event["Event"]) == ("event", "user_get_card")
    assert (event["FromUserName"], event["CardId"]) == ("o-lin", shop.card_id)
    assert (event["UserCardCode"], event["OuterStr"]) == (code, "till-7")
    assert (event["IsGiveByFriend"], event["UnionId"]) == (0, shop.lin.unionid)
    assert shop.lin.window == window
    assert code.isdigit()
    assert len(code) == 12


def test_each_taken_card_leaves_one_less(shop: Shop):
    shop.take()
    sku = shop.post("get", card_id=shop.card_id)["card"]["cash"]["base_info"]["sku"]
    assert sku == {"quantity": 99, "total_quantity": 100}


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        pytest.param({"quantity": 0}, 45031, id="nothing is left"),
        pytest.param({"status": UNREVIEWED}, 40078, id="not reviewed yet"),
        pytest.param({"status": "CARD_STATUS_VERIFY_FAIL"}, 40078, id="review failed"),
        pytest.param({"status": "CARD_STATUS_USER_DELETE"}, 40078, id="withdrawn"),
        pytest.param({"begins_at": NOON - 2 * DAY, "ends_at": NOON}, 40079, id="over"),
        pytest.param({"own": False}, 45030, id="another account's"),
    ],
)
def test_a_card_that_nobody_can_take(shop: Shop, changes, errcode):
    card_id = shop.add(**changes)
    with pytest.raises(PlatformError) as refused:
        shop.take(card_id)
    assert refused.value.errcode == errcode
    assert shop.errcode("qrcode/create", **qr(card_id)) == errcode
    assert shop.desk.pushed == []


def test_a_card_can_be_taken_before_it_can_be_used(shop: Shop):
    code = shop.take(shop.add(begins_at=NOON + DAY))
    assert shop.errcode("code/consume", code=code) == 40079
    later(shop.desk, 86400)
    assert shop.errcode("code/consume", code=code) == 0


def test_nobody_takes_more_than_the_limit(shop: Shop):
    shop.take()
    with pytest.raises(PlatformError) as refused:
        shop.take()
    assert refused.value.errcode == 45033
    assert shop.errcode("qrcode/create", **qr(shop.card_id, openid="o-lin")) == 45033
    assert shop.errcode("qrcode/create", **qr(shop.card_id, openid="o-wang")) == 0
    shop.take(who=shop.desk.follower("o-wang"))


def test_a_redeemed_or_deleted_card_still_counts(shop: Shop):
    delete_card(shop.desk.world, shop.desk.acts, shop.lin, shop.take())
    with pytest.raises(PlatformError) as refused:
        shop.take()
    assert refused.value.errcode == 45033


def test_testers_take_what_is_not_reviewed_yet(shop: Shop):
    card_id = shop.add(status=UNREVIEWED)
    assert shop.errcode("testwhitelist/set", openid=["o-lin"]) == 0
    code = shop.take(card_id)
    assert shop.errcode("code/consume", code=code) == 0


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        pytest.param({}, 40032, id="nobody"),
        pytest.param({"username": [f"wx{n}" for n in range(11)]}, 40032, id="eleven"),
        pytest.param({"username": "wx1"}, 40031, id="no list"),
        pytest.param({"openid": [1]}, 40031, id="no texts"),
        pytest.param({"openid": ["o-nobody"]}, 40003, id="an unknown openid"),
    ],
)
def test_a_list_of_testers_that_is_none(shop: Shop, body, errcode):
    assert shop.errcode("testwhitelist/set", **body) == errcode


# --- the card's QR code ------------------------------------------------------------------------


def test_a_card_s_code_carries_its_channel(shop: Shop):
    answer = shop.post("qrcode/create", **qr(shop.card_id, outer_str="poster"), expire_seconds=60)
    assert (answer["errcode"], answer["expire_seconds"]) == (0, 60)
    assert answer["show_qrcode_url"].endswith(answer["ticket"])
    take_by_ticket(shop.desk.world, shop.desk.acts, shop.lin, answer["ticket"])
    assert shop.desk.pushed[-1]["OuterStr"] == "poster"


def test_a_card_s_code_ends_where_it_was_told_to(shop: Shop):
    ticket = shop.post("qrcode/create", **qr(shop.card_id), expire_seconds=60)["ticket"]
    later(shop.desk, 60)
    for one in (ticket, "none"):
        with pytest.raises(KeyError):
            take_by_ticket(shop.desk.world, shop.desk.acts, shop.lin, one)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"action_name": "QR_SCENE"}, id="an action that is none"),
        pytest.param({"action_info": {}}, id="no card"),
        pytest.param({"expire_seconds": 59}, id="too short a life"),
        pytest.param({"expire_seconds": 1801}, id="too long a life"),
        pytest.param({"expire_seconds": "long"}, id="a life that is no number"),
        pytest.param(qr(outer_str="x" * 129), id="too long a channel"),
    ],
)
def test_a_card_s_code_that_cannot_be(shop: Shop, change):
    body = {**qr(shop.card_id), **change}
    if "card" in body["action_info"]:
        body["action_info"]["card"]["card_id"] = shop.card_id
    assert shop.errcode("qrcode/create", **body) == 40053


# --- codes -------------------------------------------------------------------------------------


def test_a_code_says_whose_it_is(shop: Shop):
    code = shop.take(outer_str="till-7")
    answer = shop.post("code/get", card_id=shop.card_id, code=code, check_consume=True)
    assert (answer["openid"], answer["can_consume"]) == ("o-lin", True)
    assert (answer["user_card_status"], answer["outer_str"]) == ("NORMAL", "till-7")
    assert answer["card"]["card_id"] == shop.card_id


def test_a_redeemed_code_is_pushed_and_cannot_be_redeemed_again(shop: Shop):
    code = shop.take(outer_str="till-7")
    answer = shop.post("code/consume", code=code)
    assert (answer["openid"], answer["card"]) == ("o-lin", {"card_id": shop.card_id})
    event = shop.desk.pushed[-1]
    assert (event["Event"], event["ConsumeSource"]) == ("user_consume_card", "FROM_API")
    assert (event["UserCardCode"], event["OuterStr"]) == (code, "till-7")
    assert shop.errcode("code/consume", code=code) == 40099
    assert len(shop.desk.pushed) == 2


def test_a_waiter_s_phone_redeems_too(shop: Shop):
    code = shop.take()
    redeem(shop.desk.world, shop.desk.acts, code, staff="o-waiter")
    event = shop.desk.pushed[-1]
    assert (event["ConsumeSource"], event["StaffOpenId"]) == ("FROM_MOBILE_HELPER", "o-waiter")
    with pytest.raises(PlatformError) as refused:
        redeem(shop.desk.world, shop.desk.acts, code)
    assert refused.value.errcode == 40099


@pytest.mark.parametrize("name", ["code/get", "code/consume", "code/unavailable"])
@pytest.mark.parametrize("code", [None, "", 7, "000000000000"])
def test_a_code_that_is_none(shop: Shop, name, code):
    assert shop.errcode(name, code=code) == 40116
    assert shop.errcode(name, code=code, card_id=shop.card_id) == 40116
    assert shop.errcode(name, code=code, card_id="p-none") == 40073


def test_a_code_of_another_card(shop: Shop):
    other = shop.add("另一张")
    assert shop.errcode("code/consume", code=shop.take(), card_id=other) == 40116


def test_a_deleted_card_is_pushed_and_of_no_use(shop: Shop):
    code = shop.take()
    delete_card(shop.desk.world, shop.desk.acts, shop.lin, code)
    event = shop.desk.pushed[-1]
    assert (event["Event"], event["UserCardCode"]) == ("user_del_card", code)
    assert shop.errcode("code/consume", code=code) == 40127
    assert shop.errcode("code/unavailable", code=code) == 40127
    with pytest.raises(KeyError):
        delete_card(shop.desk.world, shop.desk.acts, shop.lin, code)


def test_only_who_holds_a_card_deletes_it(shop: Shop):
    code = shop.take()
    with pytest.raises(KeyError):
        delete_card(shop.desk.world, shop.desk.acts, shop.desk.follower("o-wang"), code)


def test_a_code_made_invalid_is_of_no_use(shop: Shop):
    code = shop.take()
    assert shop.errcode("code/unavailable", code=code) == 0
    assert shop.errcode("code/consume", code=code) == 40127
    assert shop.errcode("code/get", code=code) == 40127


def test_a_redeemed_code_cannot_be_made_invalid(shop: Shop):
    code = shop.take()
    shop.post("code/consume", code=code)
    assert shop.errcode("code/unavailable", code=code) == 40099


def test_a_code_ends_with_its_card(shop: Shop):
    code = shop.take()
    later(shop.desk, 30 * 86400)
    assert shop.errcode("code/consume", code=code) == 40079
    answer = shop.post("code/get", code=code, check_consume=False)
    assert (answer["user_card_status"], answer["can_consume"]) == ("EXPIRE", False)


def test_a_code_of_a_withdrawn_card(shop: Shop):
    code = shop.take()
    shop.desk.world.room(Cards).cards[shop.card_id].status = "CARD_STATUS_USER_DELETE"
    assert shop.errcode("code/consume", code=code) == 40078


@pytest.mark.parametrize(
    ("name", "state"), [("code/consume", "CONSUMED"), ("code/unavailable", "UNAVAILABLE")]
)
def test_without_check_consume_a_code_s_state_is_told(shop: Shop, name, state):
    code = shop.take()
    shop.post(name, code=code)
    answer = shop.post("code/get", code=code, check_consume=False)
    assert (answer["user_card_status"], answer["can_consume"]) == (state, False)


def test_the_code_in_a_page_s_address_is_opened(shop: Shop):
    code = shop.take()
    assert shop.post("code/decrypt", encrypt_code=encrypted(code))["code"] == code
    assert shop.errcode("code/decrypt", encrypt_code="nonsense") == 40116


def test_a_wallet_shows_what_can_be_redeemed(shop: Shop):
    other = shop.add("另一张")
    first, second = shop.take(), shop.take(other)
    answer = shop.post("user/getcardlist", openid="o-lin")
    assert [one["code"] for one in answer["card_list"]] == [first, second]
    assert shop.post("user/getcardlist", openid="o-lin", card_id=other)["card_list"] == [
        {"code": second, "card_id": other}
    ]
    shop.post("code/consume", code=first)
    assert [one["code"] for one in shop.post("user/getcardlist", openid="o-lin")["card_list"]] == [
        second
    ]


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({}, 40003),
        ({"openid": "o-nobody"}, 40003),
        ({"openid": "o-lin", "card_id": "p-none"}, 40073),
    ],
)
def test_a_wallet_that_is_none(shop: Shop, body, errcode):
    assert shop.errcode("user/getcardlist", **body) == errcode

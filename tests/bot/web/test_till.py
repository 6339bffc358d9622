"""The till's page, and the code as a follower shows it there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot import coupon, tracking
from bot.coupon import tills
from bot.store import audit, coupon_tills, coupons
from bot.store.db import fetch
from tests.conftest import NOON

PHONE = {"User-Agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0"}


class Staff:
    """Who stands at a till: opens its link, and sends its forms as they are."""

    def __init__(self, site, shop="a1"):
        self.site = site
        public = site.services.settings.public
        self.till, link = tills.open_till(site.account_id, shop, 30, NOON, public)
        self.path = link.removeprefix(public)
        self.page = site.browser.get(self.path)

    def send(self, act, **fields):
        form = re.search(r'name="form" value="([^"]+)"', self.page.text)
        sent = {"form": form[1] if form else "", **fields}
        self.page = self.site.browser.post(f"{self.path}/{act}", data=sent)
        return self.page

    def said(self):
        return re.search(r'id="said"[^>]*>([^<]*)<', self.page.text)[1]


@pytest.fixture
def staff(site):
    return Staff(site)


def logged(action):
    return [one.detail for one in audit.entries(100, action=action)]


def test_a_code_is_looked_at_then_redeemed_then_taken_back(site, staff):
    shown = staff.send("look", code=site.code.lower().replace("-", " ")).text
    for words in ("10.50元", "满30元可用", "确认核销"):
        assert words in shown
    assert fetch("SELECT state FROM coupon_code WHERE id = ?", (site.code_id,)) == [("issued",)]
    staff.send("redeem", code=site.code, order="A-1", basket="45.5")
    assert staff.said() == "核销成功。本单减 10.50 元。"
    staff.page = site.browser.get(staff.path)
    staff.send("redeem", code=site.code, order="A-1", basket="45.5")
    assert staff.said().startswith("这张券刚才已为这个订单核销过")
    found = coupons.coupon(site.code_id)
    assert (found.state, found.amount_fen, found.order_number) == ("redeemed", 3500, "A-1")
    use = re.search(r'name="use" value="(\d+)"', staff.page.text)[1]
    staff.send("undo", use=use)
    assert staff.said() == "已撤销，券已退还给顾客。"
    assert coupons.coupon(site.code_id).state == "issued"
    assert [len(logged(f"coupon_{act}")) for act in ("look", "redeem", "undo")] == [1, 2, 1]
    assert site.code not in str(audit.entries(100))


@pytest.mark.parametrize(
    ("act", "fields", "said"),
    [
        pytest.param("look", {"code": ""}, "请输入券码。", id="nothing typed"),
        pytest.param("look", {"code": "NOPE"}, "没有这个券码。", id="a code of nobody"),
        pytest.param(
            "redeem", {"code": "0000-0000-00001", "basket": "1"}, "券码输错了", id="a slip"
        ),
        pytest.param("redeem", {"basket": "ten"}, "金额请写成", id="an amount in words"),
        pytest.param("redeem", {"basket": "1.234"}, "金额请写成", id="parts of a fen"),
        pytest.param("redeem", {"basket": "29.99"}, "没有达到", id="below the threshold"),
        pytest.param("undo", {"use": "99"}, "撤销不了", id="nothing to take back"),
        pytest.param("undo", {"use": "x"}, "撤销不了", id="no number"),
    ],
)
def test_it_says_in_words_what_is_wrong(site, staff, act, fields, said):
    staff.send(act, **{"code": site.code, **fields})
    assert staff.page.status_code == 200
    assert staff.said().startswith(said) or said in staff.said()
    assert coupons.coupon(site.code_id).state == "issued"


def test_after_ten_wrong_codes_the_till_waits_and_another_does_not(site, staff):
    answers = [staff.send("look", code="NOPE").status_code for _ in range(10)]
    assert answers == [200] * 10
    assert staff.send("look", code=site.code).status_code == 429
    assert "输错次数太多" in staff.page.text
    assert Staff(site, "b2").send("look", code=site.code).status_code == 200


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        pytest.param(None, {"Sec-Fetch-Site": "cross-site"}, id="from another site"),
        pytest.param("", {}, id="without our form"),
        pytest.param("AAAA", {}, id="with a form made up"),
    ],
)
def test_a_form_from_elsewhere_is_refused(site, staff, form, headers):
    own = tills.form_token(staff.till, NOON)
    sent = {"form": own if form is None else form, "code": site.code}
    answer = site.browser.post(f"{staff.path}/redeem", data=sent, headers=headers)
    assert answer.status_code == 403
    assert coupons.coupon(site.code_id).state == "issued"


def test_a_link_ends_is_revoked_and_cannot_be_made_up(site, staff):
    assert staff.page.headers["Cache-Control"] == "no-store"
    assert site.browser.get("/h5/till/AAAA").status_code == 404
    assert site.browser.get(f"/h5/till/{tracking.coupon_token(1)}").status_code == 404
    assert tills.till_of(staff.path.rpartition("/")[2], NOON + timedelta(days=30)) is None
    assert coupon_tills.revoke(site.account_id, staff.till.id, NOON)
    assert staff.send("look", code=site.code).status_code == 404


def test_a_till_that_is_held_redeems_nothing(site, staff):
    coupon_tills.hold(staff.till.id, NOON)
    for act in ("look", "redeem"):
        staff.send(act, code=site.code, basket="45")
        assert staff.said() == "这张券需要店长核实后才能使用。"
        staff.page = site.browser.get(staff.path)
    assert coupons.coupon(site.code_id).state == "issued"


def test_without_a_ticket_of_the_platform_the_field_is_there_and_no_foreign_script(site, staff):
    page = site.browser.get(staff.path, headers=PHONE)
    assert 'name="code"' in page.text
    assert "res.wx.qq.com" not in page.text + page.headers["Content-Security-Policy"]


def test_the_follower_shows_the_code_as_a_picture_and_in_groups_of_four(site):
    path = tracking.coupon_url("", site.code_id)
    assert "<svg" not in site.browser.get(path).text
    page = site.browser.post(path, environ_overrides={"REMOTE_ADDR": "8.8.8.8"}).text
    assert page.count("<svg") == 1
    assert 'aria-label="券码二维码"' in page
    bare = site.code.replace("-", "")
    assert f"{bare[:4]} {bare[4:8]} {bare[8:]}" in page
    assert fetch("SELECT claimed_from FROM coupon_code WHERE id = ?", (site.code_id,)) == [
        (tracking.hashed_address("8.8.8.8"),)
    ]
    coupon.withdraw(site.account_id, "b", "印错了", NOON)
    page = site.browser.get(path).text
    assert "已失效" in page
    assert "<svg" not in page


def test_the_api_takes_the_basket_and_the_shop_and_answers_in_words(site):
    refused = site.redeem(basket_fen=2000)
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "below_threshold")
    assert refused.json["error"]["message"] == "订单金额没有达到这张券的门槛。"
    done = site.redeem(order_number="A-2", basket_fen=4500, amount_fen=None, shop="a1").json
    expected = {"discount_fen": 1050, "amount_fen": 3450, "shop": "a1", "message": "核销成功。"}
    assert done | expected == done


def test_the_api_takes_a_mistake_back_at_once_or_not_at_all(site):
    def undo(**changes):
        return site.browser.post(
            "/api/v1/coupons/undo",
            json={"code": site.code, "order_number": "A-1", **changes},
            headers={"Authorization": f"Bearer {site.key}"},
        )

    assert undo().json == {"undone": False}
    site.redeem()
    assert undo(order_number="A-2").status_code == 409
    assert undo(code="NOPE").status_code == 404
    assert [undo().json["undone"] for _ in range(2)] == [True, False]
    assert site.redeem().json["outcome"] == "redeemed"

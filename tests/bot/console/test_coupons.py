"""优惠券 in the console: a batch by the form, its stock, more codes, withdrawing, redeeming."""

from __future__ import annotations

import pytest

from bot.console.rights import Role
from bot.store import audit, coupon_batches, coupons
from tests.bot.console.conftest import post
from tests.conftest import a_follower

PAGE = "/console/a/default/coupons"
FORM = {
    "title": "周末第二杯", "slug": "cup", "kind": "cut", "face_value": "10.50", "threshold": "30",
    "fold": "", "max_discount": "", "exchange": "", "valid_days": "7", "codes": "20",
    "per_person": "1", "topics": "咖啡，甜品",
}  # fmt: skip


@pytest.fixture
def lin(house):
    house.hire("lin", Role.MARKETER)
    return house.signed_in("lin")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "满30元减10.50元"),
        ({"kind": "cash", "threshold": ""}, "代金10.50元"),
        ({"kind": "discount", "fold": "8.5", "max_discount": "20"}, "8.5折"),
        ({"kind": "exchange", "exchange": "拿铁一杯", "threshold": ""}, "拿铁一杯"),
    ],
)
def test_a_batch_of_each_kind_is_made_by_the_form(house, lin, changes, said):
    assert post(lin, f"{PAGE}/new", **{**FORM, **changes}).status_code == 302
    page = lin.get(PAGE).text
    assert said in page
    assert coupon_batches.stock(coupon_batches.batches(house.account_id)[0].id)["available"] == 20
    assert audit.entries(1)[0].action == "coupon_batch"


@pytest.mark.parametrize(
    ("field", "value"),
    [("slug", "Not a slug"), ("title", ""), ("codes", "many"), ("codes", "100001"),
     ("codes", "1.5"), ("kind", "free"), ("face_value", "50"), ("valid_days", "-1"),
     ("codes", "nan")],
)  # fmt: skip
def test_a_fault_is_said_and_nothing_is_made(house, lin, field, value):
    answer = post(lin, f"{PAGE}/new", **{**FORM, field: value})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert coupon_batches.batches(house.account_id) == []


def test_more_codes_and_withdrawing_for_good(house, lin):
    post(lin, f"{PAGE}/new", **FORM)
    batch = coupon_batches.batch_by_slug(house.account_id, "cup")
    assert post(lin, f"{PAGE}/cup/more", count="5").status_code == 302
    assert coupon_batches.stock(batch.id)["available"] == 25
    assert post(lin, f"{PAGE}/cup/withdraw", why=" ").status_code == 422
    assert post(lin, f"{PAGE}/cup/withdraw", why="印错了").status_code == 302
    assert coupon_batches.stock(batch.id)["void"] == 25
    assert post(lin, f"{PAGE}/cup/withdraw", why="再一次").status_code in (302, 409)
    assert post(lin, f"{PAGE}/nowhere/more", count="5").status_code == 409


def test_a_code_is_redeemed_once_at_the_desk(house, lin):
    post(lin, f"{PAGE}/new", **FORM)
    batch = coupon_batches.batch_by_slug(house.account_id, "cup")
    holder = a_follower(house.account_id)
    code = coupons.code_text(coupons.issue_now(batch.id, holder, "event:1", house.clock()).id)
    redeem = "/console/a/default/redeem"
    first = post(lin, redeem, code=f" {code.lower()} ", order="A-1", amount="45")
    assert (first.status_code, "核销成功" in first.text) == (200, True)
    again = post(lin, redeem, code=code, order="A-2", amount="45")
    assert (again.status_code, "已经在别的订单用过" in again.text) == (409, True)
    assert post(lin, redeem, code="nothing", order="", amount="").status_code == 409
    assert post(lin, redeem, code=code, order="A-2", amount="x").status_code == 422
    assert audit.entries(1, action="coupon_redeem")[0].actor == "operator:lin"


def test_titles_never_run(house, lin):
    post(lin, f"{PAGE}/new", **{**FORM, "title": "<script>alert(1)</script>"})
    assert "<script>alert" not in lin.get(PAGE).text

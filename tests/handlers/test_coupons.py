"""The coupon word and the coupon button."""

from datetime import timedelta

import pytest

from bot.coupon import issue_for_event
from bot.store import followers
from bot.store.models import CouponCode
from bot.values.inbound import MenuClick
from handlers.answers import yuan
from tests.bot.coupon.cast import a_batch
from tests.conftest import NOON
from tests.handlers.conftest import PUBLIC_URL, shown


def given(house, batch, event_id, openid="o-lin"):
    lin = followers.ensure(house.account.id, openid, NOON)
    return issue_for_event(house.account.id, lin.id, batch, event_id, NOON)


def test_without_any_coupon_the_words_are_friendly(house):
    assert "没有可以领的优惠券" in house.says("优惠券")


def test_the_coupons_one_holds_are_listed_with_their_links(house):
    a_batch(house.account.id, 3, threshold_fen=3000, valid_until=NOON + timedelta(days=3))
    given(house, "spring-8", 900)
    said = house.says("优惠券")
    assert "1 张" in said
    assert "满30减8" in said
    assert "满 30 元减 8 元" in said
    assert "2026-11-24 12:00" in said  # Shanghai
    assert f'<a href="{PUBLIC_URL}/h5/coupon/' in said


def test_the_code_itself_is_not_in_the_chat(house):
    a_batch(house.account.id, 1)
    coupon = given(house, "spring-8", 900)
    assert coupon.code not in house.says("优惠券")


@pytest.mark.parametrize("ask", ["text", "button"])
def test_the_first_question_gets_a_welcome_coupon_and_the_second_the_same_one(house, ask):
    a_batch(house.account.id, 5, slug="welcome")

    def says():
        if ask == "text":
            return house.says("有优惠券吗")
        return shown(house.push(MenuClick, key="COUPON"))

    first = says()
    assert "长期有效" in first
    assert says() == first
    assert CouponCode.select().where(CouponCode.state == "issued").count() == 1


def test_who_has_used_the_welcome_coupon_gets_no_second(house):
    a_batch(house.account.id, 5, slug="welcome")
    house.says("优惠券")
    CouponCode.update(state="redeemed").where(CouponCode.state == "issued").execute()
    assert "没有可以领的优惠券" in house.says("优惠券")


def test_an_empty_welcome_batch_is_no_trouble(house):
    a_batch(house.account.id, 0, slug="welcome")
    assert "没有可以领的优惠券" in house.says("优惠券")


def test_a_long_list_is_cut_to_what_fits_into_a_reply(house):
    a_batch(house.account.id, 9, per_person=9)
    for number in range(8):
        given(house, "spring-8", 900 + number)
    said = house.says("优惠券")
    assert said.count("<a href=") == 5
    assert "还有 3 张" in said
    assert len(said.encode()) <= 2048


def test_one_does_not_see_anothers_coupons(house):
    a_batch(house.account.id, 1)
    given(house, "spring-8", 900, openid="o-wang")
    assert "没有可以领的优惠券" in house.says("优惠券")


@pytest.mark.parametrize(("fen", "text"), [(800, "8"), (850, "8.50"), (805, "8.05"), (0, "0")])
def test_money_is_shown_in_yuan(fen, text):
    assert yuan(fen) == text

"""Codes taken out of use, codes for paper, and the limits of a batch."""

import pytest

from bot import coupon
from bot.coupon.codes import in_fours, is_mistyped
from bot.errors import Conflict, InvalidInput, NotFound
from bot.segment import catalogue, refresh
from bot.store import accounts, coupon_void, coupons, segments
from bot.values.audience import Skip
from tests.bot.coupon.cast import SOON
from tests.conftest import NOON, a_follower

BASE = {"slug": "b", "title": "券", "face_value_fen": 800}


def a_batch(account_id, **changes):
    return coupon.make_batch(account_id, {**BASE, **changes}, NOON)


@pytest.mark.mysql
def test_a_withdrawn_batch_gives_and_takes_nothing_and_segments_see_it(any_store):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    lin, mei = a_follower(account), a_follower(account, "o-mei")
    batch = a_batch(account, codes=5, per_person=2)
    code = coupons.code_text(coupons.issue_now(batch.id, lin, "event:1", NOON).id)
    coupons.reserve_many(batch.id, [(mei, "event:2")], SOON, NOON)
    catalogue.define(
        account, "has", "有券", {"coupon": "b", "state": "issued", "at_least": 1}, NOON
    )
    refresh.refresh_all(NOON)
    assert segments.by_slug(account, "has").size == 1
    coupon_void.withdraw(batch.id, "印错了", NOON)  # and cut off here: it holds at once
    assert coupons.issue_now(batch.id, mei, "event:3", NOON) is Skip.NO_STOCK
    assert coupons.usable_by(lin, NOON) == []
    assert coupon.withdraw(account, "b", "印错了", NOON) == 4
    refresh.refresh_all(NOON)
    assert segments.by_slug(account, "has").size == 0
    assert coupon.redeem(code, now=NOON, account_id=account).outcome == "void"
    coupons.hand_over(["event:2"], NOON)  # the reserved one, whose message went out meanwhile
    (late,) = coupons.coupons_for(["event:2"])
    assert (
        coupon.redeem(coupons.code_text(late.code_id), now=NOON, account_id=account).outcome
        == "void"
    )
    assert coupon.sweep(NOON) == 1
    assert coupons.stock(batch.id)["void"] == 5
    assert coupon.withdraw(account, "b", "again", NOON) == 0


def test_one_code_is_void_while_it_could_be_used(account_id):
    lin, batch = a_follower(account_id), a_batch(account_id, codes=2)
    code = coupons.code_text(coupons.issue_now(batch.id, lin, "event:1", NOON).id)
    assert coupon.void(account_id, code, "投诉").follower_id == lin
    assert coupon.redeem(code, now=NOON, account_id=account_id).outcome == "void"
    with pytest.raises(Conflict, match="void"):
        coupon.void(account_id, code, "投诉")
    with pytest.raises(NotFound):
        coupon.void(account_id, "NOPE", "投诉")
    with pytest.raises(InvalidInput, match="why"):
        coupon.void(account_id, code, " ")


def test_codes_on_paper_are_usable_and_no_followers(account_id):
    batch = a_batch(account_id, codes=1, valid_days=7)
    codes = list(coupon.on_paper(batch.id, 3, NOON))
    assert coupons.stock(batch.id) | {"available": 1, "issued": 3} == coupons.stock(batch.id)
    lin = a_follower(account_id)
    assert coupons.code_text(coupons.issue_now(batch.id, lin, "event:1", NOON).id) not in codes
    assert coupon.redeem(codes[0], order_number="A", now=NOON, account_id=account_id).ok


@pytest.mark.parametrize(
    ("limits", "fits"),
    [
        pytest.param({"total_limit": 5}, 2, id="codes in all"),
        pytest.param({"budget_fen": 4799}, 2, id="by the face value"),
        pytest.param({"budget_fen": 4000, "cost_fen": 1000}, 1, id="by the cost"),
        pytest.param({"budget_fen": 4000, "total_limit": 4}, 1, id="the narrower of both"),
    ],
)
def test_a_batch_takes_no_more_codes_than_its_limit_and_budget(account_id, limits, fits):
    batch = a_batch(account_id, codes=3, **limits)
    with pytest.raises(Conflict, match=f"room for {fits}"):
        coupon.restock(batch.id, fits + 1)
    known = coupons.code_text(coupons.issue_now(batch.id, a_follower(account_id), "e:1", NOON).id)
    with pytest.raises(Conflict):
        coupon.import_codes(batch.id, ["NEW-0001", known, "NEW-0002", "NEW-0003"])
    assert sum(coupons.stock(batch.id).values()) == 3 + fits
    coupon.void(account_id, known, "makes room")
    assert coupon.restock(batch.id, 1) == 1


def test_a_batch_is_not_made_with_more_than_its_budget_pays_for(account_id):
    with pytest.raises(InvalidInput, match="codes"):
        a_batch(account_id, codes=6, budget_fen=4000)
    assert coupons.batches(account_id) == []


def test_codes_for_the_eye():
    code = "7K2M-Q9RT-4XW"
    assert in_fours("abcd1234") == "abcd 1234"
    assert in_fours("ABCDEFGHJKMNP") == "ABCD EFGH JKMNP"
    assert in_fours(code) == code  # a shop's own form, as it came
    assert not is_mistyped(code)

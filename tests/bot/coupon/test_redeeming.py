"""Redemption by the terms, side by side, and taken back: state, log and credit agree."""

from datetime import timedelta

import pytest

from bot import coupon
from bot.collect.intake import take_orders
from bot.errors import Conflict, InvalidInput, NotFound
from bot.profile.fold import orders_of, redeemed_of, spent_of
from bot.profile.refresh import fold_new
from bot.segment import catalogue, refresh
from bot.store import accounts, coupon_redeem, coupons, profiles, segments
from bot.store.coupons import Use
from bot.store.db import fetch
from bot.store.models import Conversion, CouponUse
from bot.values.coupons import RedeemOutcome
from tests.bot.coupon.cast import SOON, a_campaign, a_send, state_of
from tests.conftest import NOON, a_follower

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
BASE = {"slug": "b", "title": "券", "face_value_fen": 800, "threshold_fen": 3000, "codes": 3}
DISCOUNT = {"slug": "b", "title": "八折", "kind": "discount", "discount_permille": 200,
            "max_discount_fen": 2000, "codes": 3}  # fmt: skip


@pytest.fixture
def account(account_id):
    return account_id


@pytest.fixture
def lin(account):
    return a_follower(account)


def given_code(account, follower, document, purpose="event:1", at=NOON):
    known = {batch.slug: batch for batch in coupons.batches(account)}
    made = known.get(document["slug"]) or coupon.make_batch(account, document, at)
    ref = coupons.issue_now(made.id, follower, purpose, at)
    return coupons.code_text(ref.id)


def redeem(account, code, order="A1", now=NOON, amount=None, **use):
    return coupon.redeem(
        code, order_number=order, amount_fen=amount, now=now, account_id=account,
        use=Use("till", **use),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("document", "use", "outcome", "off"),
    [
        pytest.param(BASE, {"basket_fen": 2999}, "below_threshold", 0, id="too small a basket"),
        pytest.param(BASE, {"basket_fen": 4500}, "redeemed", 800, id="a cut"),
        pytest.param(BASE, {}, "redeemed", 800, id="a till that does not say the basket"),
        pytest.param(DISCOUNT, {"basket_fen": 4500}, "redeemed", 900, id="a discount"),
        pytest.param(DISCOUNT, {"basket_fen": 90_000}, "redeemed", 2000, id="to its cap"),
        pytest.param({**BASE, "shops": ["a1"]}, {"shop": "b2"}, "wrong_shop", 0, id="elsewhere"),
        pytest.param({**BASE, "weekdays": [1]}, {}, "wrong_time", 0, id="on a Saturday"),
        pytest.param({**BASE, "hours": "12:00-13:00"}, {}, "redeemed", 800, id="in its hour"),
        pytest.param({**BASE, "start_days": 1}, {}, "not_yet_valid", 0, id="a day too early"),
    ],
)  # fmt: skip
def test_the_terms_decide(account, lin, document, use, outcome, off):
    done = redeem(account, given_code(account, lin, document), **use)
    assert (done.outcome, done.discount_fen) == (outcome, off)
    assert CouponUse.select().count() == (outcome == "redeemed")


def test_a_coupon_that_starts_later_lasts_from_then_on(account, lin):
    document = {**BASE, "start_days": 2, "valid_days": 3}
    code = given_code(account, lin, document)
    found = coupons.find(code, account)
    assert (found.valid_from, found.expires_at) == (NOON + 2 * DAY, NOON + 5 * DAY)
    assert coupons.usable_by(lin, NOON)[0].valid_from == NOON + 2 * DAY
    assert redeem(account, code, now=NOON + 5 * DAY - MINUTE).ok


def test_what_was_paid_follows_from_the_basket_and_the_answer_is_repeated(account, lin):
    code = given_code(account, lin, BASE)
    first, again = (redeem(account, code, basket_fen=4500, shop="a1") for _ in range(2))
    assert first == again
    assert (first.coupon.amount_fen, first.to_json()["discount_fen"], again.shop) == (
        3700,
        800,
        "a1",
    )
    assert redeem(account, code, "A2").outcome == "already_redeemed"


def test_two_coupons_of_one_order_stand_side_by_side_only_where_both_allow_it(any_store):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    lin = a_follower(account)
    alone = given_code(account, lin, {**BASE, "slug": "alone"})
    drinks = given_code(
        account, lin, {**BASE, "slug": "drinks", "stacks_with": ["cakes"]}, "event:2"
    )
    cakes = given_code(account, lin, {**DISCOUNT, "slug": "cakes", "stacks_with": ["*"]}, "event:3")
    assert redeem(account, drinks, basket_fen=4500).discount_fen == 800
    assert redeem(account, alone).outcome == "not_stackable"
    assert redeem(account, cakes).discount_fen == 740  # of what the first one left
    assert redeem(account, alone, "A2").ok
    assert [row.discount_fen for row in CouponUse.select().order_by(CouponUse.id)] == [
        800,
        740,
        800,
    ]


@pytest.mark.parametrize(
    ("typed", "outcome"),
    [
        pytest.param(lambda code: code[:-1] + "10"[code[-1] == "1"], "mistyped", id="a slip"),
        pytest.param(lambda code: "12345678", "unknown", id="a code of another form"),
    ],
)
def test_a_slip_is_told_from_a_code_of_nobody_and_both_are_noted(account, lin, typed, outcome):
    code = given_code(account, lin, BASE)
    assert redeem(account, typed(code)).outcome == outcome
    assert coupon.look(typed(code), account, NOON, Use("till")).outcome == outcome
    assert fetch("SELECT outcome FROM coupon_attempt") == [(outcome,)] * 2


@pytest.mark.parametrize(
    ("use", "order", "field"),
    [
        ({"basket_fen": -1}, "A", "basket_fen"),
        ({"shop": "x" * 33}, "A", "shop"),
        ({}, "x" * 65, "order_number"),
    ],
)
def test_it_refuses_what_no_till_says(account, use, order, field):
    with pytest.raises(InvalidInput) as refusal:
        redeem(account, "x", order, **use)
    assert refusal.value.field == field


# --- taking back ---------------------------------------------------------------------------------


def sent_code(account, lin, document, send_state="sent"):
    """A code that a campaign's send brought; (code, send id)."""
    made = coupon.make_batch(account, document, NOON)
    send_id = a_send(a_campaign(account), lin, send_state, batch=made.id)
    coupons.reserve_many(made.id, [(lin, f"send:{send_id}")], SOON, NOON)
    coupons.hand_over([f"send:{send_id}"], NOON)
    (found,) = coupons.coupons_for([f"send:{send_id}"])
    return coupons.code_text(found.code_id), send_id


def folded(follower):
    fold_new(NOON + DAY)
    return profiles.state_of(follower)


@pytest.mark.mysql
def test_taken_back_it_is_the_followers_again_and_nothing_of_it_counts(any_store):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    lin = a_follower(account)
    code, send_id = sent_code(account, lin, BASE)
    catalogue.define(
        account, "users", "用过的", {"coupon": "b", "state": "redeemed", "at_least": 1}, NOON
    )
    done = redeem(account, code, basket_fen=4500)
    folded(lin)
    refresh.refresh_all(NOON + MINUTE)
    assert segments.by_slug(account, "users").size == 1
    assert coupon.undo(done.use_id, account, NOON + MINUTE)
    assert not coupon.undo(done.use_id, account, NOON + MINUTE)
    state = folded(lin)
    assert (redeemed_of(state), orders_of(state), spent_of(state)) == (0, 0, 0)
    assert Conversion.select().count() == 0
    refresh.refresh_all(NOON + 2 * MINUTE)
    assert segments.by_slug(account, "users").size == 0
    # and used in earnest, for the same order: one order, one credit
    assert redeem(account, code, basket_fen=5000, now=NOON + 2 * MINUTE).first
    state = folded(lin)
    assert (redeemed_of(state), orders_of(state), spent_of(state)) == (1, 1, 4200)
    assert [(row.send_id, row.amount_fen) for row in Conversion.select()] == [(send_id, 4200)]


def test_an_order_that_the_shop_told_itself_stays(account, lin):
    order = {"order_number": "A1", "at": NOON.isoformat(), "amount_fen": 3700, "follower": lin}
    take_orders(account, [order], NOON)
    done = redeem(account, given_code(account, lin, BASE), basket_fen=4500)
    coupon.undo(done.use_id, account, NOON)
    state = folded(lin)
    assert (redeemed_of(state), orders_of(state), spent_of(state)) == (0, 1, 3700)


def test_of_two_coupons_of_an_order_one_taken_back_leaves_the_order(account, lin):
    both = [given_code(account, lin, {**BASE, "slug": slug, "stacks_with": ["*"]}, f"event:{slug}")
            for slug in ("x", "y")]  # fmt: skip
    first, second = (redeem(account, code, basket_fen=4500) for code in both)
    coupon.undo(first.use_id, account, NOON)
    assert orders_of(folded(lin)) == 1
    coupon.undo(second.use_id, account, NOON)
    assert orders_of(folded(lin)) == 0


@pytest.mark.parametrize(
    ("later", "till", "refusal"),
    [
        pytest.param(timedelta(minutes=2, seconds=1), 1, Conflict, id="too late"),
        pytest.param(timedelta(0), 2, NotFound, id="by another till"),
    ],
)
def test_not_taken_back(account, lin, later, till, refusal):
    done = redeem(account, given_code(account, lin, BASE), till_id=1)
    with pytest.raises(refusal):
        coupon.undo(done.use_id, account, NOON + later, till_id=till)
    assert state_of(done.coupon.code_id) == RedeemOutcome.REDEEMED
    assert coupon.undo(done.use_id, account, NOON + DAY, within=2 * DAY)  # an operator may


def test_a_use_told_later_counts_though_the_sweeper_was_faster(account, lin, monkeypatch):
    """It expires between the look at it and its use."""
    code = given_code(account, lin, {**BASE, "valid_days": 1})
    real = coupon_redeem._use_up

    def swept_before(*args):
        coupon.sweep(NOON + 2 * DAY)
        return real(*args)

    monkeypatch.setattr(coupon_redeem, "_use_up", swept_before)
    done = coupon.redeem(code, order_number="A", now=NOON, account_id=account, use=Use("file"))
    assert (done.outcome, done.first) == ("redeemed", True)


def test_a_clock_that_is_behind_is_no_objection_at_a_till(account, lin):
    code = given_code(account, lin, BASE)
    assert redeem(account, code, now=NOON - MINUTE).ok

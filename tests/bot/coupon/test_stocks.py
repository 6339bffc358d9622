"""The stock alarm: told once a crossing, with how many days are left; and what coupons cost."""

from datetime import timedelta

import pytest

from bot import coupon
from bot.coupon import stocks
from bot.store import accounts, coupon_notices, coupons
from bot.store.coupons import Use
from tests.conftest import NOON, a_follower

DAY = timedelta(days=1)


def a_batch(account_id, **changes):
    document = {"slug": "b", "title": "满30减8", "face_value_fen": 800, "per_person": 99, **changes}
    return coupon.make_batch(account_id, document, NOON)


def give(batch, follower, count, at=NOON, of="e"):
    return [coupons.issue_now(batch.id, follower, f"{of}:{n}", at) for n in range(count)]


def notices(account_id):
    return [
        (one.kind, one.subject, one.severity) for one in coupon_notices.open_notices(account_id)
    ]


def test_it_is_told_once_a_crossing(any_store):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    batch, lin = a_batch(account, codes=20, low_count=5), a_follower(account)
    give(batch, lin, 15)
    assert (stocks.watch(NOON), notices(account)) == (0, [])
    give(batch, lin, 1, of="one more")
    assert [stocks.watch(NOON + n * DAY) for n in range(2)] == [1, 0]
    assert notices(account) == [("low_stock", "b", "medium")]
    (told,) = coupon_notices.open_notices(account)
    assert (told.facts["available"], told.facts["total"], told.facts["days_left"]) == (4, 20, 1.8)
    coupon.restock(batch.id, 20)
    assert (stocks.watch(NOON + DAY), notices(account)) == (1, [])
    give(batch, lin, 24, of="the rest")
    assert (stocks.watch(NOON + DAY), notices(account)) == (1, [("low_stock", "b", "high")])
    assert len(coupon_notices.since(account, NOON)) == 2


@pytest.mark.parametrize(
    ("changes", "given", "low"),
    [
        pytest.param({"codes": 10}, 9, False, id="a tenth is left"),
        pytest.param({"codes": 20}, 19, True, id="less than a tenth"),
        pytest.param({"codes": 20, "low_permille": 0}, 20, False, id="no share, no alarm"),
        pytest.param({"codes": 20, "low_permille": 500}, 11, True, id="a share of one's own"),
        pytest.param({"codes": 0}, 0, False, id="nothing came on stock yet"),
        pytest.param({"codes": 20, "valid_until": "2026-11-20"}, 0, False, id="over anyway"),
    ],
)
def test_what_is_low(account_id, changes, given, low):
    batch = a_batch(account_id, **changes)
    give(batch, a_follower(account_id), given)
    assert [one.low for one in stocks.overview(account_id, NOON)] == [low]


def test_the_forecast_goes_by_the_last_seven_days(account_id):
    batch, lin = a_batch(account_id, codes=40), a_follower(account_id)
    give(batch, lin, 5, NOON - 8 * DAY, "long ago")
    give(batch, lin, 14, NOON - 6 * DAY, "lately")
    (stock,) = stocks.overview(account_id, NOON)
    assert (stock.available, stock.per_day, stock.days_left) == (21, 2.0, 10.5)
    (later,) = stocks.overview(account_id, NOON + 30 * DAY)
    assert later.days_left is None


def test_what_they_cost(account_id):
    lin = a_follower(account_id)
    terms = {
        "cut": {},
        "own": {"cost_fen": 300},
        "thing": {"kind": "exchange", "exchange": "拿铁", "face_value_fen": 2500},
    }
    for slug, changes in terms.items():
        batch = a_batch(account_id, slug=slug, codes=3, **changes)
        for n, ref in enumerate(give(batch, lin, 2, of=slug)[:1]):
            code = coupons.code_text(ref.id)
            use = Use(basket_fen=600)
            coupon.redeem(code, order_number=f"{slug}{n}", now=NOON, account_id=account_id, use=use)
    found = {one.of.slug: one for one in stocks.overview(account_id, NOON)}
    assert {slug: (one.used.cost_fen, one.open_cost) for slug, one in found.items()} == {
        "cut": (600, 800), "own": (300, 300), "thing": (2500, 2500),
    }  # fmt: skip

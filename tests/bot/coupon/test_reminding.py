"""Before a coupon ends that chat or an operator gave: told once, of those who opened it."""

from datetime import timedelta

import pytest

from bot import coupon
from bot.coupon import reminding
from bot.store import coupons
from bot.store.db import fetch
from tests.bot.coupon.cast import SOON, a_campaign, a_send
from tests.conftest import NOON, a_follower

HOUR = timedelta(hours=1)


def told():
    sql = "SELECT follower_id FROM event WHERE kind = 'coupon.expiring' ORDER BY follower_id"
    return [row[0] for row in fetch(sql)]


def test_only_opened_and_unused_ones_that_no_campaign_sent_and_each_once(account_id):
    document = {"slug": "b", "title": "券", "face_value_fen": 800, "valid_days": 3, "codes": 9}
    batch = coupon.make_batch(account_id, document, NOON)
    chat, unopened, used, sent = (a_follower(account_id, f"o-{n}") for n in range(4))
    for who in (chat, unopened, used):
        coupons.issue_now(batch.id, who, f"event:{who}", NOON)
    purpose = f"send:{a_send(a_campaign(account_id), sent, 'sent', batch=batch.id)}"
    coupons.reserve_many(batch.id, [(sent, purpose)], SOON, NOON)
    coupons.hand_over([purpose], NOON)
    held = {who: coupons.usable_by(who, NOON)[0] for who in (chat, unopened, used, sent)}
    for who in (chat, used, sent):
        assert coupon.claim(held[who].code_id, NOON)
    assert coupon.redeem(held[used].code, now=NOON, account_id=account_id).ok
    assert [reminding.tell_expiring(NOON + hours * HOUR) for hours in (47, 49, 50)] == [0, 1, 0]
    assert told() == [chat]


def test_cut_off_between_event_and_mark_nothing_is_told_twice(account_id, monkeypatch):
    document = {"slug": "b", "title": "券", "face_value_fen": 800, "valid_days": 1, "codes": 1}
    batch, lin = coupon.make_batch(account_id, document, NOON), a_follower(account_id)
    coupon.claim(coupons.issue_now(batch.id, lin, "event:1", NOON).id, NOON)

    def dies(*args, **more):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(coupons, "record", dies)
        with pytest.raises(KeyboardInterrupt):
            reminding.tell_expiring(NOON + HOUR)
    assert told() == []
    assert reminding.tell_expiring(NOON + HOUR) == 1

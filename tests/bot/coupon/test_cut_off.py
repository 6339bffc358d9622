"""Killed before any statement and begun again: nothing twice, nothing lost. And tills at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import coupon
from bot.store import accounts, coupon_remote, coupons
from bot.store.db import fetch
from bot.store.models import CouponCode, CouponUse
from tests.bot.coupon.cast import SOON, a_campaign, a_send
from tests.bot.coupon.test_races import at_once
from tests.conftest import NOON, a_follower

MINUTE = timedelta(minutes=1)


class Killed(BaseException):
    """The process is gone: nothing of ours catches it."""


@pytest.fixture
def killed_after(any_store, monkeypatch):
    """Run `work`, killed before its n-th statement; whether it was killed."""

    def run(work, statements):
        real, left = any_store.db.execute_sql, [statements]

        def count_down(*args, **more):
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return real(*args, **more)

        with monkeypatch.context() as patched:
            patched.setattr(any_store.db, "execute_sql", count_down)
            try:
                work()
            except Killed:
                return True
        return False

    return run


@pytest.fixture
def world(any_store):
    """Lin with a campaign's coupon; (account id, code, send id)."""
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    lin = a_follower(account)
    document = {"slug": "b", "title": "满30减8", "face_value_fen": 800, "threshold_fen": 3000,
                "per_person": 9, "codes": 4}  # fmt: skip
    batch = coupon.make_batch(account, document, NOON)
    send_id = a_send(a_campaign(account), lin, "sent", batch=batch.id)
    coupons.reserve_many(batch.id, [(lin, f"send:{send_id}")], SOON, NOON)
    coupons.hand_over([f"send:{send_id}"], NOON)
    (found,) = coupons.coupons_for([f"send:{send_id}"])
    return account, coupons.code_text(found.code_id), send_id


def told():
    """What the log, the credits and the tills' book say of it."""
    kinds = ("coupon.redeemed", "order", "coupon.returned", "refund")
    counted = dict(fetch("SELECT kind, COUNT(*) FROM event GROUP BY kind"))
    standing = CouponUse.select().where(CouponUse.undone_at.is_null()).count()
    (credits,) = fetch("SELECT COUNT(*) FROM conversion")[0]
    return [counted.get(kind, 0) for kind in kinds], standing, credits


def test_a_redemption_and_its_taking_back(world, killed_after):
    account, code, _ = world
    uses = coupon.redeeming.Use("till", "a1", 1, 4500)

    def redeem():
        done = coupon.redeem(
            code, order_number="A1", amount_fen=None, now=NOON, account_id=account, use=uses
        )
        assert done.ok
        return done

    statements = 0
    while killed_after(redeem, statements):
        assert told() == ([0, 0, 0, 0], 0, 0)
        statements += 1
    assert statements > 8
    assert told() == ([1, 1, 0, 0], 1, 1)
    use_id, statements = redeem().use_id, 0
    while killed_after(lambda: coupon.undo(use_id, account, NOON + MINUTE), statements):
        assert told() == ([1, 1, 0, 0], 1, 1)
        statements += 1
    assert statements > 5
    assert told() == ([1, 1, 1, 1], 0, 0)


def test_a_withdrawal_goes_on_where_it_was(world, killed_after):
    account, code, _ = world
    states = []
    for statements in range(60):
        if not killed_after(lambda: coupon.withdraw(account, "b", "印错", NOON), statements):
            break
        states.append(coupon.redeem(code, now=NOON, account_id=account).outcome)
        if states[-1] == "redeemed":
            use_id = CouponUse.select(CouponUse.id).order_by(CouponUse.id.desc()).scalar()
            coupon.undo(use_id, account, NOON)
    # Either it holds for every till, or nothing of it does.
    assert [states[0], states[-1]] == ["redeemed", "void"]
    assert states == sorted(states)
    assert {row.state for row in CouponCode.select()} == {"void"}


def test_asking_for_the_wallet_shuts_the_till_or_does_not(world, killed_after):
    account, code, _ = world
    found = coupons.find(code, account)
    statements = 0
    while killed_after(lambda: coupon_remote.ask(found.code_id, NOON), statements):
        held = coupons.coupon(found.code_id).held_at is not None
        assert held == bool(fetch("SELECT 1 FROM coupon_remote"))
        statements += 1
    assert coupon.redeem(code, now=NOON, account_id=account).outcome == "in_wallet"
    coupon_remote.refused(found.code_id, "RULE_LIMIT", NOON)
    assert coupon.redeem(code, now=NOON, account_id=account).ok
    assert not coupon_remote.ask(found.code_id, NOON)


def test_eight_tills_with_a_coupon_each_for_one_order(any_store):
    """They may not stand side by side: exactly one is used."""
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    document = {"slug": "b", "title": "券", "face_value_fen": 800, "codes": 8}
    batch = coupon.make_batch(account, document, NOON)
    refs = [
        coupons.issue_now(batch.id, a_follower(account, f"o-{n}"), f"event:{n}", NOON)
        for n in range(8)
    ]
    codes = [coupons.code_text(ref.id) for ref in refs]

    def redeem(code):
        return coupon.redeem(code, order_number="A1", now=NOON, account_id=account).outcome

    assert sorted(at_once(any_store, redeem, codes)) == ["not_stackable"] * 7 + ["redeemed"]
    assert CouponUse.select().count() == 1

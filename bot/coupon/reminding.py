"""The event `coupon.expiring`: an opened coupon that was not used ends within a day.

A campaign reminds of its own coupons by a second step of its run. Of those that no send brought
(chat, welcome, by hand) this event tells, once a coupon, and a journey that begins with it sends
the notice, by the one ledger that all sends go through.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.store import accounts, coupons
from bot.store.db import again, transaction

BEFORE = timedelta(days=1)
PART = 200


def tell_expiring(now: datetime) -> int:
    """Append the event for each coupon that it is time for; how many."""
    return sum(_tell_all(account_id, now) for account_id in accounts.ids())


def _tell_all(account_id: int, now: datetime) -> int:
    told = 0
    while part := _tell_some(account_id, now):
        told += part
    return told


@again
def _tell_some(account_id: int, now: datetime) -> int:
    """Events and marks in one transaction: told once, or, after a crash, not yet."""
    with transaction():
        due = coupons.expiring(account_id, now + BEFORE, now, PART, without_send=True)
        coupons.mark_reminded([one.code_id for one in due], now)
        for one in due:
            coupons.record("expiring", coupons.coupon(one.code_id), now)
    return len(due)

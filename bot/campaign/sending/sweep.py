"""Repair: rows whose sender died, and the platform's receipts.

A dead sender's row may or may not have been sent. A customer-service message carries no id by which
the platform would drop a repeat, so such a row is unknown and stays so, unless a receipt or a tap
proves that it came. A template message is sent again with its own id while that is still known.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta

from bot.campaign.sending.settle import UNKNOWN_KEPT, repeatable
from bot.store import campaigns, coupons, send_progress, send_repair, sends
from bot.store.db import again, transaction
from bot.store.send_progress import Done
from bot.store.sends import SendRow
from bot.values.audience import Channel, SendState

logger = logging.getLogger(__name__)

CHUNK = 500
LEASE = timedelta(minutes=1)
DIED = "the sender ended before the answer came"


def sweep(now: datetime) -> int:
    """Free every row whose lease has ended; how many."""
    swept = 0
    while count := _sweep_chunk(now):
        swept += count
    return swept


@again
def _sweep_chunk(now: datetime) -> int:
    with transaction():
        rows = send_repair.lapsed(now, CHUNK)
        arrived = [row for row in rows if row.msgid]
        repeated = [row for row in rows if not row.msgid and repeatable(row, now + LEASE)]
        unknown = [row for row in rows if row not in arrived and row not in repeated]
        sends.settle_sent(((row.id, row.msgid) for row in arrived), now)
        sends.put_back((row.id, now, True, None, DIED) for row in repeated)
        settle_unknown(unknown, DIED, now)
        coupons.hand_over([r.coupon_purpose for r in arrived if r.coupon_code is not None], now)
        _note(arrived, unknown, repeated, now)
    for owner, many in sorted(Counter(row.claimed_by for row in rows).items()):
        logger.warning("sender=%s dead=1 rows=%d", owner, many)
    return len(rows)


def _note(
    arrived: list[SendRow], unknown: list[SendRow], repeated: list[SendRow], now: datetime
) -> None:
    for campaign_id in sorted({row.campaign_id for row in arrived + unknown + repeated}):
        of = [sum(r.campaign_id == campaign_id for r in x) for x in (arrived, unknown, repeated)]
        done = Done(sent=of[0], lost=of[1], again=of[2])
        send_progress.note(campaign_id, campaigns.get(campaign_id).generation, done, now)


def settle_unknown(rows: list[SendRow], error: str, now: datetime) -> None:
    sends.settle(((row.id, None, error) for row in rows), SendState.UNKNOWN, now)
    coupons.extend_many(
        [row.coupon_purpose for row in rows if row.coupon_code is not None], now + UNKNOWN_KEPT
    )


@again
def settle_receipt(
    msgid: str, delivered: bool, status: str, now: datetime, follower_id: int | None = None
) -> bool:
    """The platform's word on a template message (TEMPLATESENDJOBFINISH). False: none of ours.

    It may come before the answer to the call itself: the row is then still claimed, and keeps the
    receipt for when it is settled. After the campaign's sum is closed only the word is kept.
    """
    if not msgid:
        return False
    with transaction():
        row = send_repair.by_msgid(msgid, follower_id)
        if row is None and follower_id is not None:
            row = send_repair.in_flight(follower_id, Channel.TEMPLATE)
        if row is None:
            return False
        send_repair.note_receipt(
            row.id, msgid, now if delivered else None, "" if delivered else status
        )
        if row.state in (SendState.SENT, SendState.UNKNOWN) and not send_repair.is_closed(row):
            if not delivered:
                sends.settle([(row.id, None, status)], SendState.FAILED, now)
            elif row.state == SendState.UNKNOWN:
                sends.settle_sent([(row.id, msgid)], now)
        return True

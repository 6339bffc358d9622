"""What permission asks about followers, looked up for many at once: by claim, dry run, planning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.campaign.order import Order
from bot.campaign.policy import Recipient
from bot.channels.registry import CHANNELS
from bot.store import consents, sends
from bot.values.audience import Channel, Purpose

NONE_SENT = (0, 0, 0)


def recipients(
    order: Order, follower_ids: Sequence[int], now: datetime, *, marketing: bool = True
) -> dict[int, Recipient]:
    """The followers as they are now, by id, held until the transaction ends; who is gone is left
    out. Without `marketing` nothing is asked that only binds marketing."""
    ids = sorted(set(follower_ids))
    people = sends.people(ids)
    if not marketing:
        return {who: Recipient(follower) for who, follower in people.items()}
    counts = sends.marketing_counts(ids, now)
    refusing = consents.refusing(ids, order.topics())
    return {
        who: Recipient(follower, *counts.get(who, NONE_SENT), topic_refused=who in refusing)
        for who, follower in people.items()
    }


def spent(recipient: Recipient, channel: Channel, purpose: Purpose) -> Recipient:
    """The same follower once this send is claimed, for their next row in the same batch."""
    follower = recipient.follower
    if CHANNELS[channel].needs_window:
        follower = replace(follower, window_left=follower.window_left - 1)
    more = 1 if purpose is Purpose.MARKETING else 0
    return replace(
        recipient,
        follower=follower,
        sent_last_day=recipient.sent_last_day + more,
        sent_last_7_days=recipient.sent_last_7_days + more,
        sent_last_30_days=recipient.sent_last_30_days + more,
    )

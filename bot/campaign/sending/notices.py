"""The platform's events about notices: rights that followers give and take back, and receipts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.store import entitlements, send_repair, sends
from bot.store.db import again, transaction
from bot.values.audience import Channel, SendState
from bot.values.inbound import SubscriptionAnswer

NOTICE = Channel.SUBSCRIPTION_NOTICE
ACCEPTED, REFUSED, DELIVERED = "accept", "reject", "0"


def popup_answered(
    follower_id: int, event_id: int, answers: Sequence[SubscriptionAnswer], at: datetime
) -> int:
    """Each accepted template is a right to one message; how many are new.

    Who says no to a pop-up gives nothing; what they gave before stays theirs to use up.
    """
    return sum(
        entitlements.grant(follower_id, NOTICE, one.template_id, f"event:{event_id}:{n}", at)
        for n, one in enumerate(answers)
        if one.status == ACCEPTED and one.template_id
    )


def choice_changed(
    follower_id: int, event_id: int, answers: Sequence[SubscriptionAnswer], at: datetime
) -> int:
    """They turned templates off in their settings; how many rights ended."""
    return sum(
        entitlements.refuse(follower_id, NOTICE, one.template_id, f"event:{event_id}:{n}", at)
        for n, one in enumerate(answers)
        if one.status == REFUSED and one.template_id
    )


def receipts(follower_id: int, answers: Sequence[SubscriptionAnswer], now: datetime) -> int:
    """What became of notices that were sent to this follower; how many were ours."""
    return sum(_receipt(follower_id, one, now) for one in answers if one.template_id)


@again
def _receipt(follower_id: int, one: SubscriptionAnswer, now: datetime) -> bool:
    """The call's answer names no message, so the receipt is of the oldest row that used a right of
    this template and has none yet."""
    with transaction():
        row = send_repair.notice_of(
            entitlements.used(follower_id, NOTICE, one.template_id), one.msgid
        )
        if row is None:
            return False
        delivered = one.error_code == DELIVERED
        error = "" if delivered else one.error_status or one.error_code
        send_repair.note_receipt(row.id, one.msgid, now if delivered else None, error)
        if row.state not in (SendState.SENT, SendState.UNKNOWN) or send_repair.is_closed(row):
            return True
        if not delivered:
            sends.settle([(row.id, None, error)], SendState.FAILED, now)
        elif row.state == SendState.UNKNOWN:
            sends.settle_sent([(row.id, one.msgid)], now)
        return True

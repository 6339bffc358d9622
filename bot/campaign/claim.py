"""Claiming: who may get it is decided and written in one transaction, before anything is sent.

In that transaction the rows and their followers are held, so that a cap, a window, a quota and a
coupon are each spent once, however many processes claim at the same time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.campaign.order import Order
from bot.campaign.policy import Delay, Policy, Recipient, Verdict, because, judge
from bot.campaign.states import CampaignStatus
from bot.channels.registry import CHANNELS, Way
from bot.store import campaigns, coupons, quotas, sends
from bot.store.coupons import CodeRef
from bot.store.db import transaction
from bot.store.sends import ClaimEntry, SendRow
from bot.values.audience import Channel, FollowerState, Purpose, SendState, Skip
from bot.values.coupons import CodeState

NOT_RESENT = "its first sending may have arrived, and it may not be repeated any more"


@dataclass(frozen=True, slots=True)
class Claim:
    """What one batch came to. `looked` 0: nothing is due now."""

    rows: tuple[SendRow, ...] = ()
    looked: int = 0
    skipped: int = 0
    delayed: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    row: SendRow
    verdict: Verdict
    reasons: dict[str, Any]


def claim(order: Order, owner: str, limit: int, lease: timedelta, now: datetime) -> Claim:
    """Take up to `limit` due rows of a running campaign; those that may go are now `owner`'s.

    All or nothing: a process that dies inside leaves the rows as they were.
    """
    with transaction():
        if campaigns.get(order.campaign_id).state != CampaignStatus.RUNNING:
            return Claim()
        rows = sends.due(order.campaign_id, now, limit)
        if not rows:
            return Claim()
        rooms = {channel: _room(order, CHANNELS[channel], now) for channel in _channels(order, rows)}
        decisions = [_kept_apart(d, lease, now) for d in _decide(order, rows, rooms, now)]
        return _write(order, decisions, owner, now + lease, now)


def _channels(order: Order, rows: Sequence[SendRow]) -> set[Channel]:
    return {channel for step in {row.step for row in rows} for channel in order.policy(step).channels}


def _room(order: Order, way: Way, now: datetime) -> int:
    day = quotas.day_of(now, order.zone)
    return quotas.room(order.account_id, way.api, day, way.daily_limit)


# --- deciding ----------------------------------------------------------------------------------


def _decide(
    order: Order, rows: Sequence[SendRow], rooms: dict[Channel, int], now: datetime
) -> Iterator[Decision]:
    """A verdict for each row, in the ledger's order. What one row takes, the next one misses."""
    ids = sorted({row.follower_id for row in rows})
    people = sends.people(ids)
    counts = sends.marketing_counts(ids, now) if _marketing(rows) else {}
    codes = sends.code_states([int(row.subject) for row in rows if row.subject])
    policies = {step: order.policy(step) for step in {row.step for row in rows}}
    for row in rows:
        follower, policy = people[row.follower_id], policies[row.step]
        recipient = Recipient(follower, *counts.get(follower.id, (0, 0, 0)))
        verdict = _about_code(row, codes, now) or judge(
            recipient, policy, now, {channel for channel, left in rooms.items() if left <= 0}
        )
        yield Decision(row, verdict, because(verdict, recipient, policy, now))
        if isinstance(verdict, Channel):
            rooms[verdict] -= 1
            people[follower.id] = _spent(follower, verdict)
            if policy.purpose is Purpose.MARKETING:
                day, week, month = counts.get(follower.id, (0, 0, 0))
                counts[follower.id] = (day + 1, week + 1, month + 1)


def _marketing(rows: Sequence[SendRow]) -> bool:
    return any(row.purpose == Purpose.MARKETING for row in rows)


def _spent(follower: FollowerState, channel: Channel) -> FollowerState:
    if not CHANNELS[channel].needs_window:
        return follower
    return replace(follower, window_left=follower.window_left - 1)


def _about_code(
    row: SendRow, codes: dict[int, tuple[str, datetime | None]], now: datetime
) -> Skip | None:
    """A notice about a coupon is pointless once the coupon is used or over."""
    if not row.subject:
        return None
    state, expires_at = codes.get(int(row.subject), ("", None))
    if state == CodeState.REDEEMED:
        return Skip.ALREADY_REDEEMED
    over = expires_at is not None and expires_at <= now
    return Skip.EXPIRED if state != CodeState.ISSUED or over else None


def _kept_apart(decision: Decision, lease: timedelta, now: datetime) -> Decision:
    """A row that may have been sent goes again only while the platform still drops repeats."""
    row = decision.row
    if not row.client_id or _repeatable(row, decision.verdict, now + lease):
        return decision
    return Decision(row, Delay(now), {"unknown": True})


def _repeatable(row: SendRow, verdict: Verdict, latest: datetime) -> bool:
    """`latest`: when it may leave at the latest, the claim's lease considered."""
    span = CHANNELS[verdict].duplicate_span if isinstance(verdict, Channel) else None
    return span is not None and row.first_claimed_at is not None and (
        latest < row.first_claimed_at + span
    )

"""What permission asks about followers, looked up for many at once: by claim, dry run, planning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.campaign.limits import LOOKS_BACK
from bot.campaign.order import Order
from bot.campaign.pieces import none_open
from bot.campaign.policy import Recipient
from bot.campaign.rights import rights_of
from bot.channels.planner import NO_RIGHTS, less
from bot.channels.registry import CHANNELS
from bot.store import consents, send_history, send_plan, sends
from bot.values.audience import Channel, Purpose

NONE_SENT = (0, 0, 0)
NOTHING: dict[str, Any] = {}


def recipients(
    order: Order, follower_ids: Sequence[int], now: datetime, *, marketing: bool = True
) -> dict[int, Recipient]:
    """The followers as they are now, by id, held until the transaction ends; who is gone is left
    out. Without `marketing` nothing is asked that only binds marketing."""
    ids = sorted(set(follower_ids))
    people = sends.people(ids)
    rights = rights_of(order, ids, now)
    bare = _without_content(order, ids, now)
    if not marketing:
        return {
            who: Recipient(follower, rights=rights.get(who, NO_RIGHTS), no_content=who in bare)
            for who, follower in people.items()
        }
    counts = sends.marketing_counts(ids, now)
    refusing = consents.refusing(ids, order.topics())
    more = _more(order, ids, now)
    return {
        who: Recipient(
            follower,
            *counts.get(who, NONE_SENT),
            topic_refused=who in refusing,
            rights=rights.get(who, NO_RIGHTS),
            no_content=who in bare,
            **more.get(who, NOTHING),
        )
        for who, follower in people.items()
    }


def _without_content(order: Order, ids: Sequence[int], now: datetime) -> set[int]:
    """Whose row carries a piece that cannot go out any more; without a row, all where none can."""
    if not order.definition.content:
        return set()
    if none_open(order, now):
        return set(ids)
    carried = send_plan.pieces_for(order.campaign_id, order.generation, ids)
    still = {one.slug for one in order.pieces if one.is_open(now)}
    return {who for who, slug in carried.items() if slug not in still}


def _more(order: Order, ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """What the rules ask that most runs do without; nothing is read for those."""
    limits, rails = order.limits, order.definition.guardrails
    found: dict[int, dict[str, Any]] = {}
    if limits.control is not None:
        for who in filter(limits.control.holds, ids):
            found.setdefault(who, {})["global_control"] = True
    if limits.rivals:
        until = now + timedelta(hours=rails.yield_hours)
        for who, run in send_history.outranking(ids, limits.rivals, until).items():
            found.setdefault(who, {})["outranked_by"] = run.slug
    if rails.rest or rails.variety:
        since = now - LOOKS_BACK
        for who, past in send_history.past(ids, since, limits.alike, ()).items():
            found.setdefault(who, {})["past"] = past
    return found


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
        rights=less(recipient.rights, channel),
    )

"""What followers let through, by channel: looked up and taken where their sends are claimed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.campaign.permission.order import Order
from bot.channels.registry import A_MONTH_EACH, BATCHED, TOKENED
from bot.clock import SHANGHAI
from bot.store import accounts, entitlements, mass_batches, send_months
from bot.store.sends import ClaimEntry, SendRow
from bot.values.audience import Channel

Rights = dict[Channel, int]
Key = tuple[str, int]  # template id, scene
REFUSED_RIGHT = 43101
A_DAY_EACH, LONGEST_MONTH = 1, 31


def rights_of(order: Order, follower_ids: Sequence[int], now: datetime) -> dict[int, Rights]:
    """Messages still open to each by channels that ask for a right; nothing is read for others."""
    found: dict[int, Rights] = {}
    channels = order.channels()
    for channel in channels:
        if channel in TOKENED:
            template, scene = key_of(order, channel)
            left = entitlements.left(follower_ids, channel, template, scene)
            for who, count in left.items():
                found.setdefault(who, {})[channel] = count
    if not BATCHED.isdisjoint(channels):
        had = send_months.mass_counts(follower_ids, month_start(now))
        alone = mass_batches.alone(order.campaign_id, order.generation)
        most = month_each(accounts.by_id(order.account_id).kind)
        for who in follower_ids:
            room = 0 if who in alone else max(0, most - had.get(who, 0))
            found.setdefault(who, {}).update(dict.fromkeys(BATCHED, room))
    return found


def key_of(order: Order, channel: str) -> Key:
    """By which rights are found. Raises AssertionError where the document was not checked."""
    means = order.definition.means
    if channel == Channel.SUBSCRIPTION_NOTICE:
        assert means.subscription is not None, "the definition was checked: the channel needs it"
        return means.subscription.template_id, 0
    assert means.one_time is not None, "the definition was checked: the channel needs it"
    return means.one_time.template_id, means.one_time.scene


def month_each(kind: str) -> int:
    """Mass messages that one follower of such an account may get in a calendar month. A
    subscription account has one call a day instead."""
    return A_MONTH_EACH if kind != "subscription" else A_DAY_EACH * LONGEST_MONTH


def month_start(now: datetime) -> datetime:
    """The platform's calendar month, whatever zone the account is in."""
    return now.astimezone(SHANGHAI).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def spend(order: Order, claimed: Mapping[Channel, Sequence[ClaimEntry]]) -> None:
    """Take the rights that claimed rows need, by channel. In the claim's transaction."""
    for channel, entries in claimed.items():
        if channel in TOKENED:
            sends = [(e.row.id, e.row.follower_id) for e in entries]
            entitlements.spend(sends, channel, *key_of(order, channel))


def give_back(not_sent: Sequence[tuple[SendRow, int | None]], now: datetime) -> None:
    """(row, errcode) of what was certainly not sent: the right is open again, unless the platform
    says that there is none."""
    rows = [(row, errcode) for row, errcode in not_sent if row.channel in TOKENED]
    refused = [row.id for row, errcode in rows if errcode == REFUSED_RIGHT]
    entitlements.void(refused, now)
    entitlements.give_back(row.id for row, errcode in rows if errcode != REFUSED_RIGHT)

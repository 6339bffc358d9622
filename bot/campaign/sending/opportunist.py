"""The 48-hour opportunist: what waits for another hour, or for a window, goes into the open one.

A follower's word opens a window: what waits for them and would miss it is brought forward, the best
one of each follower. Only `not_before` changes: permission, caps and quiet hours are asked where
the row is then claimed, as ever. A campaign takes part by `opportunist: true`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.campaign.permission.order import Order, load
from bot.campaign.permission.policy import judge
from bot.campaign.permission.recipients import recipients
from bot.campaign.states import CampaignStatus
from bot.channels.registry import CHANNELS
from bot.clock import to_ms
from bot.store import campaigns, send_waiting
from bot.store.db import again, transaction
from bot.store.sends import SendRow
from bot.values.audience import Channel

# Events come in within seconds; a look that was missed is made good by the next ones.
LOOKS_BACK = timedelta(minutes=5)
WINDOW = timedelta(hours=48)
CLOSING = timedelta(hours=2)  # so much before its end a long window is used rather than lost
CHUNK = 500

Later = tuple[SendRow, int]  # a row, and its not_before in ms


def pull_forward(account_id: int, public_url: str, now: datetime) -> int:
    """For who has just opened a window; how many rows were brought forward."""
    ranks = _ranks(account_id)
    if not ranks:
        return 0
    who = send_waiting.acted(account_id, now - LOOKS_BACK, now)
    return _pull(who, ranks, public_url, now)


def pull_closing(account_id: int, public_url: str, now: datetime) -> int:
    """For whose long window closes soon."""
    ranks = _ranks(account_id)
    if not ranks:
        return 0
    who = send_waiting.acted(account_id, now - WINDOW, now - WINDOW + CLOSING)
    return _pull(who, ranks, public_url, now)


def _ranks(account_id: int) -> dict[int, int]:
    """Campaign id -> rank, 0 the best, of the running ones that take part."""
    found = [
        (-campaign.priority, campaign.id)
        for campaign in campaigns.in_states([CampaignStatus.RUNNING])
        if campaign.account_id == account_id and campaign.definition.get("opportunist")
    ]
    return {campaign_id: rank for rank, (_, campaign_id) in enumerate(sorted(found))}


def _pull(who: Sequence[int], ranks: dict[int, int], public_url: str, now: datetime) -> int:
    orders = {campaign_id: load(campaign_id, public_url, now) for campaign_id in ranks}
    return sum(
        _pull_some(who[start : start + CHUNK], ranks, orders, now)
        for start in range(0, len(who), CHUNK)
    )


@again
def _pull_some(
    who: Sequence[int], ranks: dict[int, int], orders: dict[int, Order], now: datetime
) -> int:
    with transaction():
        waiting = send_waiting.of_followers(who, list(ranks))
        chosen = [
            row.id
            for mine in _by_follower(waiting).values()
            if (row := _best(mine, ranks, orders, now)) is not None
        ]
        send_waiting.pull(chosen, now)
        return len(chosen)


def _by_follower(waiting: Iterable[Later]) -> dict[int, list[Later]]:
    found: dict[int, list[Later]] = {}
    for row, not_before in waiting:
        found.setdefault(row.follower_id, []).append((row, not_before))
    return found


def _best(
    waiting: Sequence[Later], ranks: dict[int, int], orders: dict[int, Order], now: datetime
) -> SendRow | None:
    """The first by its campaign's priority that may go by the window now and would miss it. None
    where one is due already: after that the caps may say no, and a skip is final."""
    if any(not_before <= to_ms(now) for _, not_before in waiting):
        return None
    for row, not_before in sorted(waiting, key=lambda one: (ranks[one[0].campaign_id], one[1])):
        order = orders[row.campaign_id]
        recipient = recipients(order, [row.follower_id], now).get(row.follower_id)
        if recipient is None:
            continue
        verdict = judge(recipient, order.policy(row.step), now)
        until = recipient.follower.window_until
        misses = until is not None and (not_before >= to_ms(until) or until - now <= CLOSING)
        if isinstance(verdict, Channel) and CHANNELS[verdict].needs_window and misses:
            return row
    return None

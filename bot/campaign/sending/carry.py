"""被动回复 and 菜单: a waiting offer goes out with the answer to what a follower has just done.

It costs no call, no window and no right. The row is claimed before the answer is recorded, once for
an event however often that is handled; what became of the answer is then read from the inbox.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.campaign.permission.order import Order, load
from bot.campaign.permission.policy import next_opening, skip_reason
from bot.campaign.permission.recipients import recipients
from bot.campaign.sending.compose import Composer
from bot.campaign.sending.settle import UNKNOWN_KEPT
from bot.campaign.states import CampaignStatus
from bot.store import campaigns, coupons, send_progress, send_waiting, sends
from bot.store.coupons import CodeRef
from bot.store.db import again, transaction
from bot.store.send_progress import Done
from bot.store.sends import SendRow
from bot.values.audience import Channel, SendState

LISTED_SECONDS = 5.0  # a new campaign is heard of by then
CODE_KEPT = timedelta(minutes=10)


@dataclass
class _Listed:
    """Running campaigns by account and channel, read again after a while: callbacks ask."""

    until: float = 0.0
    found: dict[tuple[int, str], tuple[int, ...]] = field(default_factory=dict)
    composers: dict[int, Composer] = field(default_factory=dict)  # by campaign
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, account_id: int, channel: Channel) -> tuple[int, ...]:
        """Ids, the greatest priority first."""
        if time.monotonic() >= self.until:
            with self.lock:
                if time.monotonic() >= self.until:
                    self.found, self.composers = _running(), {}
                    self.until = time.monotonic() + LISTED_SECONDS
        return self.found.get((account_id, channel), ())

    def composer(self, campaign_id: int, public_url: str, now: datetime) -> Composer:
        """Of the campaign's present run: reading one takes longer than the answer may."""
        found = self.composers.get(campaign_id)
        if found is None:
            found = self.composers[campaign_id] = Composer(load(campaign_id, public_url, now))
        return found


_listed = _Listed()


def forget() -> None:
    """Read the campaigns anew at the next look: for tests, and after a change of one's own."""
    _listed.until = 0.0


def _running() -> dict[tuple[int, str], tuple[int, ...]]:
    found: dict[tuple[int, str], list[tuple[int, int]]] = {}
    for campaign in campaigns.in_states([CampaignStatus.RUNNING]):
        channels = campaign.definition.get("channels", ())
        for channel in (Channel.PASSIVE_REPLY, Channel.MENU):
            if channels == "auto" or channel in channels:
                key = (campaign.account_id, channel.value)
                found.setdefault(key, []).append((-campaign.priority, campaign.id))
    return {key: tuple(id_ for _, id_ in sorted(ranked)) for key, ranked in found.items()}


def listed(account_id: int, channel: Channel) -> tuple[int, ...]:
    """Running campaigns that list the channel; mostly none, and then nothing else is asked."""
    return _listed.of(account_id, channel)


def offer_for(
    account_id: int,
    follower_id: int,
    event_id: int,
    channel: Channel,
    public_url: str,
    now: datetime,
) -> str | None:
    """The text of the best waiting offer that may go with the answer to this event; the same one
    for the same event. None: there is none."""
    campaign_ids = listed(account_id, channel)
    if not campaign_ids or not send_waiting.has_any(follower_id, campaign_ids):
        return None
    row = _taken(follower_id, event_id, channel, campaign_ids, public_url, now)
    if row is None:
        return None
    composer = _listed.composer(row.campaign_id, public_url, now)
    return composer.of(row.batch_id).text(row.variant, row.id, row.follower_id)


@again
def _taken(
    follower_id: int,
    event_id: int,
    channel: Channel,
    campaign_ids: tuple[int, ...],
    public_url: str,
    now: datetime,
) -> SendRow | None:
    with transaction():
        before = send_waiting.carried_by(event_id)
        if before is not None:
            return before if before.state in (SendState.CLAIMED, SendState.SENT) else None
        rows = send_waiting.of_follower(follower_id, campaign_ids)
        for row in sorted(rows, key=lambda one: (campaign_ids.index(one.campaign_id), one.id)):
            order = _listed.composer(row.campaign_id, public_url, now).order
            if row.generation != order.generation and order.deadline is not None:
                continue
            if sends.state_of(row.campaign_id) != CampaignStatus.RUNNING:
                continue
            if _may(order, row, now) and _claimed(row, event_id, channel, now):
                return row
    return None


def _may(order: Order, row: SendRow, now: datetime) -> bool:
    """Permission as at any claim, but for the channel, which is the answer itself."""
    policy = order.policy(row.step)
    if order.choices and row.batch_id is None:
        return False  # nothing was worth sending to them: the claim says so
    if policy.deadline is not None and now >= policy.deadline:
        return False
    if next_opening(policy, now) is not None or order.definition.budget_fen is not None:
        return False  # a budget is counted where batches are claimed
    people = recipients(order, [row.follower_id], now)
    recipient = people.get(row.follower_id)
    return recipient is not None and skip_reason(recipient, policy, now) is None


def _claimed(row: SendRow, event_id: int, channel: Channel, now: datetime) -> bool:
    code: int | None = None
    if row.batch_id is not None:
        wanted = [(row.follower_id, row.coupon_purpose)]
        found = coupons.reserve_many(row.batch_id, wanted, now + CODE_KEPT, now)
        reserved = found.get(row.coupon_purpose)
        if not isinstance(reserved, CodeRef):
            return False  # the claim says so, with its reason
        code = reserved.id
    return send_waiting.carry(row, event_id, channel, code, now)


# --- afterwards --------------------------------------------------------------------------------

# What the inbox says of an answer -> what became of the row. Anything else is under way yet.
ENDS = {
    "passive": SendState.SENT,
    "sent": SendState.SENT,
    "unknown": SendState.UNKNOWN,
    "lost": SendState.FAILED,
    "none": SendState.INTENDED,  # nothing was said: an agent took the chat, or nobody was there
}
LOST = "the answer that carried it could not be sent"


def settle_carried(now: datetime) -> int:
    """Settle rows whose answers have ended; how many."""
    settled = 0
    for row, state, answer in send_waiting.carried_open():
        end = ENDS.get(answer) if state == "done" else None
        end = SendState.INTENDED if state in ("", "dead") else end
        if end is not None and _settle(row, end, now):
            settled += 1
    return settled


@again
def _settle(row: SendRow, end: SendState, now: datetime) -> bool:
    with transaction():
        if not sends.held([row], row.claimed_by):
            return False
        codes = [row.coupon_purpose] if row.coupon_code is not None else []
        if end is SendState.SENT:
            sends.settle_sent([(row.id, "")], now)
            coupons.hand_over(codes, now)
        elif end is SendState.INTENDED:
            coupons.release_many(codes)
            sends.put_back([(row.id, now, False, None, "")])
        else:
            sends.settle([(row.id, None, LOST)], end, now)
            if end is SendState.UNKNOWN:
                coupons.extend_many(codes, now + UNKNOWN_KEPT)
            else:
                coupons.release_many(codes)
        send_progress.note(row.campaign_id, row.generation, _done(end), now)
        return True


def _done(end: SendState) -> Done:
    name = {SendState.INTENDED: "again"}.get(end, end.value)
    return replace(Done(), **{name: 1})

"""Planning: the audience becomes ledger rows, in chunks, each chunk and its cursor in one
transaction. A process that dies leaves whole chunks behind; whoever comes next goes on from there.

The audience is the segment's members up to the greatest id at the start, read chunk by chunk. The
unique key of the ledger keeps anybody from being written twice, whatever else goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.campaign.assign import HELD_OUT, Assignment
from bot.campaign.definition import parse
from bot.campaign.order import OFFER, Order, order_of, zone_of
from bot.campaign.policy import judge, next_opening
from bot.campaign.recipients import recipients
from bot.campaign.states import CampaignStatus, move
from bot.store import campaigns, coupons, segments, send_plan
from bot.store.campaigns import CampaignState, GenerationState
from bot.store.db import again, transaction
from bot.store.send_plan import Sheet
from bot.values.audience import SendState, Skip

CHUNK = 2000


def begin(campaign: CampaignState, now: datetime) -> bool:
    """Open the next run: its definition and its upper bound are frozen. False: another did.

    Raises NotFound when the segment or the coupon batch is gone; nothing is opened then.
    """
    definition = parse(campaign.definition, zone_of(campaign.account_id))
    segment = segments.by_slug(campaign.account_id, definition.segment)
    if definition.offer:
        coupons.batch_by_slug(campaign.account_id, definition.offer)
    with transaction():
        if not move(campaign.id, CampaignStatus.PLANNING, now):
            return False
        bounds = segments.bounds(segment.id)
        upper = bounds[1] if bounds else 0
        campaigns.open_generation(campaign.id, definition.document(), upper, now)
    return True


def plan(
    campaign_id: int, public_url: str, now: datetime, go_on: Callable[[], bool] = lambda: True
) -> bool:
    """Write chunks until all is written or `go_on` says no; whether all is."""
    campaign = campaigns.get(campaign_id)
    generation = campaigns.generation(campaign_id, campaign.generation)
    order = order_of(campaign, generation, public_url, now)
    while go_on():
        if plan_chunk(order, now):
            return True
    return False


@again
def plan_chunk(order: Order, now: datetime) -> bool:
    """Write the next chunk; True when there is none left, and the campaign runs.

    Safe to run in many processes: they take turns at the generation's row.
    """
    with transaction():
        generation = campaigns.generation(order.campaign_id, order.generation, lock=True)
        if campaigns.get(order.campaign_id).state != CampaignStatus.PLANNING:
            return True
        members = _members(order, generation)
        if not members:
            campaigns.set_planned(generation.id, now)
            return move(order.campaign_id, CampaignStatus.RUNNING, now)
        campaigns.advance(generation.id, members[-1], _write(order, members, now))
        return False


def _members(order: Order, generation: GenerationState) -> list[int]:
    segment = segments.by_slug(order.account_id, order.definition.segment)
    found = segments.member_ids(segment.id, generation.cursor, CHUNK)
    return [follower_id for follower_id in found if follower_id <= generation.upper]


def _write(order: Order, members: Sequence[int], now: datetime) -> int:
    """Rows for a chunk; how many were new."""
    sheet = _sheet(order, now)
    parts = assignment(order).split(members)
    held_out = parts.pop(HELD_OUT, [])
    added = send_plan.write(sheet, SendState.HELD_OUT, "", held_out)
    send_plan.note_barred(sheet, barred(order, held_out, now))
    return added + sum(
        send_plan.write(sheet, SendState.INTENDED, variant, ids) for variant, ids in parts.items()
    )


def _sheet(order: Order, now: datetime) -> Sheet:
    return Sheet(
        order.campaign_id,
        order.generation,
        OFFER,
        order.definition.purpose,
        order.offer.id if order.offer else None,
        planned_at=now,
        not_before=next_opening(order.policy(OFFER), now) or now,
    )


def assignment(order: Order) -> Assignment:
    return Assignment(
        order.campaign_id, order.generation, order.definition.holdout, order.definition.texts()
    )


def barred(order: Order, follower_ids: Sequence[int], now: datetime) -> list[tuple[int, Skip]]:
    """Of the held-out, those who could not have been sent to anyway.

    Who was sent to had an open window and no opt-out. Compared with everybody held out, the
    campaign would look better than it is; so the effect counts only the held-out without a reason.
    """
    policy = order.policy(OFFER)
    found = []
    for follower_id, recipient in recipients(order, follower_ids, now).items():
        verdict = judge(recipient, policy, now)
        if isinstance(verdict, Skip):
            found.append((follower_id, verdict))
    return found

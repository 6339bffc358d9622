"""Planning: the audience becomes ledger rows, in chunks, each chunk and its cursor in one
transaction. A process that dies leaves whole chunks behind; whoever comes next goes on from there.

The audience is who is in it at the start, as far as segments say: profiles and segments are brought
up to date first, and who comes in later is not of this run. The unique key of the ledger keeps
anybody from being written twice, whatever else goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.campaign.ahead.dryrun import foretell
from bot.campaign.document.aim import aim_of
from bot.campaign.document.definition import parse
from bot.campaign.drawing.arms import enter
from bot.campaign.drawing.draw import CHUNK, Drawn, draw
from bot.campaign.drawing.freshness import bring_up_to_date
from bot.campaign.drawing.matched import owed
from bot.campaign.drawing.matched_decide import decide
from bot.campaign.drawing.timing import own_times
from bot.campaign.permission.order import OFFER, Order, batches_of, order_of, zone_of
from bot.campaign.permission.pieces import matches
from bot.campaign.permission.policy import judge, next_opening
from bot.campaign.permission.recipients import recipients
from bot.campaign.states import CampaignStatus, move
from bot.store import audience_sets, campaigns, send_arms, send_plan
from bot.store.campaigns import CampaignState, GenerationState
from bot.store.db import again, transaction
from bot.store.send_plan import Sheet
from bot.values.audience import SendState, Skip


def begin(campaign: CampaignState, now: datetime) -> bool:
    """Open the next run: its definition and its upper bound are frozen. False: another did, or
    somebody is at the segments just now.

    Raises NotFound when a segment or the coupon batch is gone; nothing is opened then.
    """
    definition = parse(campaign.definition, zone_of(campaign.account_id))
    aim = aim_of(campaign.account_id, definition)
    batches_of(campaign.account_id, definition)
    if not bring_up_to_date(campaign.account_id, now):
        return False
    return _open(campaign, definition.document(), audience_sets.upper(aim), now)


@again
def _open(campaign: CampaignState, document: dict[str, Any], upper: int, now: datetime) -> bool:
    with transaction():
        if not move(campaign.id, CampaignStatus.PLANNING, now):
            return False
        campaigns.open_generation(campaign.id, document, upper, now)
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


def plan_chunk(order: Order, now: datetime) -> bool:
    """Write the next chunk; True when there is none left, and the campaign runs.

    Safe to run in many processes: they take turns at the generation's row. What is foretold of the
    run is counted on the way, before the row is held, as that asks more than the writing.
    """
    generation = campaigns.generation(order.campaign_id, order.generation)
    if owed(order, generation):
        decide(order)
        return False
    members, end = _members(order, generation)
    forecast = foretell(order, generation, members, now)
    return _write_chunk(order, generation, members, end, forecast, now)


@again
def _write_chunk(
    order: Order,
    seen: GenerationState,
    members: Sequence[int],
    end: int,
    forecast: dict[str, Any],
    now: datetime,
) -> bool:
    with transaction():
        generation = campaigns.generation(order.campaign_id, order.generation, lock=True)
        if campaigns.get(order.campaign_id).state != CampaignStatus.PLANNING:
            return True
        if generation.cursor != seen.cursor:
            return False  # another process has written this chunk meanwhile
        campaigns.set_forecast(generation.id, forecast)
        if generation.cursor >= generation.upper:
            campaigns.set_planned(generation.id, now)
            return move(order.campaign_id, CampaignStatus.RUNNING, now)
        campaigns.advance(generation.id, end, _write(order, members, now))
        return False


def _members(order: Order, generation: GenerationState) -> tuple[list[int], int]:
    if generation.cursor >= generation.upper:
        return [], generation.upper
    aim = aim_of(order.account_id, order.definition)
    return audience_sets.span(
        aim, generation.cursor, generation.upper, CHUNK, generation.started_at
    )


def _write(order: Order, members: Sequence[int], now: datetime) -> int:
    """Rows for a chunk; how many were new."""
    sheet = _sheet(order, now)
    enter(order, order.generation, now)
    found = draw(order, members, order.limits.control)
    added = send_plan.write(sheet, SendState.HELD_OUT, "", found.held_out)
    note_held_out(order, sheet, found, now)
    added += send_arms.write(sheet, found.arms)
    going = [who for ids in found.arms.values() for who in ids]
    if order.pieces:
        carry(order, sheet, going)
    if order.definition.best_hour:
        send_plan.set_times(sheet, own_times(order, going, sheet.not_before, now))
    return added


def carry(order: Order, sheet: Sheet, follower_ids: Sequence[int]) -> None:
    """Choose each follower's piece, and keep it with the row."""
    found = matches(order, follower_ids, sheet.not_before)
    send_plan.set_pieces(sheet, [(who, one.slug, one.chance) for who, one in found.items()])


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


def note_held_out(order: Order, sheet: Sheet, found: Drawn, now: datetime) -> None:
    """Who holds each of them, and who would have got nothing anyway."""
    why, control = dict(barred(order, found.held_out, now)), set(found.control)
    send_plan.note_barred(sheet, [(who, one) for who, one in why.items() if who not in control])
    send_plan.note_barred(sheet, [(who, Skip.ELSEWHERE) for who in found.elsewhere])
    send_plan.note_control(sheet, [(who, why.get(who)) for who in found.control])


def barred(order: Order, follower_ids: Sequence[int], now: datetime) -> list[tuple[int, Skip]]:
    """Of the held-out, those who could not have been sent to anyway.

    Who was sent to had an open window and no opt-out. Compared with everybody held out, the
    campaign would look better than it is; so the effect counts only the held-out without a reason.
    Being of the control group is none: it is what they are held out for.
    """
    if not follower_ids:
        return []
    policy = order.policy(OFFER)
    found = []
    for follower_id, recipient in recipients(order, follower_ids, now).items():
        verdict = judge(replace(recipient, global_control=False), policy, now)
        if isinstance(verdict, Skip):
            found.append((follower_id, verdict))
    return found

"""Standing campaigns: what a journey sends, through the same ledger, permission and sender.

Each sending action of a journey's version has one hidden campaign that always runs. Followers come
one by one; the number of their entry into the journey is the generation of their row, so the
ledger's unique key (campaign, generation, step, follower) lets nobody have an action twice in one
entry, however often the journey's worker is killed and repeats itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.campaign.ahead.linting import insist_on_texts
from bot.campaign.document.definition import parse
from bot.campaign.drawing.arms import enter
from bot.campaign.drawing.draw import draw
from bot.campaign.permission.order import LIFE, OFFER, Order, load, zone_of
from bot.campaign.permission.policy import next_opening
from bot.campaign.planning.plan import carry, note_held_out
from bot.campaign.sending.cancel import skip_waiting
from bot.campaign.states import CampaignStatus, move
from bot.errors import NotFound
from bot.store import campaigns, send_arms, send_plan, send_repair
from bot.store.db import again, transaction
from bot.store.experiments import ALL_ENTRIES
from bot.store.send_plan import Sheet
from bot.values.audience import CampaignKind, SendState, Skip


@dataclass(frozen=True, slots=True)
class Enqueued:
    """New ledger rows; who had one of this entry already is in neither."""

    intended: int
    held_out: int


@again
def open_standing(account_id: int, slug: str, document: Any, now: datetime) -> int:
    """The standing campaign of this slug, made and running where it is not there yet; its id.

    document   a campaign document without `segment` and `schedule`; its slug is not looked at

    Raises InvalidInput with the field's path, and Conflict for texts that the linter refuses. A
    campaign that is there keeps its definition: a changed action is another version of the journey,
    with a slug of its own.
    """
    with transaction():
        try:
            return campaigns.by_slug(account_id, slug).id
        except NotFound:
            zone = zone_of(account_id)
            definition = parse({**document, "slug": "action"}, zone, standing=True)
            text = definition.document()
            made = campaigns.create(
                account_id, slug, definition.name, text, now, kind=CampaignKind.JOURNEY
            )
            move(made, CampaignStatus.SCHEDULED, now)
            move(made, CampaignStatus.PLANNING, now)
            run = campaigns.open_generation(made, text, 0, now)
            campaigns.set_planned(run.id, now)
            move(made, CampaignStatus.RUNNING, now)
            insist_on_texts(load(made, "", now))
            return made


@again
def enqueue(
    campaign_id: int, followers: Sequence[tuple[int, int]], public_url: str, now: datetime
) -> Enqueued:
    """Ledger rows for (follower id, entry number); they go out with the next `push_due`.

    In one transaction, or in the caller's. Repeated: nothing is written twice.
    """
    with transaction():
        order = load(campaign_id, public_url, now)
        run = campaigns.generation(campaign_id, order.generation, lock=True)
        enter(order, ALL_ENTRIES, now)
        intended = held_out = 0
        for entry in sorted({entry for _, entry in followers}):
            ids = [who for who, number in followers if number == entry]
            sheet, found = _sheet(order, entry, now), draw(order, ids, order.limits.control)
            held_out += send_plan.write(sheet, SendState.HELD_OUT, "", found.held_out)
            note_held_out(order, sheet, found, now)
            intended += send_arms.write(sheet, found.arms)
            carry(order, sheet, [who for some in found.arms.values() for who in some])
        campaigns.advance(run.id, run.cursor, intended + held_out)
        return Enqueued(intended, held_out)


def _sheet(order: Order, entry: int, now: datetime) -> Sheet:
    opening = next_opening(order.policy(OFFER), now)
    purpose, offer = order.definition.purpose, order.offer
    return Sheet(
        order.campaign_id, entry, OFFER, purpose, offer.id if offer else None,
        planned_at=now, not_before=opening or now,
    )  # fmt: skip


def leave(campaign_id: int, followers: Sequence[tuple[int, int]], now: datetime) -> int:
    """Skip what still waits for these (follower id, entry number), as they left; how many."""
    with transaction():
        rows = send_repair.waiting_of(campaign_id, followers)
        skip_waiting(rows, Skip.LEFT_JOURNEY, now)
        return len(rows)


def expire(campaign_id: int, now: datetime) -> int:
    """Skip what has waited for LIFE: quotas and quiet hours held it back until it was stale."""
    expired = 0
    while True:
        with transaction():
            rows = send_repair.waiting_since(campaign_id, now - LIFE)
            skip_waiting(rows, Skip.EXPIRED, now)
        expired += len(rows)
        if not rows:
            return expired


def outcomes(campaign_id: int, followers: Sequence[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """The SendState of each (follower id, entry number) that has a row."""
    return send_repair.states_of(campaign_id, followers)

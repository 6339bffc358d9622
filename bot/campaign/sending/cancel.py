"""Cancelling: what has not gone out is skipped, in chunks; what is under way is settled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.campaign.sending.claim import NOT_RESENT
from bot.campaign.states import CampaignStatus, must_move
from bot.store import campaigns, send_progress, send_repair, sends
from bot.store.db import again, transaction
from bot.store.send_progress import Done
from bot.store.sends import SendRow
from bot.values.audience import SendState, Skip

CHUNK = 2000


def cancel(campaign_id: int, now: datetime) -> int:
    """Stop for good; how many rows were skipped. Raises Conflict when it has ended already.

    A process that dies in between leaves the campaign cancelled: `push_due` skips the rest.
    """
    must_move(campaign_id, CampaignStatus.CANCELLED, now)
    return skip_rest(campaign_id, now)


def skip_rest(campaign_id: int, now: datetime) -> int:
    """Skip every waiting row of a cancelled campaign; how many."""
    skipped = 0
    while count := _skip_chunk(campaign_id, now):
        skipped += count
    return skipped


@again
def _skip_chunk(campaign_id: int, now: datetime) -> int:
    with transaction():
        campaign = campaigns.get(campaign_id)
        if campaign.state != CampaignStatus.CANCELLED:
            return 0
        rows = send_repair.intended(campaign_id, CHUNK)
        skip_waiting(rows, Skip.CANCELLED, now)
        send_progress.note(campaign_id, campaign.generation, Done(skipped=len(rows)), now)
        return len(rows)


def skip_waiting(rows: Sequence[SendRow], why: Skip, now: datetime) -> None:
    """End held intended rows. One with a duplicate id may have arrived: nobody can say that it did
    not, so it becomes unknown."""
    unsure = [(row.id, None, NOT_RESENT) for row in rows if row.client_id]
    sends.settle(unsure, SendState.UNKNOWN, now)
    sends.skip([(row.id, why, {}) for row in rows if not row.client_id], now)

"""A campaign's life: draft -> scheduled -> planning -> running <-> paused -> closed or cancelled.

A closed campaign can be scheduled again: that is its next generation, with its own ledger rows.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from bot.errors import Conflict
from bot.store import campaigns


class CampaignStatus(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PLANNING = "planning"
    RUNNING = "running"
    PAUSED = "paused"
    CLOSED = "closed"
    CANCELLED = "cancelled"


_S = CampaignStatus
ORIGINS: dict[CampaignStatus, tuple[CampaignStatus, ...]] = {
    _S.DRAFT: (_S.SCHEDULED,),
    _S.SCHEDULED: (_S.DRAFT, _S.SCHEDULED, _S.CLOSED),
    _S.PLANNING: (_S.SCHEDULED, _S.PAUSED),
    _S.RUNNING: (_S.PLANNING, _S.PAUSED),
    _S.PAUSED: (_S.PLANNING, _S.RUNNING),
    _S.CLOSED: (_S.RUNNING, _S.PAUSED),
    _S.CANCELLED: (_S.DRAFT, _S.SCHEDULED, _S.PLANNING, _S.RUNNING, _S.PAUSED),
}
EDITABLE = (_S.DRAFT, _S.CLOSED)
ACTIVE = (_S.PLANNING, _S.RUNNING)


def move(
    campaign_id: int,
    to: CampaignStatus,
    now: datetime,
    *,
    due_at: datetime | None = None,
    error: str = "",
) -> bool:
    """Move if the present state allows it. False: it does not, or somebody was faster."""
    return campaigns.move(campaign_id, ORIGINS[to], to, now, due_at=due_at, error=error)


def must_move(
    campaign_id: int,
    to: CampaignStatus,
    now: datetime,
    *,
    due_at: datetime | None = None,
    origins: tuple[CampaignStatus, ...] = (),
) -> None:
    """Like `move`, for a person's order, where one is given only from `origins`.

    Raises NotFound, or Conflict that names the present state.
    """
    state = campaigns.get(campaign_id).state
    if not campaigns.move(campaign_id, origins or ORIGINS[to], to, now, due_at=due_at):
        allowed = ", ".join(origins or ORIGINS[to])
        raise Conflict(f"the campaign is {state}: {to} can follow only {allowed}")

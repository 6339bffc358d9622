"""Recurring campaigns: when each runs next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store.models import CampaignRecurrence

NOTE_LIMIT = 190


@dataclass(frozen=True, slots=True)
class RecurrenceState:
    """next_at   None: it does not run any more
    planned   occurrences so far, the skipped ones included
    note      why the last one was skipped
    """

    campaign_id: int
    next_at: datetime | None
    planned: int
    skipped: int
    note: str


def _state(row: Any) -> RecurrenceState:
    return RecurrenceState(row.campaign_id, row.next_at, row.planned, row.skipped, row.note)


def put(campaign_id: int, next_at: datetime) -> None:
    """Begin, or begin anew; what was counted before is forgotten."""
    values = {"next_at": next_at, "planned": 0, "skipped": 0, "note": ""}
    new = CampaignRecurrence.insert(campaign=campaign_id, **values)
    new.on_conflict_ignore().execute()
    CampaignRecurrence.update(**values).where(CampaignRecurrence.campaign == campaign_id).execute()


def of(campaign_id: int) -> RecurrenceState | None:
    row = CampaignRecurrence.get_or_none(CampaignRecurrence.campaign == campaign_id)
    return None if row is None else _state(row)


def due(now: datetime) -> list[RecurrenceState]:
    """Those whose time has come, the longest due first."""
    query = CampaignRecurrence.select().where(CampaignRecurrence.next_at <= now)
    return [_state(row) for row in query.order_by(CampaignRecurrence.next_at)]


def advance(
    was: RecurrenceState, next_at: datetime | None, *, skipped: int = 0, note: str = ""
) -> bool:
    """Go on to the next occurrence. False: another process did."""
    changed: int = (
        CampaignRecurrence.update(
            next_at=next_at,
            planned=CampaignRecurrence.planned + 1,
            skipped=CampaignRecurrence.skipped + skipped,
            note=note[:NOTE_LIMIT],
        )
        .where(
            (CampaignRecurrence.campaign == was.campaign_id)
            & (CampaignRecurrence.next_at == was.next_at)
        )
        .execute()
    )
    return changed == 1

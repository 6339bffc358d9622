"""Campaigns and their runs (generations). A change of state compares before it sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import SQL, fn

from bot.errors import Conflict, NotFound
from bot.store.db import is_sqlite, transaction
from bot.store.models import Campaign, Generation, Send
from bot.store.send_history import Run
from bot.values.audience import CampaignKind, SendState

ERROR_LIMIT = 500


@dataclass(frozen=True, slots=True)
class CampaignState:
    """A campaign. `generation` is the number of its latest run, 0 before the first.

    kind      bot.values.audience.CampaignKind
    priority  0..100: the greater goes first where two want the same follower
    """

    id: int
    account_id: int
    slug: str
    name: str
    state: str
    definition: dict[str, Any]
    generation: int
    due_at: datetime | None
    error: str
    created_at: datetime
    updated_at: datetime
    kind: str = CampaignKind.PUSH
    priority: int = 50

    @property
    def standing(self) -> bool:
        """The campaign of a journey's action: its audience comes one by one, it never closes."""
        return self.kind == CampaignKind.JOURNEY


@dataclass(frozen=True, slots=True)
class GenerationState:
    """One run. Followers up to `cursor` are in the ledger; `audience` counts those written.

    Milestones: planned_at (all of the audience is written), sent_at (nothing left to send),
    closed_at (the sum in `closing` held).
    """

    id: int
    campaign_id: int
    number: int
    definition: dict[str, Any]
    started_at: datetime
    cursor: int
    upper: int
    audience: int
    planned_at: datetime | None
    sent_at: datetime | None
    closed_at: datetime | None
    closing: dict[str, Any] | None
    forecast: dict[str, Any] | None = None


def _state(row: Any) -> CampaignState:
    return CampaignState(
        row.id,
        row.account_id,
        row.slug,
        row.name,
        row.state,
        row.definition,
        row.generation,
        row.due_at,
        row.error,
        row.created_at,
        row.updated_at,
        row.kind,
        row.priority,
    )


def _run(row: Any) -> GenerationState:
    return GenerationState(
        row.id,
        row.campaign_id,
        row.number,
        row.definition,
        row.started_at,
        row.cursor,
        row.upper,
        row.audience,
        row.planned_at,
        row.sent_at,
        row.closed_at,
        row.closing,
        row.forecast,
    )


# --- campaigns ---------------------------------------------------------------------------------


def create(
    account_id: int,
    slug: str,
    name: str,
    definition: dict[str, Any],
    now: datetime,
    *,
    kind: CampaignKind = CampaignKind.PUSH,
    priority: int = 50,
) -> int:
    """The new draft's id. Raises Conflict when the account has a campaign of this slug."""
    new = Campaign.insert(
        account=account_id,
        slug=slug,
        name=name,
        definition=definition,
        kind=kind,
        priority=priority,
        created_at=now,
        updated_at=now,
    )
    if new.on_conflict_ignore().as_rowcount().execute() != 1:
        raise Conflict(f"there is a campaign {slug!r} already")
    return by_slug(account_id, slug).id


def redefine(
    campaign_id: int, name: str, definition: dict[str, Any], states: Sequence[str], now: datetime
) -> bool:
    """Replace the definition while the campaign is in one of `states`. A run keeps its own copy."""
    priority = definition.get("priority", 50)
    changed: int = (
        Campaign.update(name=name, definition=definition, priority=priority, updated_at=now)
        .where((Campaign.id == campaign_id) & Campaign.state.in_(states))
        .execute()
    )
    return changed == 1


def get(campaign_id: int) -> CampaignState:
    """Raises NotFound."""
    row = Campaign.get_or_none(Campaign.id == campaign_id)
    if row is None:
        raise NotFound(f"there is no campaign {campaign_id}")
    return _state(row)


def by_slug(account_id: int, slug: str) -> CampaignState:
    """Raises NotFound."""
    row = Campaign.get_or_none((Campaign.account == account_id) & (Campaign.slug == slug))
    if row is None:
        raise NotFound(f"there is no campaign {slug!r}")
    return _state(row)


def all_of(account_id: int, kind: CampaignKind = CampaignKind.PUSH) -> list[CampaignState]:
    """The account's campaigns of a kind, the newest first."""
    query = Campaign.select().where((Campaign.account == account_id) & (Campaign.kind == kind))
    return [_state(row) for row in query.order_by(Campaign.id.desc())]


def in_states(states: Sequence[str]) -> list[CampaignState]:
    """Every account's campaigns in these states, the oldest first."""
    query = Campaign.select().where(Campaign.state.in_(states))
    return [_state(row) for row in query.order_by(Campaign.id)]


def at_work(now: datetime) -> list[CampaignState]:
    """Every account's campaigns that are being planned, and the running ones with a row to send
    now; the oldest first. Asked every second, so one statement, however many wait."""
    due = Send.select(SQL("1")).where(
        (Send.campaign == Campaign.id)
        & (Send.state == SendState.INTENDED)
        & (Send.not_before <= now)
    )
    query = Campaign.select().where(
        (Campaign.state == "planning") | ((Campaign.state == "running") & fn.EXISTS(due))
    )
    return [_state(row) for row in query.order_by(Campaign.id)]


def open_runs(states: Sequence[str]) -> list[CampaignState]:
    """Campaigns in these states whose latest run is not closed, the oldest first; standing ones
    are not among them, as they do not close by themselves."""
    query = (
        Campaign.select()
        .join(
            Generation,
            on=(Generation.campaign == Campaign.id) & (Generation.number == Campaign.generation),
        )
        .where(
            Campaign.state.in_(states)
            & Generation.closed_at.is_null()
            & (Campaign.kind != CampaignKind.JOURNEY)
        )
    )
    return [_state(row) for row in query.order_by(Campaign.id)]


def rivals(account_id: int, campaign_id: int, priority: int) -> list[Run]:
    """Runs of the account's other campaigns of a higher priority that are still to be sent, the
    highest first. Those of journeys are not among them."""
    query = (
        Campaign.select(Campaign.id, Campaign.generation, Campaign.slug)
        .where(
            (Campaign.account == account_id)
            & (Campaign.id != campaign_id)
            & (Campaign.priority > priority)
            & (Campaign.kind == CampaignKind.PUSH)
            & Campaign.state.in_(("planning", "running"))
        )
        .order_by(Campaign.priority.desc(), Campaign.id)
    )
    return [Run(row.id, row.generation, row.slug) for row in query]


def due(state: str, now: datetime) -> list[CampaignState]:
    """Campaigns in `state` whose time has come, the longest due first."""
    query = Campaign.select().where((Campaign.state == state) & (Campaign.due_at <= now))
    return [_state(row) for row in query.order_by(Campaign.due_at, Campaign.id)]


def move(
    campaign_id: int,
    origins: Sequence[str],
    state: str,
    now: datetime,
    *,
    due_at: datetime | None = None,
    error: str = "",
) -> bool:
    """Move from one of `origins` to `state`. False: it was in none of them, somebody was faster."""
    changed: int = (
        Campaign.update(state=state, due_at=due_at, error=error[:ERROR_LIMIT], updated_at=now)
        .where((Campaign.id == campaign_id) & Campaign.state.in_(origins))
        .execute()
    )
    return changed == 1


def complain(campaign_id: int, error: str) -> None:
    """Say what is wrong without changing the state."""
    Campaign.update(error=error[:ERROR_LIMIT]).where(Campaign.id == campaign_id).execute()


# --- generations -------------------------------------------------------------------------------


def open_generation(
    campaign_id: int, definition: dict[str, Any], upper: int, now: datetime
) -> GenerationState:
    """The campaign's next run with `definition` frozen. In the transaction that starts it."""
    with transaction():
        number = get(campaign_id).generation + 1
        Generation.insert(
            campaign=campaign_id,
            number=number,
            definition=definition,
            started_at=now,
            upper=upper,
        ).execute()
        Campaign.update(generation=number).where(Campaign.id == campaign_id).execute()
        return generation(campaign_id, number)


def generation(campaign_id: int, number: int, *, lock: bool = False) -> GenerationState:
    """One run; with `lock` held until the transaction ends. Raises NotFound."""
    query = Generation.select().where(
        (Generation.campaign == campaign_id) & (Generation.number == number)
    )
    # Only one process plans a chunk at a time: the others wait here and find the cursor moved on.
    row = query.for_update().first() if lock and not is_sqlite() else query.first()
    if row is None:
        raise NotFound(f"campaign {campaign_id} has no run {number}")
    return _run(row)


def advance(generation_id: int, cursor: int, added: int) -> None:
    """Everybody up to `cursor` is in the ledger. In the transaction that wrote the rows."""
    Generation.update(cursor=cursor, audience=Generation.audience + added).where(
        Generation.id == generation_id
    ).execute()


def set_forecast(generation_id: int, forecast: dict[str, Any]) -> None:
    Generation.update(forecast=forecast).where(Generation.id == generation_id).execute()


def set_planned(generation_id: int, now: datetime) -> bool:
    return _stamp(generation_id, Generation.planned_at, now)


def set_sent(generation_id: int, now: datetime) -> bool:
    """Nothing is left to send. False: it was noted before."""
    return _stamp(generation_id, Generation.sent_at, now)


def _stamp(generation_id: int, column: Any, now: datetime) -> bool:
    changed: int = (
        Generation.update({column: now})
        .where((Generation.id == generation_id) & column.is_null())
        .execute()
    )
    return changed == 1


def close_generation(generation_id: int, closing: dict[str, Any], now: datetime) -> bool:
    """Keep the sum and end the run. False: it was closed before."""
    set_sent(generation_id, now)
    changed: int = (
        Generation.update(closing=closing, closed_at=now)
        .where((Generation.id == generation_id) & Generation.closed_at.is_null())
        .execute()
    )
    return changed == 1

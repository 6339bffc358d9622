"""Who wrote a campaign's document, who asked for its approval, and who gave or refused it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import fn

from bot.store.models import Campaign, CampaignApproval

DRAFTED, SUBMITTED, APPROVED, REJECTED = "drafted", "submitted", "approved", "rejected"
REASON_LIMIT = 190


@dataclass(frozen=True, slots=True)
class Approval:
    """What became of one document. `digest` is of that document; `decider` "" while it waits."""

    id: int
    campaign_id: int
    digest: str
    state: str
    maker: str
    submitted_at: datetime
    decider: str
    decided_at: datetime | None
    reason: str


def _state(row: Any) -> Approval:
    return Approval(
        row.id,
        row.campaign_id,
        row.digest,
        row.state,
        row.maker,
        row.submitted_at,
        row.decider,
        row.decided_at,
        row.reason,
    )


def note(campaign_id: int, digest: str, state: str, maker: str, now: datetime) -> Approval:
    """A document was drafted, or its approval asked for."""
    row = CampaignApproval.create(
        campaign=campaign_id, digest=digest, state=state, maker=maker[:64], submitted_at=now
    )
    return _state(row)


def latest(campaign_id: int) -> Approval | None:
    """The latest request, decided or not."""
    query = CampaignApproval.select().where(
        (CampaignApproval.campaign == campaign_id) & (CampaignApproval.state != DRAFTED)
    )
    row = query.order_by(CampaignApproval.id.desc()).first()
    return None if row is None else _state(row)


def writer(campaign_id: int) -> Approval | None:
    """Who wrote the document last; None: nobody whose name is known."""
    query = CampaignApproval.select().where(
        (CampaignApproval.campaign == campaign_id) & (CampaignApproval.state == DRAFTED)
    )
    row = query.order_by(CampaignApproval.id.desc()).first()
    return None if row is None else _state(row)


def waiting(account_id: int) -> list[tuple[str, str, Approval]]:
    """(slug, name, request) of the campaigns that wait for an approval, the oldest first."""
    query = (
        CampaignApproval.select(CampaignApproval, Campaign.slug, Campaign.name)
        .join(Campaign)
        .where((Campaign.account == account_id) & (CampaignApproval.state == SUBMITTED))
        .order_by(CampaignApproval.id)
    )
    return [(row.campaign.slug, row.campaign.name, _state(row)) for row in query]


def refused(account_id: int, maker: str) -> list[tuple[str, str, Approval]]:
    """(slug, name, request) of drafts whose last request was refused and of which `maker` wrote or
    submitted the refused document, the oldest first."""
    later, hand = CampaignApproval.alias(), CampaignApproval.alias()
    asked_again = later.select(later.id).where(
        (later.campaign == CampaignApproval.campaign)
        & (later.id > CampaignApproval.id)
        & (later.state != DRAFTED)
    )
    had_a_hand = hand.select(hand.id).where(
        (hand.campaign == CampaignApproval.campaign)
        & (hand.digest == CampaignApproval.digest)
        & (hand.maker == maker[:64])
    )
    query = (
        CampaignApproval.select(CampaignApproval, Campaign.slug, Campaign.name)
        .join(Campaign)
        .where(
            (Campaign.account == account_id)
            & (Campaign.state == "draft")
            & (CampaignApproval.state == REJECTED)
            & ~fn.EXISTS(asked_again)
            & fn.EXISTS(had_a_hand)
        )
        .order_by(CampaignApproval.id)
    )
    return [(row.campaign.slug, row.campaign.name, _state(row)) for row in query]


def hands(campaign_id: int, digest: str) -> set[str]:
    """Everybody who wrote this very document or asked for its approval."""
    query = CampaignApproval.select(CampaignApproval.maker).where(
        (CampaignApproval.campaign == campaign_id) & (CampaignApproval.digest == digest)
    )
    return {row.maker for row in query}


def decide(approval_id: int, state: str, decider: str, reason: str, now: datetime) -> bool:
    """False: somebody has decided it already."""
    changed: int = (
        CampaignApproval.update(
            state=state, decider=decider[:64], reason=reason[:REASON_LIMIT], decided_at=now
        )
        .where((CampaignApproval.id == approval_id) & (CampaignApproval.state == SUBMITTED))
        .execute()
    )
    return changed == 1


def history(campaign_id: int, limit: int = 50) -> list[Approval]:
    """Requests, the latest first."""
    query = CampaignApproval.select().where(
        (CampaignApproval.campaign == campaign_id) & (CampaignApproval.state != DRAFTED)
    )
    return [_state(row) for row in query.order_by(CampaignApproval.id.desc()).limit(limit)]

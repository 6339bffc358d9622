"""Approval by a second person: of the exact document, before it can start.

Whoever wrote the document or asked for its approval cannot give it. It holds for this document
only: after a change another one is needed. The account's rules demand it of every campaign; a
document may demand it for itself.
"""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import sha256

from bot.campaign.ahead.linting import insist_on_texts
from bot.campaign.ahead.to_come import order_to_come
from bot.campaign.document.definition import Definition, parse
from bot.campaign.finding import find
from bot.campaign.permission.order import zone_of
from bot.campaign.states import EDITABLE, CampaignStatus, move
from bot.errors import Conflict
from bot.store import approvals, audit, campaign_documents, campaign_rules
from bot.store.approvals import APPROVED, REJECTED, SUBMITTED, Approval
from bot.store.campaigns import CampaignState
from bot.store.db import transaction


def digest_of(definition: Definition) -> str:
    """The same for the same meaning, however the document was written."""
    text = json.dumps(definition.document(), ensure_ascii=False, sort_keys=True)
    return sha256(text.encode()).hexdigest()


def demanded(account_id: int, definition: Definition) -> bool:
    """A document cannot lift what the account demands."""
    return campaign_rules.of(account_id).approval or definition.approval is True


def submit(account_id: int, ref: str | int, maker: str, now: datetime) -> Approval:
    """Ask for approval of the document as it stands. Raises NotFound, and Conflict: for what the
    linter calls an error, and for what is submitted or approved already."""
    campaign = find(account_id, ref)
    if campaign.state not in EDITABLE:
        raise Conflict(f"the campaign is {campaign.state}: only a draft is submitted")
    digest = _digest(campaign)
    last = approvals.latest(campaign.id)
    insist_on_texts(order_to_come(campaign, "", now))
    if last is not None and last.digest == digest and last.state in (SUBMITTED, APPROVED):
        raise Conflict(f"this document is {last.state} already, by {last.decider or last.maker}")
    with transaction():
        campaign_documents.keep(campaign.id, digest, campaign.definition, now)
        made = approvals.note(campaign.id, digest, SUBMITTED, maker, now)
        _record(maker, "campaign_submit", campaign, digest, now)
    return made


def approve(account_id: int, ref: str | int, decider: str, now: datetime) -> Approval:
    """Give it. Raises Conflict for who had a hand in it, where nothing waits, or after a change."""
    return _decide(account_id, ref, APPROVED, decider, "", now)


def reject(account_id: int, ref: str | int, decider: str, reason: str, now: datetime) -> Approval:
    """Refuse it, with the reason. Raises Conflict."""
    if not reason.strip():
        raise Conflict("a refusal says why")
    return _decide(account_id, ref, REJECTED, decider, reason.strip(), now)


def _decide(
    account_id: int, ref: str | int, state: str, decider: str, reason: str, now: datetime
) -> Approval:
    campaign = find(account_id, ref)
    waiting = approvals.latest(campaign.id)
    if waiting is None or waiting.state != SUBMITTED:
        raise Conflict("nothing waits for approval: it is to be submitted first")
    digest = _digest(campaign)
    if waiting.digest != digest:
        raise Conflict("the document was changed after it was submitted: submit it again")
    if state == APPROVED and decider[:64] in approvals.hands(campaign.id, digest):
        raise Conflict("who wrote or submitted it cannot approve it: a second person is needed")
    with transaction():
        if not approvals.decide(waiting.id, state, decider, reason, now):
            raise Conflict("somebody else has decided it just now")
        if state == REJECTED:
            move(campaign.id, CampaignStatus.DRAFT, now)  # it does not start by itself any more
        _record(decider, f"campaign_{state}", campaign, digest, now)
    found = approvals.latest(campaign.id)
    assert found is not None
    return found


def _record(actor: str, action: str, campaign: CampaignState, digest: str, now: datetime) -> None:
    audit.record(actor, action, now, detail={"campaign": campaign.slug, "digest": digest[:12]})


def _digest(campaign: CampaignState) -> str:
    return digest_of(parse(campaign.definition, zone_of(campaign.account_id)))


def standing_of(campaign: CampaignState) -> str:
    """How it stands with the document as it is: not needed, missing, submitted, approved, rejected
    or changed (another document was decided on)."""
    definition = parse(campaign.definition, zone_of(campaign.account_id))
    last = approvals.latest(campaign.id)
    if last is not None and last.digest == digest_of(definition):
        return last.state
    if not demanded(campaign.account_id, definition):
        return "not needed"
    return "missing" if last is None else "changed"


_WHY = {
    "missing": "it needs the approval of a second person: submit it first",
    "submitted": "it waits for the approval of a second person",
    "rejected": "its approval was refused",
    "changed": "it was changed after its approval was asked for: submit it again",
}


def why_not(campaign: CampaignState) -> str:
    """Why it may not start: a demanded approval is not there, or one was refused at all; "" where
    it may."""
    definition = parse(campaign.definition, zone_of(campaign.account_id))
    standing = standing_of(campaign)
    if standing != REJECTED and not demanded(campaign.account_id, definition):
        return ""
    return _WHY.get(standing, "")


def check(campaign: CampaignState) -> None:
    """Raises Conflict with `why_not`."""
    if why := why_not(campaign):
        raise Conflict(why)

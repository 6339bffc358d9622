"""Closing: a run ends when every row is accounted for, and the sum is printed and kept."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.campaign.definition import Definition, parse
from bot.campaign.order import OFFER
from bot.campaign.sheet import sign_due
from bot.campaign.states import CampaignStatus, move
from bot.errors import Conflict
from bot.store import campaigns, coupons, send_figures, send_plan, send_repair
from bot.store.campaigns import CampaignState, GenerationState
from bot.store.db import again, transaction
from bot.store.send_figures import Count
from bot.values.audience import SendState

logger = logging.getLogger(__name__)

FOREVER = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Closing:
    """The sum of one step: audience = sent + failed + skipped + held out + unknown.

    failed, skipped   by reason
    open              waiting or under way: 0 before it can be closed
    """

    step: str
    audience: int
    sent: int
    failed: dict[str, int]
    skipped: dict[str, int]
    held_out: int
    unknown: int
    open: int

    @property
    def accounted(self) -> int:
        ended = sum(self.failed.values()) + sum(self.skipped.values())
        return self.sent + ended + self.held_out + self.unknown

    @property
    def balanced(self) -> bool:
        return self.open == 0 and self.audience == self.accounted

    def words(self) -> str:
        """The sum as one line."""
        return (
            f"{self.step}: audience {self.audience} = sent {self.sent}"
            f" + failed {sum(self.failed.values())} + skipped {sum(self.skipped.values())}"
            f" + held out {self.held_out} + unknown {self.unknown}"
            + (f" + open {self.open}" if self.open else "")
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "audience": self.audience,
            "sent": self.sent,
            "failed": self.failed,
            "skipped": self.skipped,
            "held_out": self.held_out,
            "unknown": self.unknown,
            "open": self.open,
        }


def closings(generation: GenerationState, counts: Iterable[Count]) -> dict[str, Closing]:
    """By step. The offer's audience is what planning counted, not what the ledger now shows: a row
    that vanished would be missed."""
    by_step: dict[str, list[Count]] = {OFFER: []}
    for count in counts:
        by_step.setdefault(count.step, []).append(count)
    return {
        step: _closing(step, generation.audience if step == OFFER else None, found)
        for step, found in by_step.items()
    }


def _closing(step: str, audience: int | None, counts: list[Count]) -> Closing:
    states = _sum((count.state, count.rows) for count in counts)
    of = {state: [c for c in counts if c.state == state] for state in SendState}
    return Closing(
        step,
        sum(states.values()) if audience is None else audience,
        states[SendState.SENT],
        dict(_sum((count.why, count.rows) for count in of[SendState.FAILED])),
        dict(_sum((count.skip, count.rows) for count in of[SendState.SKIPPED])),
        states[SendState.HELD_OUT],
        states[SendState.UNKNOWN],
        states[SendState.INTENDED] + states[SendState.CLAIMED],
    )


def _sum(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for key, number in pairs:
        total[key] += number
    return total


def close_due(now: datetime) -> int:
    """Close every run that is through, and sign its sheet; how many. One that does not add up is
    left open, and says where in its campaign's `error`."""
    closed = 0
    states = [CampaignStatus.RUNNING, CampaignStatus.CANCELLED]
    for campaign in campaigns.open_runs(states):
        try:
            closed += _is_through(campaign, now) and close(campaign, now) is not None
        except Conflict as error:
            logger.error("campaign=%s close=refused reason=%s", campaign.slug, error)
            campaigns.complain(campaign.id, str(error))
    sign_due(now)
    return closed


def _is_through(campaign: CampaignState, now: datetime) -> bool:
    """Everything has gone its way, and so has the time in which it can have an effect."""
    if send_repair.unfinished(campaign.id):
        return False
    generation = campaigns.generation(campaign.id, campaign.generation)
    campaigns.set_sent(generation.id, now)
    if campaign.state == CampaignStatus.CANCELLED:
        return True
    definition = parse(generation.definition)
    ends = (generation.sent_at or now) + timedelta(days=definition.attribution_days)
    return ends <= now and not _reminders_ahead(campaign, definition, now)


def _reminders_ahead(campaign: CampaignState, definition: Definition, now: datetime) -> bool:
    """A coupon that its follower claimed still waits for its reminder."""
    if definition.reminder is None:
        return False
    batch = coupons.batch_by_slug(campaign.account_id, definition.offer)
    run_of = (campaign.id, campaign.generation)
    return any(send_plan.ending_codes(run_of, batch.id, now, now + FOREVER))


@again
def close(campaign: CampaignState, now: datetime) -> dict[str, Closing] | None:
    """Make the sum and end the run. None: another process closed it.

    Raises Conflict, with the line that does not add up, and leaves everything as it was.
    """
    with transaction():
        generation = campaigns.generation(campaign.id, campaign.generation, lock=True)
        if generation.closed_at is not None:
            return None
        sums = closings(generation, send_figures.counts(campaign.id, generation.number))
        if generation.planned_at is None and campaign.state != CampaignStatus.CANCELLED:
            raise Conflict("the audience is not fully in the ledger yet")
        for closing in sums.values():
            if not closing.balanced:
                raise Conflict(f"does not add up: {closing.words()}")
        document = {step: closing.to_json() for step, closing in sums.items()}
        campaigns.close_generation(generation.id, document, now)
        if campaign.state != CampaignStatus.CANCELLED:
            move(campaign.id, CampaignStatus.CLOSED, now)
    for closing in sums.values():
        logger.info("campaign=%s closed=1 %s", campaign.slug, closing.words())
    return sums

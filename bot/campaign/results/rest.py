"""Send to the rest: a further run for those whom one that has been sent did not reach.

Time, quota, stock or a cancellation kept it from them, or the platform refused it. Nobody gets the
message again who had it, may have had it, or is held out, in any run of the campaign.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.campaign.document.definition import parse
from bot.campaign.drawing import matched
from bot.campaign.permission.order import OFFER, Order, batches_of, order_of, zone_of
from bot.campaign.permission.policy import next_opening
from bot.campaign.phases import sent_run
from bot.campaign.results.close import close
from bot.campaign.states import CampaignStatus, move
from bot.errors import Conflict
from bot.store import campaigns, send_plan, send_rest
from bot.store.campaigns import CampaignState
from bot.store.db import again, transaction
from bot.store.send_plan import Sheet
from bot.values.audience import SendState

CHUNK = 2000
ENDED = (CampaignStatus.CLOSED, CampaignStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Rest:
    """Whom run `of_run` did not reach: followers by what kept it from them."""

    of_run: int
    skipped: dict[str, int]
    failed: dict[str, int]

    @property
    def followers(self) -> int:
        return sum(self.skipped.values()) + sum(self.failed.values())

    def to_json(self) -> dict[str, Any]:
        return {
            "of_run": self.of_run,
            "followers": self.followers,
            "skipped": self.skipped,
            "failed": self.failed,
        }


def rest_of(campaign: CampaignState) -> Rest:
    """The figures before it is done. Raises Conflict for a run that is still being sent."""
    must_have_ended(campaign)
    counts = send_rest.counts(campaign.id, campaign.generation)
    failed: dict[str, int] = {}
    skipped: dict[str, int] = {}
    for count in counts:
        by, why = (failed, count.why) if count.state == SendState.FAILED else (skipped, count.skip)
        by[why] = by.get(why, 0) + count.rows
    return Rest(campaign.generation, skipped, failed)


def must_have_ended(campaign: CampaignState) -> None:
    """Raises Conflict for a run that is still being sent. Nothing is counted."""
    if sent_run(campaign) is not None:
        return
    closed = campaign.generation > 0 and (
        campaigns.generation(campaign.id, campaign.generation).closed_at is not None
    )
    if campaign.state not in ENDED or not closed or campaign.standing:
        why = "the rest is sent when every message of its run has gone its way"
        raise Conflict(f"the campaign is {campaign.state}: {why}")


def send_rest_of(campaign: CampaignState, now: datetime) -> int:
    """Open that run; its number. It is planned and sent by the next `push_due`.

    The definition is the ended run's, without its end, as that may have passed. A run whose effect
    is still being measured is closed there and then: what it still brings about is counted in its
    report all the same. Raises Conflict when the run is still being sent, or there is nobody;
    NotFound when the coupon batch is gone.
    """
    must_have_ended(campaign)
    if sent_run(campaign) is not None and _anybody(campaign):
        close(campaign, now)
    return _open(campaigns.get(campaign.id), now)


def opened_for(campaign: CampaignState, of_run: int) -> int | None:
    """The run that was opened for the rest of that one, if it is the campaign's latest."""
    if campaign.generation <= of_run:
        return None
    run = campaigns.generation(campaign.id, campaign.generation)
    return run.number if send_rest.of(run.id) == of_run else None


def _anybody(campaign: CampaignState) -> bool:
    """Whether there is a rest at all: the first of them, where counting reads every row."""
    return bool(send_rest.missed(campaign.id, campaign.generation, 0, 1))


@again
def _open(campaign: CampaignState, now: datetime) -> int:
    with transaction():
        run = campaigns.generation(campaign.id, campaign.generation, lock=True)
        held = campaigns.get(campaign.id)
        must_have_ended(held)
        if not _anybody(held):
            raise Conflict("nobody is left: everybody had it, or was not permitted to have it")
        definition = parse(run.definition, zone_of(campaign.account_id))
        batches_of(campaign.account_id, definition)
        origins = [CampaignStatus(campaign.state)]
        if not campaigns.move(campaign.id, origins, CampaignStatus.PLANNING, now):
            raise Conflict("the campaign has moved on meanwhile")
        document = replace(definition, until=None).document()
        upper = send_rest.upper(campaign.id, run.number)
        opened = campaigns.open_generation(campaign.id, document, upper, now)
        send_rest.mark(opened.id, run.number)
        return opened.number


def is_rest(campaign: CampaignState) -> bool:
    """Its latest run is a second try."""
    run = campaigns.generation(campaign.id, campaign.generation)
    return send_rest.of(run.id) is not None


def plan(
    campaign: CampaignState, public_url: str, now: datetime, go_on: Callable[[], bool]
) -> bool:
    """Write chunks until all is written or `go_on` says no; whether all is."""
    run = campaigns.generation(campaign.id, campaign.generation)
    order = order_of(campaign, run, public_url, now)
    while go_on():
        if _plan_chunk(order, now):
            return True
    return False


@again
def _plan_chunk(order: Order, now: datetime) -> bool:
    """As bot.campaign.planning.plan.plan_chunk: the rows and the cursor are one transaction."""
    with transaction():
        run = campaigns.generation(order.campaign_id, order.generation, lock=True)
        if campaigns.get(order.campaign_id).state != CampaignStatus.PLANNING:
            return True
        of_number = send_rest.of(run.id)
        assert of_number is not None
        found = send_rest.missed(order.campaign_id, of_number, run.cursor, CHUNK)
        if not found:
            if order.choices:  # they are few
                matched.write(order, matched.planned_for(order, run))
            campaigns.set_planned(run.id, now)
            return move(order.campaign_id, CampaignStatus.RUNNING, now)
        campaigns.advance(run.id, found[-1][0], _write(order, found, now))
        return False


def _write(order: Order, found: Sequence[tuple[int, str]], now: datetime) -> int:
    """Everybody sees the variant that was theirs."""
    opening = next_opening(order.policy(OFFER), now)
    sheet = Sheet(
        order.campaign_id, order.generation, OFFER, order.definition.purpose,
        order.offer.id if order.offer else None, planned_at=now, not_before=opening or now,
    )  # fmt: skip
    by_variant: dict[str, list[int]] = {}
    for who, variant in found:
        by_variant.setdefault(variant, []).append(who)
    return sum(
        send_plan.write(sheet, SendState.INTENDED, variant, ids)
        for variant, ids in by_variant.items()
    )

"""One run of a campaign as all its batches share it: read once, then only handed on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.campaign.document.definition import Definition, parse
from bot.campaign.document.house import held
from bot.campaign.document.wording import yuan
from bot.campaign.permission.limits import NO_LIMITS, Limits, limits_of
from bot.campaign.permission.market import ways_of
from bot.campaign.permission.matching import Piece
from bot.campaign.permission.pieces import pieces_of
from bot.campaign.permission.policy import Policy, policy_of
from bot.coupon import words
from bot.store import accounts, campaign_rules, campaigns, coupons, links
from bot.store.campaigns import CampaignState, GenerationState
from bot.store.coupons import BatchState
from bot.values.audience import Channel, Purpose

OFFER = "offer"
REMINDER = "reminder"
# Every held message has an end: what a week of quiet hours, quotas and pauses kept back is stale.
LIFE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Order:
    """A run's frozen definition with what it names looked up. `link_id` None: no tracked link.

    offer    the batch that all get; `choices`: those of which each row names one, then there is
             no `offer`
    """

    campaign_id: int
    account_id: int
    generation: int
    definition: Definition
    zone: ZoneInfo
    deadline: datetime | None  # None for standing campaigns: the journey ends what waits too long
    offer: BatchState | None
    link_id: int | None
    public_url: str
    limits: Limits = NO_LIMITS
    pieces: tuple[Piece, ...] = ()
    ways: tuple[Channel, ...] = ()  # see market; empty: as the definition lists them
    choices: tuple[BatchState, ...] = ()

    def policy(self, step: str) -> Policy:
        """What binds the rows of a step. A reminder is a service notice by template message; it
        ends with the coupon it is about, not with the campaign."""
        if step == REMINDER:
            return Policy(Purpose.SERVICE, zone=self.zone, channels=(Channel.TEMPLATE,))
        return replace(
            policy_of(self.definition, self.zone, self.deadline), channels=self.channels()
        )

    def channels(self) -> tuple[Channel, ...]:
        """By which the offer may go, the most wanted first."""
        return self.ways or self.definition.channels

    def topics(self) -> tuple[str, ...]:
        """What the run is about: who refused one of these is passed by."""
        return self.offer.topics if self.offer is not None else ()

    def batches(self) -> tuple[BatchState, ...]:
        """All that it may bring."""
        return self.choices or ((self.offer,) if self.offer is not None else ())

    def bearing(self, batch: BatchState) -> Order:
        """The same for those who get this batch."""
        return replace(self, offer=batch, choices=())

    def piece(self, slug: str) -> Piece | None:
        """None: the run carries none, or not this one any more."""
        return next((one for one in self.pieces if one.slug == slug), None)

    def text_of(self, variant: str) -> str:
        """Raises KeyError for a variant that the run does not have."""
        return {v.name: v.text for v in self.definition.texts()}[variant]

    def values(self) -> dict[str, str]:
        """The variables that are the same for every recipient."""
        if self.offer is None:
            return {}
        return {
            "title": self.offer.title,
            "face_value": words.value(self.offer.terms),
            "threshold": yuan(self.offer.threshold_fen),
        }


def zone_of(account_id: int) -> ZoneInfo:
    return ZoneInfo(accounts.by_id(account_id).timezone)


def order_of(
    campaign: CampaignState, generation: GenerationState, public_url: str, now: datetime
) -> Order:
    """Raises NotFound when the coupon batch of the frozen definition is gone."""
    zone = zone_of(campaign.account_id)
    definition = parse(generation.definition, zone, standing=campaign.standing)
    definition = held(definition, campaign_rules.of(campaign.account_id))
    target = definition.url or (links.COUPON if definition.gives else "")
    account_id = campaign.account_id
    offer, choices = batches_of(account_id, definition)
    return Order(
        campaign.id,
        account_id,
        generation.number,
        definition,
        zone,
        None if campaign.standing else deadline_of(definition, generation.started_at),
        offer,
        links.link_for(campaign.id, target, now) if target else None,
        public_url,
        limits_of(account_id, campaign.id, definition, choices or (offer,), zone, now),
        pieces_of(account_id, campaign.id, definition, now),
        ways_of(account_id, definition),
        choices,
    )


def batches_of(
    account_id: int, definition: Definition
) -> tuple[BatchState | None, tuple[BatchState, ...]]:
    """(offer, choices) as an Order has them. Raises NotFound with the slug that is gone."""
    slug, part = definition.offer, definition.match
    offer = coupons.batch_by_slug(account_id, slug) if slug else None
    named = [one.batch for one in part.offers] if part else ()
    return offer, tuple(coupons.batch_by_slug(account_id, slug) for slug in named)


def deadline_of(definition: Definition, started_at: datetime) -> datetime:
    """When what has not gone out is skipped. A recurring campaign's `until` ends all its runs, so
    it is often later than a run lives."""
    if definition.until is None:
        return started_at + LIFE
    return min(definition.until, started_at + LIFE) if definition.recurs else definition.until


def load(campaign_id: int, public_url: str, now: datetime) -> Order:
    """The order of the campaign's latest run. Raises NotFound before the first."""
    campaign = campaigns.get(campaign_id)
    generation = campaigns.generation(campaign.id, campaign.generation)
    return order_of(campaign, generation, public_url, now)

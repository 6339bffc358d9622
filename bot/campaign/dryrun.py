"""A dry run: the whole audience through the same decisions, and nothing written or sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.campaign.assign import HELD_OUT
from bot.campaign.compose import Composer
from bot.campaign.definition import parse
from bot.campaign.manage import find
from bot.campaign.order import LIFE, OFFER, Order, zone_of
from bot.campaign.plan import CHUNK, assignment
from bot.campaign.policy import Delay, Recipient, judge
from bot.campaign.recipients import recipients
from bot.channels.registry import CHANNELS
from bot.services import Services
from bot.store import coupons, quotas, segments, sends
from bot.values.audience import Channel, Skip


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would happen if it were sent now.

    skipped    who would get nothing, by reason
    delayed    who would get it later, until `delayed_until`: quiet hours
    channels   sends by channel; sends = their sum
    stock      codes left before; burn: codes that would go out
    quota      calls left today by channel
    samples    the finished text of each variant, with a link that counts for nobody
    """

    slug: str
    audience: int
    held_out: int
    skipped: dict[str, int]
    delayed: int
    delayed_until: datetime | None
    channels: dict[str, int]
    variants: dict[str, int]
    stock: int | None
    burn: int
    quota: dict[str, int]
    samples: dict[str, str]

    @property
    def expected(self) -> int:
        """Sends in all, the delayed ones included."""
        return sum(self.channels.values()) + self.delayed

    def to_json(self) -> dict[str, Any]:
        until = self.delayed_until
        return {
            "slug": self.slug,
            "audience": self.audience,
            "held_out": self.held_out,
            "skipped": self.skipped,
            "delayed": self.delayed,
            "delayed_until": until.isoformat() if until else None,
            "expected": self.expected,
            "channels": self.channels,
            "variants": self.variants,
            "coupons": {"stock": self.stock, "burn": self.burn},
            "quota": self.quota,
            "samples": self.samples,
        }


def dry_run(services: Services, account_id: int, ref: str | int, now: datetime) -> DryRun:
    """Walk the present audience as the next run would. Raises NotFound for what is missing."""
    campaign = find(account_id, ref)
    zone = zone_of(account_id)
    definition = parse(campaign.definition, zone)
    offer = coupons.batch_by_slug(account_id, definition.offer) if definition.offer else None
    linked = bool(definition.url or definition.offer)
    order = Order(
        campaign.id,
        account_id,
        campaign.generation + 1,
        definition,
        zone,
        definition.until or now + LIFE,
        offer,
        0 if linked else None,  # no link has this number: a tap on a sample counts nowhere
        services.settings.public,
    )
    walk = _Walk(order, now)
    segment = segments.by_slug(account_id, definition.segment)
    after = 0
    while members := segments.member_ids(segment.id, after, CHUNK):
        walk.look_at(members)
        after = members[-1]
    return walk.result()


class _Walk:
    """The counters of one dry run; memory is that of one chunk."""

    def __init__(self, order: Order, now: datetime) -> None:
        self._order, self._now = order, now
        self._policy = order.policy(OFFER)
        self._assignment = assignment(order)
        stock = coupons.stock(order.offer.id)["available"] if order.offer else None
        self._stock, self._left = stock, stock
        self._audience = 0
        self._until: datetime | None = None
        self._skipped: Counter[str] = Counter()
        self._channels: Counter[str] = Counter()
        self._variants: Counter[str] = Counter()
        self._delayed = 0

    def look_at(self, members: list[int]) -> None:
        self._audience += len(members)
        people = recipients(self._order, members, self._now)
        held = sends.codes_held(self._order.offer.id, members) if self._order.offer else {}
        for variant, ids in self._assignment.split(members).items():
            self._variants[variant] += len(ids)
            if variant == HELD_OUT:
                continue
            for follower_id in ids:
                self._count(people[follower_id], held.get(follower_id, 0))

    def _count(self, recipient: Recipient, codes_held: int) -> None:
        verdict = judge(recipient, self._policy, self._now)
        if isinstance(verdict, Skip):
            self._skipped[verdict] += 1
        elif (short := self._short(codes_held)) is not None:
            self._skipped[short] += 1
        elif isinstance(verdict, Delay):
            self._delayed += 1
            self._until = verdict.until
        else:
            self._channels[verdict] += 1

    def _short(self, codes_held: int) -> Skip | None:
        """Take one code of the stock, in mind."""
        offer = self._order.offer
        if offer is None or self._left is None:
            return None
        if codes_held >= offer.per_person:
            return Skip.PERSON_LIMIT
        over = offer.valid_until is not None and offer.valid_until <= self._now
        if self._left == 0 or over:
            return Skip.NO_STOCK
        self._left -= 1
        return None

    def result(self) -> DryRun:
        order = self._order
        composer = Composer(order)
        day = quotas.day_of(self._now, order.zone)
        ways = [CHANNELS[Channel(c)] for c in order.definition.channels]
        return DryRun(
            order.definition.slug,
            self._audience,
            self._variants.pop(HELD_OUT, 0),
            dict(self._skipped),
            self._delayed,
            self._until,
            dict(self._channels),
            dict(self._variants),
            self._stock,
            (self._stock or 0) - (self._left or 0),
            {
                w.channel.value: quotas.left(order.account_id, w.api, day, w.daily_limit)
                for w in ways
            },
            {v.name: composer.text(v.name, None, None) for v in order.definition.texts()},
        )

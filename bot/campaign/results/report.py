"""What a campaign did, as of now: the sum, the funnel of each variant, the effect.

Each kind of figure comes from one query (`bot.store.send_figures`), and totals are sums of what is
shown, so a number can not differ from another that means the same.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.campaign.document.definition import Definition, parse
from bot.campaign.permission.order import OFFER
from bot.campaign.phases import Phase, phase_of
from bot.campaign.results.stats import Effect, effect, effect_of, rate, yield_of
from bot.campaign.results.sums import Closing, closings
from bot.effect.increment import Change, of_run
from bot.effect.rates import rated
from bot.store import campaigns, effect_funnel, send_figures
from bot.store.campaigns import CampaignState, GenerationState
from bot.store.effect_funnel import Scope
from bot.store.send_figures import Bought, Clicks, Count
from bot.values.audience import SendState


@dataclass(frozen=True, slots=True)
class VariantReport:
    """One variant's funnel. audience: assigned to it; clicks: people; claimed: coupons, whenever;
    redemptions: credited."""

    name: str
    audience: int
    sent: int
    delivered: int
    unknown: int
    clicks: int
    taps: int
    automatic_taps: int
    redemptions: int
    buyers: int
    revenue_fen: int
    claimed: int

    @property
    def ctr(self) -> float:
        """People who clicked, of those sent to."""
        return rate(self.clicks, self.sent)

    @property
    def cvr(self) -> float:
        """People who bought, of those who clicked."""
        return rate(self.buyers, self.clicks)

    def to_json(self) -> dict[str, Any]:
        """Rates, and the ends of their 95 % intervals."""
        return {
            **asdict(self),
            "ctr": self.ctr,
            "cvr": self.cvr,
            "ctr_interval": rated(self.clicks, self.sent)[1:],
            "cvr_interval": rated(self.buyers, self.clicks)[1:],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """`closing` is the offer's sum; `steps` has all, the reminder's too.

    change      what the run changed, against its own hold-out: the figure of the post-mortem, too
    by_control  the same against the account's control group; None where nobody of it was held out
    effect      the purchases of `change`
    """

    id: int
    slug: str
    name: str
    state: str
    phase: Phase
    as_of: datetime
    error: str
    generation: int
    started_at: datetime | None
    sent_at: datetime | None
    closed_at: datetime | None
    steps: dict[str, Closing]
    variants: tuple[VariantReport, ...]
    change: Change | None = None
    by_control: Change | None = None

    @property
    def closing(self) -> Closing:
        return self.steps[OFFER]

    @property
    def effect(self) -> Effect:
        if self.change is None:
            return effect((0, 0), (0, 0))
        return effect_of(self.change.buyers, final=self.change.final)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "slug": self.slug,
            "name": self.name,
            "state": self.state,
            **self.phase.to_json(),
            "as_of": self.as_of.isoformat(),
            "error": self.error,
            "generation": self.generation,
            "started_at": _iso(self.started_at),
            "sent_at": _iso(self.sent_at),
            "closed_at": _iso(self.closed_at),
            "closing": self.closing.to_json(),
            "steps": {step: closing.to_json() for step, closing in self.steps.items()},
            "delivered": sum(v.delivered for v in self.variants),
            "clicks": sum(v.clicks for v in self.variants),
            "taps": sum(v.taps for v in self.variants),
            "automatic_taps": sum(v.automatic_taps for v in self.variants),
            "redemptions": sum(v.redemptions for v in self.variants),
            "revenue_fen": sum(v.revenue_fen for v in self.variants),
            "yield": yield_of([(v.ctr, v.cvr) for v in self.variants]),
            "variants": [variant.to_json() for variant in self.variants],
            "effect": {
                **asdict(self.effect),
                "sent_rate": self.effect.sent_rate,
                "held_out_rate": self.effect.held_out_rate,
            },
            "increment": None if self.change is None else self.change.to_json(),
            "by_control": None if self.by_control is None else self.by_control.to_json(),
        }


def report(campaign: CampaignState, now: datetime, number: int | None = None) -> Report:
    """The report of one run, the latest where none is named. Raises NotFound for no such run."""
    chosen = campaign.generation if number is None else number
    if chosen == 0:
        return _unrun(campaign, now)
    generation = campaigns.generation(campaign.id, chosen)
    definition = parse(generation.definition, standing=campaign.standing)
    window = timedelta(days=definition.attribution_days)
    entries = None if campaign.standing else chosen  # its generations are entries, all one run
    counts = send_figures.counts(campaign.id, entries)
    steps = closings(generation, counts)
    return Report(
        campaign.id,
        campaign.slug,
        campaign.name,
        campaign.state,
        phase_of(campaign),
        now,
        campaign.error,
        chosen,
        generation.started_at,
        generation.sent_at,
        generation.closed_at,
        steps,
        _variants(campaign.id, entries, definition, counts, window),
        of_run(campaign, generation, now),
        _by_control(campaign, generation, steps[OFFER], now),
    )


def _by_control(
    campaign: CampaignState, run: GenerationState, closing: Closing, now: datetime
) -> Change | None:
    if not closing.held_out_by[send_figures.CONTROL]:
        return None
    return of_run(campaign, run, now, control=True)


def _variants(
    campaign_id: int,
    generation: int | None,
    definition: Definition,
    counts: list[Count],
    window: timedelta,
) -> tuple[VariantReport, ...]:
    clicks = send_figures.clicks(campaign_id, generation)
    bought = send_figures.bought(campaign_id, generation, window)
    claimed = _claimed(campaign_id, generation) if definition.gives else Counter[str]()
    return tuple(
        _variant(
            variant.name,
            [c for c in counts if c.step == OFFER and c.variant == variant.name],
            clicks.get(variant.name, Clicks()),
            bought.get(variant.name, Bought()),
            claimed[variant.name],
        )
        for variant in definition.texts()
    )


def _claimed(campaign_id: int, generation: int | None) -> Counter[str]:
    """By variant: coupons of the offer's sends that were claimed, whenever."""
    scope = Scope(campaign_id, generation, entries=generation is None)
    found = Counter[str]()
    for cell, codes in effect_funnel.codes(scope):
        if cell.step == OFFER:
            found[cell.variant] += codes.claimed
    return found


def _variant(
    name: str, counts: list[Count], clicks: Clicks, bought: Bought, claimed: int
) -> VariantReport:
    return VariantReport(
        name,
        sum(count.rows for count in counts),
        sum(count.rows for count in counts if count.state == SendState.SENT),
        sum(count.delivered for count in counts),
        sum(count.rows for count in counts if count.state == SendState.UNKNOWN),
        clicks.people,
        clicks.taps,
        clicks.automatic,
        bought.times,
        bought.people,
        bought.revenue_fen,
        claimed,
    )


def _unrun(campaign: CampaignState, now: datetime) -> Report:
    nothing = Closing(OFFER, 0, 0, {}, {}, 0, 0, 0)
    return Report(
        campaign.id, campaign.slug, campaign.name, campaign.state, Phase(campaign.state), now,
        campaign.error, 0, None, None, None, {OFFER: nothing}, (),
    )  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()

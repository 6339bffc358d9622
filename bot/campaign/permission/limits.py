"""What permission asks beyond the definition, looked up once for a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.campaign.document.definition import Definition
from bot.experiment.exclusion import GlobalControl
from bot.store import campaign_rules, campaigns, coupons
from bot.store.coupons import BatchState
from bot.store.send_history import Run
from bot.values.audience import Purpose


@dataclass(frozen=True, slots=True)
class Limits:
    """control   the account's few who get no marketing; None: there are none
    rivals    runs of a higher priority that are not through, the highest first
    alike     coupon batches that are about the same topics, this run's own included
    """

    control: GlobalControl | None = None
    rivals: tuple[Run, ...] = ()
    alike: tuple[int, ...] = ()


NO_LIMITS = Limits()
LOOKS_BACK = timedelta(days=365)


def limits_of(
    account_id: int,
    campaign_id: int,
    definition: Definition,
    offers: Sequence[BatchState | None],
    zone: ZoneInfo,
    now: datetime,
) -> Limits:
    """Nothing binds a service notice."""
    if definition.purpose is not Purpose.MARKETING:
        return NO_LIMITS
    rails = definition.guardrails
    return Limits(
        control_of(account_id, zone, now),
        tuple(campaigns.rivals(account_id, campaign_id, definition.priority))
        if rails.yield_hours
        else (),
        _alike(account_id, offers) if rails.variety else (),
    )


def control_of(account_id: int, zone: ZoneInfo, now: datetime) -> GlobalControl | None:
    """The control group of this quarter, by the account's calendar."""
    rules = campaign_rules.of(account_id)
    if not rules.control_permille:
        return None
    local = now.astimezone(zone)
    quarter = f"{local.year}Q{(local.month + 2) // 3}"
    return GlobalControl(rules.control_share, f"{account_id}:{rules.control_salt}:{quarter}")


def _alike(account_id: int, offers: Sequence[BatchState | None]) -> tuple[int, ...]:
    own = [offer for offer in offers if offer is not None]
    if not own:
        return ()
    topics = {topic for offer in own for topic in offer.topics}
    same = (b.id for b in coupons.batches(account_id) if topics & set(b.topics))
    return tuple(sorted({*(offer.id for offer in own), *same}))

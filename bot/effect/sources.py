"""The ledger of follow sources 拉新账本: what each brought and cost, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.effect.rates import rated
from bot.store import effect_costs, effect_sources
from bot.store.effect_sources import Did, Stayed

_NOBODY = Stayed(0, 0, 0, 0, 0, 0)
_NOTHING = Did(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Source:
    """One source. `name` "": not by a QR code.

    scans, joins      of its QR code in the span: by followers, and by who came with it
    due7, kept7 ...   who came so long ago that it can be said, and who of them stayed
    revenue_fen       of those who came in the span, to this day, less what was paid back
    """

    name: str
    came: int
    left: int
    due7: int
    kept7: int
    due30: int
    kept30: int
    scans: int
    joins: int
    messages: int
    claimed: int
    redeemed: int
    buyers: int
    orders: int
    revenue_fen: int
    cost_fen: int

    @property
    def kept(self) -> int:
        """Who is there now: a source is not paid for those who went 取关."""
        return self.came - self.left

    def to_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "kept": self.kept,
            "stay7": rated(self.kept7, self.due7),
            "stay30": rated(self.kept30, self.due30),
            "cost_per_kept_fen": _each(self.cost_fen, self.kept),
            "value_per_kept_fen": _each(self.revenue_fen, self.kept),
        }


def _each(fen: int, people: int) -> int | None:
    return round(fen / people) if people else None


def sources(
    account_id: int, zone: ZoneInfo, since: datetime, until: datetime, now: datetime
) -> list[Source]:
    """Every source that brought somebody, was scanned or cost something in [since, until); who
    brought most first."""
    stayed = effect_sources.stayed(account_id, since, until, now)
    did = effect_sources.did(account_id, since, until)
    coupons = effect_sources.coupons(account_id, since, until)
    scans = effect_sources.scans(account_id, since, until)
    last = (until - timedelta(milliseconds=1)).astimezone(zone).date()
    costs = effect_costs.source_costs(account_id, since.astimezone(zone).date(), last)
    names = {*stayed, *scans, *costs}
    found = [
        _source(name, stayed, did, coupons.get(name, (0, 0)), scans.get(name, (0, 0)), costs)
        for name in names
    ]
    return sorted(found, key=lambda one: (-one.came, -one.cost_fen, one.name))


def _source(
    name: str,
    stayed: Mapping[str, Stayed],
    did: Mapping[str, Did],
    coupons: tuple[int, int],
    scans: tuple[int, int],
    costs: Mapping[str, int],
) -> Source:
    done = did.get(name, _NOTHING)
    return Source(
        name,
        *stayed.get(name, _NOBODY),
        *scans,
        done.messages,
        *coupons,
        done.buyers,
        done.orders,
        done.revenue_fen,
        costs.get(name, 0),
    )

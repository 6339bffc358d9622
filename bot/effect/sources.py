"""The ledger of follow sources 拉新账本: what each brought and cost, and what came of it.

Of any span it is counted from the log (`sources`), follower by follower; for pages it is counted
ahead, by the day on which people came (bot.store.source_days), and added up (`kept_sources`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import from_ms, to_ms
from bot.effect.days import DAY, bounds
from bot.effect.rates import rated
from bot.store import accounts, effect_costs, effect_sources, sizes, source_days
from bot.store.effect_sources import Person
from bot.store.source_days import Sums
from bot.values.interest import DAY_MS

KIND = "sources"  # of bot.effect.keeping
_LONG_AGO = datetime(2000, 1, 1, tzinfo=ZoneInfo("UTC"))
_NOTHING = Sums()
FEW, _FEW_SCANS = 2000, 10_000  # followers; scans and follows: what a page counts at its first look


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
    found: dict[str, Sums] = {}
    ms = to_ms(now)
    for one in effect_sources.people(account_id, since, until):
        _add(found.setdefault(one.source, Sums()), one, ms)
    for name, (old, new) in effect_sources.scans(account_id, since, until).items():
        held = found.setdefault(name, Sums())
        held.scans, held.joins = old, new
    last = (until - timedelta(milliseconds=1)).astimezone(zone).date()
    costs = effect_costs.source_costs(account_id, since.astimezone(zone).date(), last)
    return _ledger(found, costs)


def kept_sources(account_id: int, first: date, last: date) -> list[Source]:
    """The same of whole days, as it was counted last."""
    return _ledger(
        source_days.sums(account_id, first, last),
        effect_costs.source_costs(account_id, first, last),
    )


def count(account_id: int, ref: str, now: datetime) -> dict[str, Any]:
    """Count every day of the account anew and keep it; how many days have somebody or something.

    Everybody is read once, since what people came to changes as long as they are there. Scans of
    a day that is long over are not: they are as they were counted then.
    """
    zone = ZoneInfo(accounts.by_id(account_id).timezone)
    days: dict[str, dict[str, Sums]] = {}
    ms = to_ms(now)
    for one in effect_sources.people(account_id, _LONG_AGO, now + DAY):
        day = from_ms(one.came).astimezone(zone).date().isoformat()
        _add(days.setdefault(day, {}).setdefault(one.source, Sums()), one, ms)
    kept = source_days.all_of(account_id)
    for day, found in _scans(account_id, zone, now, kept).items():
        for source, (old, new) in found.items():
            held = days.setdefault(day, {}).setdefault(source, Sums())
            held.scans, held.joins = old, new
    for day in {*days, *kept}:
        if days.get(day, {}) != kept.get(day, {}):
            source_days.replace(account_id, day, days.get(day, {}))
    return {"days": len(days)}


def few(account_id: int, ref: str, now: datetime) -> bool:
    """Whether the account is small, and the log that its scans stand in."""
    return sizes.few_followers(account_id, FEW) and sizes.few_events(
        effect_sources.SCANS, _LONG_AGO, now + DAY, _FEW_SCANS
    )


def _scans(
    account_id: int, zone: ZoneInfo, now: datetime, kept: Mapping[str, Mapping[str, Sums]]
) -> dict[str, dict[str, tuple[int, int]]]:
    """day -> source -> (scans, joins): of the last days counted, of those before as kept."""
    today = now.astimezone(zone).date()
    fresh = 3 if kept else 366
    found = {
        day: {name: (held.scans, held.joins) for name, held in of.items()
              if held.scans or held.joins}
        for day, of in kept.items()
    }  # fmt: skip
    for number in range(fresh):
        day = today - number * DAY
        found[day.isoformat()] = effect_sources.scans(account_id, *bounds(day, zone))
    return found


def _add(held: Sums, one: Person, now_ms: int) -> None:
    held.came += 1
    held.gone += one.gone
    for days in (7, 30):
        ends = one.came + days * DAY_MS
        if ends <= now_ms:
            stays = one.first_left is None or one.first_left > ends
            setattr(held, f"due{days}", getattr(held, f"due{days}") + 1)
            setattr(held, f"kept{days}", getattr(held, f"kept{days}") + stays)
    held.messages += one.messages
    held.claimed += one.claimed
    held.redeemed += one.redeemed
    held.buyers += one.orders > 0
    held.orders += one.orders
    held.revenue_fen += one.revenue_fen


def _ledger(found: Mapping[str, Sums], costs: Mapping[str, int]) -> list[Source]:
    names: Iterable[str] = {*found, *costs}
    lines = [_source(name, found.get(name, _NOTHING), costs.get(name, 0)) for name in names]
    return sorted(lines, key=lambda one: (-one.came, -one.cost_fen, one.name))


def _source(name: str, held: Sums, cost_fen: int) -> Source:
    told = asdict(held)
    return Source(name, left=told.pop("gone"), cost_fen=cost_fen, **told)

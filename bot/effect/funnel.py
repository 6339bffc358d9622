"""The funnel: planned, sent, delivered, opened, claimed, redeemed, ordered; and what was earned.

Cells of a campaign are read once and added up by whatever is asked for, so that a total is the sum
of its lines whichever way it is cut. `clicked` counts people, `reached` programs too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import from_ms
from bot.effect.crediting import Credited
from bot.effect.money import Prices
from bot.effect.rates import rated
from bot.store import effect_funnel as store
from bot.store.effect_funnel import QUARTER_MS, Cell, Codes, Rows, Scope, Taps
from bot.store.effect_orders import DEFAULT_WINDOW_DAYS
from bot.store.spans import SPAN
from bot.values.interest import DAY_MS

OFFER = "offer"


class By(StrEnum):
    """How a funnel is cut."""

    RUN = "run"
    VARIANT = "variant"
    CHANNEL = "channel"
    CONTENT = "content"
    STEP = "step"
    DAY = "day"


@dataclass(slots=True)
class Figures:
    """One line. Sends count once: `clicked` etc. are sends, of which a run has one a follower.

    intended        all in the ledger: sent + failed + unknown + skipped + held_out + waiting
    reached, clicked   whose link was opened at all, and by a person; taps, every: how often
    goals           whose reader did what the campaign is for, as its definition's `goal` says
    orders          that a part of is owed to this line; buyers: sends that led to one
    """

    intended: int = 0
    waiting: int = 0
    held_out: int = 0
    skipped: int = 0
    failed: int = 0
    unknown: int = 0
    sent: int = 0
    delivered: int = 0
    reached: int = 0
    clicked: int = 0
    every: int = 0
    taps: int = 0
    issued: int = 0
    claimed: int = 0
    redeemed: int = 0
    goals: int = 0
    orders: int = 0
    buyers: int = 0
    revenue_fen: int = 0
    discount_fen: int = 0
    coupon_cost_fen: int = 0
    message_milli: int = field(default=0, repr=False)

    def add(self, other: Figures) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def message_cost_fen(self) -> int:
        return (self.message_milli + 500) // 1000

    @property
    def yields(self) -> float:
        """CTR x CVR: whom it was sent to, who opened it, who bought."""
        return self.buyers / self.sent if self.sent and self.clicked else 0.0

    def to_json(self, prices: Prices) -> dict[str, Any]:
        """With rates, each as [rate, low, high], a 95 % score interval."""
        shown = asdict(self)
        shown.pop("message_milli")
        profit = prices.profit(
            self.revenue_fen, self.discount_fen, self.coupon_cost_fen, self.message_cost_fen
        )
        return {
            **shown,
            "message_cost_fen": self.message_cost_fen,
            "profit_fen": profit,
            "rates": {
                "delivery": rated(self.delivered, self.sent),
                "ctr": rated(self.clicked, self.sent),
                "claim": rated(self.claimed, self.issued),
                "redemption": rated(self.redeemed, self.issued),
                "cvr": rated(self.buyers, self.clicked),
                "purchase": rated(self.buyers, self.sent),
            },
            "yield": self.yields,
        }


@dataclass(frozen=True, slots=True)
class Funnel:
    """Lines by name, in order, and their sum; `as_of` when it was counted."""

    by: str
    lines: dict[str, Figures]
    total: Figures
    prices: Prices
    as_of: datetime

    def to_json(self) -> dict[str, Any]:
        return {
            "as_of": self.as_of.isoformat(timespec="seconds"),
            "by": self.by,
            "margin_permille": self.prices.margin_permille,
            "lines": [
                {"name": name, **line.to_json(self.prices)} for name, line in self.lines.items()
            ],
            "total": self.total.to_json(self.prices),
            "yield": sum(line.yields for line in self.lines.values()),
        }


class Cells:
    """A campaign's cells, each with its figures."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._sent: list[int] = []  # first and last of each count
        self.held: dict[Cell, Figures] = {}

    def at(self, cell: Cell) -> Figures:
        return self.held.setdefault(cell, Figures())

    def count(self, scope: Scope) -> None:
        """What the ledger, the links and the coupons tell."""
        for cell, rows in store.ledger(scope):
            self._rows(self.at(cell), cell, rows)
        for cell, taps in store.taps(scope):
            _add_taps(self.at(cell), taps)
        for cell, codes in store.codes(scope):
            _add_codes(self.at(cell), codes)
        for number, definition in store.runs(scope.campaign_id):
            if definition.get("goal") and scope.generation in (None, number):
                self._goals(scope if scope.entries else scope._replace(generation=number),
                            definition)  # fmt: skip

    def _goals(self, scope: Scope, definition: Mapping[str, Any]) -> None:
        """Each send once, however often its reader did it."""
        goal = definition["goal"]
        days = goal.get("within_days") or definition.get("attribution_days", DEFAULT_WINDOW_DAYS)
        wanted = goal.get("where") or {}
        done: set[int] = set()
        for cell, send_id, facts in store.goals(scope, goal["event"], round(float(days) * DAY_MS)):
            if send_id not in done and all(facts.get(k) == v for k, v in wanted.items()):
                done.add(send_id)
                self.at(cell).goals += 1

    def _rows(self, line: Figures, cell: Cell, rows: Rows) -> None:
        name = "waiting" if rows.state in ("intended", "claimed") else rows.state
        setattr(line, name, getattr(line, name) + rows.rows)
        line.intended += rows.rows
        line.delivered += rows.delivered
        line.issued += rows.issued
        if rows.state == "sent":
            self._sent += [ms for ms in (rows.first, rows.last) if ms is not None]
            line.message_milli += self._prices.message_milli(cell.channel, rows.rows)

    def credit(self, scope: Scope, owed: Iterable[Credited]) -> None:
        """Orders that are owed to sends of the scope."""
        buyers: set[int] = set()
        stream = iter(owed)
        while span := list(islice(stream, SPAN)):
            ids = {send_id for one in span for send_id in one.parts}
            cells = store.cells_of(sorted(ids), scope)
            for one in span:
                buyers |= self._owe(one, cells, buyers)

    def _owe(self, one: Credited, cells: Mapping[int, Cell], known: Set[int]) -> set[int]:
        """Add an order; the sends it is owed to."""
        mine = {send_id: fen for send_id, fen in one.parts.items() if send_id in cells}
        for send_id, fen in mine.items():
            line = self.at(cells[send_id])
            line.revenue_fen += fen
            line.buyers += send_id not in known
        for cell in {cells[send_id] for send_id in mine}:
            self.at(cell).orders += 1
        return set(mine)

    def sent_between(self) -> tuple[datetime, datetime] | None:
        """When the first and the last were sent."""
        return (from_ms(min(self._sent)), from_ms(max(self._sent))) if self._sent else None

    def lines(self, name_of: Callable[[Cell], str], only: str | None) -> dict[str, Figures]:
        found: dict[str, Figures] = {}
        for cell, figures in self.held.items():
            if only is None or cell.step == only:
                found.setdefault(name_of(cell), Figures()).add(figures)
        return dict(sorted(found.items()))


def _add_taps(line: Figures, taps: Taps) -> None:
    line.clicked += taps.people
    line.reached += taps.reached
    line.taps += taps.taps
    line.every += taps.every


def _add_codes(line: Figures, codes: Codes) -> None:
    line.claimed += codes.claimed
    line.redeemed += codes.redeemed
    line.discount_fen += codes.discount_fen
    line.coupon_cost_fen += codes.cost_fen


def namer(by: By, zone: ZoneInfo) -> Callable[[Cell], str]:
    """What a cell's line is called."""
    if by is By.DAY:
        return lambda cell: from_ms(cell.quarter * QUARTER_MS).astimezone(zone).date().isoformat()
    return {
        By.RUN: lambda cell: str(cell.generation),
        By.VARIANT: lambda cell: cell.variant,
        By.CHANNEL: lambda cell: cell.channel,
        By.CONTENT: lambda cell: cell.content,
        By.STEP: lambda cell: cell.step,
    }[by]


def total_of(lines: Iterable[Figures]) -> Figures:
    whole = Figures()
    for line in lines:
        whole.add(line)
    return whole

"""A run's budget: what its messages and coupons may cost together.

A message counts with its coupon's cost, as if each were redeemed: what is promised is spent. It is
counted by the claim, and given back, as its coupon is, where it was certainly not sent: a row whose
first claim is remembered is counted, another is not. What may have arrived stays counted, so a run
never goes over its budget.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.campaign.permission.order import Order, order_of
from bot.campaign.permission.policy import Delay, Verdict
from bot.channels.registry import CHANNELS
from bot.store import budgets, campaigns, effect_costs
from bot.store.mass_batches import Batch
from bot.store.sends import ClaimEntry, SendRow
from bot.values.audience import Channel, Skip


@dataclass(frozen=True, slots=True)
class Prices:
    """coupon in fen for each; message in fen for a thousand, by channel; of a run that matches
    several batches `coupons` in their stead, by batch."""

    coupon: int
    message: dict[Channel, int]
    coupons: dict[int, int] = field(default_factory=dict)

    def of(self, channel: Channel, batch_id: int | None = None) -> int:
        """One send, in fen, rounded up: a budget is never passed."""
        coupon = self.coupons.get(batch_id or 0, self.coupon)
        return coupon + -(-self.message.get(channel, 0) // 1000)


def prices_of(order: Order) -> Prices:
    own = effect_costs.prices(order.account_id)
    message = {
        channel: own.get(
            f"{effect_costs.MESSAGE}{channel.value}", CHANNELS[channel].cost_fen * 1000
        )
        for channel in order.channels()
    }
    each = {batch.id: batch.terms.cost for batch in order.choices}
    return Prices(order.offer.terms.cost if order.offer else 0, message, each)


@dataclass
class Purse:
    """What is left in fen, while one batch is decided: at its first row, and now."""

    prices: Prices
    at_first: int
    left: int

    def allow(self, row: SendRow, verdict: Verdict, now: datetime) -> Verdict:
        """The verdict, or BUDGET; or, where an earlier row of this batch may yet give its share
        back (it finds no coupon), to be asked again at once."""
        if not isinstance(verdict, Channel) or counted(row) or row.subject:
            return verdict
        price = self.prices.of(verdict, row.batch_id)
        if price > self.at_first:
            return Skip.BUDGET
        if price > self.left:
            return Delay(now)
        self.left -= price
        return verdict


def begin(order: Order) -> Purse | None:
    """None: the run has no budget. Holds the budget's row until the transaction ends."""
    budget = order.definition.budget_fen
    if budget is None:
        return None
    left = budget - budgets.hold(order.campaign_id, order.generation)
    return Purse(prices_of(order), left, left)


def spend(order: Order, entries: Sequence[ClaimEntry]) -> None:
    """Count what is claimed and not counted yet, in the transaction of `begin`."""
    if order.definition.budget_fen is None:
        return
    prices = prices_of(order)
    fresh = [entry for entry in entries if not counted(entry.row) and not entry.row.subject]
    cost = sum(prices.of(Channel(entry.channel), entry.row.batch_id) for entry in fresh)
    if cost:
        budgets.spend(order.campaign_id, order.generation, cost)


def counted(row: SendRow) -> bool:
    """Whether a row that waits is in the sum: an earlier sending of it may have arrived."""
    return row.first_claimed_at is not None


def give_back(order: Order, not_sent: Iterable[SendRow]) -> None:
    """The price of claimed rows that were certainly not sent, in the transaction that settles them.

    Called before other rows are changed: like a claim it holds the budget first.
    """
    rows = (row for row in not_sent if not row.subject)
    _give_back(order, Counter((row.channel, row.batch_id) for row in rows))


def give_back_batch(batch: Batch, rows: int) -> None:
    """The same for so many rows of a mass batch."""
    run = campaigns.generation(batch.campaign_id, batch.generation)
    if run.definition.get("budget_fen") is None:
        return
    order = order_of(campaigns.get(batch.campaign_id), run, "", run.started_at)
    _give_back(order, Counter({(batch.channel, None): rows}))


def _give_back(order: Order, alike: Counter[tuple[str, int | None]]) -> None:
    if order.definition.budget_fen is None or not alike.total():
        return
    prices = prices_of(order)
    budgets.hold(order.campaign_id, order.generation)
    cost = sum(many * prices.of(Channel(way), batch) for (way, batch), many in alike.items())
    budgets.spend(order.campaign_id, order.generation, -cost)

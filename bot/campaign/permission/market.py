"""Which channels a run may take, in which order, at today's prices.

Prices are the account's own (bot.store.effect_costs), and how scarce each good is: what is planned
over what is left, as the hourly job last found it.
"""

from __future__ import annotations

from bot.campaign.document.definition import Definition
from bot.channels.planner import Market, of_kind, ranked
from bot.channels.registry import BATCHED
from bot.store import accounts, effect_costs, quotas
from bot.values.audience import Channel


def ways_of(account_id: int, definition: Definition) -> tuple[Channel, ...]:
    """As the marketer listed them; with `channels: auto` the cheapest first."""
    channels = definition.channels
    if not definition.auto_channels and BATCHED.isdisjoint(channels):
        return channels
    own = of_kind(channels, accounts.by_id(account_id).kind)
    return ranked(own, market_of(account_id)) if definition.auto_channels else own


def market_of(account_id: int) -> Market:
    """The account's own prices; see bot.store.effect_costs."""
    prices = effect_costs.prices(account_id)
    named = {c: prices.get(f"{effect_costs.MESSAGE}{c.value}") for c in Channel}
    demand = quotas.looks(account_id, [demand_key(channel) for channel in Channel])
    return Market(
        {channel: fen for channel, fen in named.items() if fen is not None},
        {c: look.used / max(1, look.limit) for c in Channel if (look := demand.get(demand_key(c)))},
    )


def demand_key(channel: Channel) -> str:
    """Under which the hourly job keeps planned (used) and left (limit)."""
    return f"demand/{channel.value}"

"""What profit is reckoned with, as an operator says it: see bot.effect.money."""

from __future__ import annotations

from bot.errors import InvalidInput
from bot.store import effect_costs
from bot.store.effect_costs import MARGIN


def set_margin(account_id: int, margin: float) -> int:
    """Of the list price so much is not the goods' own cost, 0 to 1; returns it in permille, as it
    is kept. What was looked back on stays as it was reckoned. Raises InvalidInput."""
    if not 0 <= margin <= 1:
        raise InvalidInput("a margin is from 0 to 1", "margin")
    permille = round(margin * 1000)
    effect_costs.set_price(account_id, MARGIN, permille)
    return permille

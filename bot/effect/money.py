"""What it cost, and what is left. Pure; fen throughout.

    profit = margin x (revenue + discount) - coupon cost - message cost

revenue is what was paid, so revenue + discount is the list price, of which the margin is not the
goods' own cost; a coupon costs what it cuts off, unless its batch says what it costs us.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.store.effect_costs import MARGIN, MESSAGE


@dataclass(frozen=True, slots=True)
class Prices:
    """margin_permille  None: not said, so the goods are taken to cost nothing.
    messages   channel -> fen for a thousand
    """

    margin_permille: int | None = None
    messages: Mapping[str, int] | None = None

    @classmethod
    def of(cls, found: Mapping[str, int]) -> Prices:
        messages = {
            name.removeprefix(MESSAGE): fen
            for name, fen in found.items()
            if name.startswith(MESSAGE)
        }
        return cls(found.get(MARGIN), messages)

    def message_milli(self, channel: str, sent: int) -> int:
        """Thousandths of a fen, so that cells add up before they are rounded."""
        return sent * (self.messages or {}).get(channel, 0)

    def profit(self, revenue: int, discount: int, coupons: int, messages: int) -> int:
        permille = 1000 if self.margin_permille is None else self.margin_permille
        return (revenue + discount) * permille // 1000 - coupons - messages

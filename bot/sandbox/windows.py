"""When a customer-service message may go, and how many (发送客服消息, since 2023-06)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

GRANTS = {
    "message": (5, timedelta(hours=48)),
    "click": (3, timedelta(minutes=1)),
    "subscribe": (3, timedelta(minutes=1)),
    "scan": (3, timedelta(minutes=1)),
}
CLOSED, USED_UP = 45015, 45047


@dataclass(frozen=True, slots=True)
class Window:
    """`left` messages until `until`; None: no act has opened one yet."""

    left: int = 0
    until: datetime | None = None

    def opened_by(self, act: str, now: datetime, larger: bool = True) -> Window:
        """After an act. Allowances do not add up.

        larger  the larger count and the later end hold; False: the new act's own replace the old
        """
        count, life = GRANTS[act]
        if not larger or self.until is None or self.until <= now:
            return Window(count, now + life)
        return Window(max(count, self.left), max(now + life, self.until))

    def refusal(self, now: datetime) -> int:
        """The errcode that a message meets now; 0 when it may go."""
        if self.until is None or self.until <= now:
            return CLOSED
        return 0 if self.left else USED_UP

    def used(self) -> Window:
        return Window(self.left - 1, self.until)

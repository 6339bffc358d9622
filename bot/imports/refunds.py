"""Orders whose money went back: told by the order's status, by an amount, or by both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.imports.mapping import Column

PAID, REFUNDED, PARTLY, UNPAID = "paid", "refunded", "partly", "unpaid"


class Refunds:
    """Reads rows of values that stand in the order of `columns`."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._places = {column.to: n for n, column in enumerate(columns)}
        self._headers = {column.to: column.header for column in columns}
        self.told = not self._places.keys().isdisjoint(("status", "refund"))

    def fault(self, row: Sequence[Any]) -> tuple[str, str] | None:
        """Why the row is no order with or without a refund: (column, reason)."""
        status, back = self._held("status", row), self._held("refund", row)
        if status == UNPAID:
            return self._headers["status"], "not_paid"
        if status == PARTLY and not back:
            return self._headers.get("refund", self._headers["status"]), "refund_missing"
        if back and back > self._held("amount", row):
            return self._headers["refund"], "refund_more"
        return None

    def of(self, row: Sequence[Any]) -> tuple[int, int | None] | None:
        """(fen that went back, 0 for all of it; since when in ms, if told), None: nothing did."""
        back = self._held("refund", row) or 0
        if not back and self._held("status", row) != REFUNDED:
            return None
        return back, self._held("refund_at", row)

    def _held(self, to: str, row: Sequence[Any]) -> Any:
        place = self._places.get(to)
        return None if place is None else row[place]

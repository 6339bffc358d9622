"""Use cases of coupons: batches and stock, issue, opening, redemption, the passing of time."""

from bot.coupon.intake import ImportReport, Reject, import_codes, make_batch, restock
from bot.coupon.service import (
    CouponView,
    LowStock,
    claim,
    issue_for_event,
    issued_events,
    low_stock,
    redeem,
    sweep,
    view,
)

__all__ = [
    "CouponView",
    "ImportReport",
    "LowStock",
    "Reject",
    "claim",
    "import_codes",
    "issue_for_event",
    "issued_events",
    "low_stock",
    "make_batch",
    "redeem",
    "restock",
    "sweep",
    "view",
]

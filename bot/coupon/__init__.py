"""Use cases of coupons: batches and stock, issue, opening, redemption, the passing of time."""

from bot.coupon.intake import (
    ImportReport,
    Reject,
    document_of,
    import_codes,
    make_batch,
    on_paper,
    restock,
)
from bot.coupon.redeeming import ANY_TIME, MOST_FEN, Look, look, redeem, undo, undo_by_code
from bot.coupon.service import (
    CouponView,
    LowStock,
    claim,
    issue_for_event,
    issued_events,
    low_stock,
    sweep,
    view,
)
from bot.coupon.voiding import void, withdraw

__all__ = [
    "ANY_TIME",
    "MOST_FEN",
    "CouponView",
    "ImportReport",
    "Look",
    "LowStock",
    "Reject",
    "claim",
    "document_of",
    "import_codes",
    "issue_for_event",
    "issued_events",
    "look",
    "low_stock",
    "make_batch",
    "on_paper",
    "redeem",
    "restock",
    "sweep",
    "undo",
    "undo_by_code",
    "view",
    "void",
    "withdraw",
]

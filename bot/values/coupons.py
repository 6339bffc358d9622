"""Coupons as they cross layers: the form a code is looked up by, and how a redemption ended."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

WALLET = "wallet"  # why a code is held: its coupon lies in WeChat's own wallet
_LOOK_ALIKE = str.maketrans("OIL", "011")
_GAPS = re.compile(r"[\s\-‐-―−_.·]+")


class CodeState(StrEnum):
    """A code's life: available -> reserved (lease) -> issued -> redeemed or expired; void aside."""

    AVAILABLE = "available"
    RESERVED = "reserved"
    ISSUED = "issued"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    VOID = "void"


class Kind(StrEnum):
    """What a coupon does to a basket: 满减, 折扣, 兑换, 代金."""

    CUT = "cut"
    DISCOUNT = "discount"
    EXCHANGE = "exchange"
    CASH = "cash"


class RedeemOutcome(StrEnum):
    """How a redemption ended; the word that the till, the API and the log all use."""

    REDEEMED = "redeemed"
    ALREADY_REDEEMED = "already_redeemed"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    VOID = "void"
    NOT_ISSUED = "not_issued"
    UNKNOWN = "unknown"
    MISTYPED = "mistyped"
    BELOW_THRESHOLD = "below_threshold"
    WRONG_SHOP = "wrong_shop"
    WRONG_TIME = "wrong_time"
    NOT_STACKABLE = "not_stackable"
    HELD = "held"
    IN_WALLET = "in_wallet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a coupon is worth, and where, when and beside which others it counts. Money is fen.

    face_value_fen     taken off by 满减 and 代金; the price of the thing that 兑换 gives
    discount_permille  taken off by 折扣: 200 is 八折; never more than max_discount_fen
    stacks_with        slugs or stack groups of coupons that may stand beside it; "*": any
    shops, weekdays, hours   empty: everywhere, always; weekdays 1 (Monday) .. 7; hours
                       "10:00-14:00" in the account's zone, across midnight where the end is first
    cost_fen           what one redemption costs the house; None: `cost` by kind
    """

    slug: str = ""
    kind: str = Kind.CUT
    face_value_fen: int = 0
    threshold_fen: int = 0
    discount_permille: int = 0
    max_discount_fen: int | None = None
    exchange: str = ""
    stack_group: str = ""
    stacks_with: tuple[str, ...] = ()
    shops: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    hours: str = ""
    cost_fen: int | None = None

    @property
    def cost(self) -> int:
        """The most that one redemption costs, in fen; 0 for a percentage without a cap."""
        if self.cost_fen is not None:
            return self.cost_fen
        if self.kind == Kind.DISCOUNT:
            return self.max_discount_fen or 0
        return self.face_value_fen


def canonical(code: str) -> str:
    """The form in which two writings of one code are equal; "" for nothing.

    Full-width and lower-case letters, gaps and hyphens, O for 0, I and l for 1 make no difference:
    codes are read aloud at a till and typed on a phone.
    """
    text = unicodedata.normalize("NFKC", code).upper()
    return _GAPS.sub("", text).translate(_LOOK_ALIKE)

"""Coupons as they cross layers: the form a code is looked up by, and how a redemption ended."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

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


class RedeemOutcome(StrEnum):
    """How a redemption ended; the word that the till, the API and the log all use."""

    REDEEMED = "redeemed"
    ALREADY_REDEEMED = "already_redeemed"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    VOID = "void"
    NOT_ISSUED = "not_issued"
    UNKNOWN = "unknown"


def canonical(code: str) -> str:
    """The form in which two writings of one code are equal; "" for nothing.

    Full-width and lower-case letters, gaps and hyphens, O for 0, I and l for 1 make no difference:
    codes are read aloud at a till and typed on a phone.
    """
    text = unicodedata.normalize("NFKC", code).upper()
    return _GAPS.sub("", text).translate(_LOOK_ALIKE)

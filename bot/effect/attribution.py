"""To which message an order is owed, by five models. Pure; integer fen; sums are exact.

A touch is a message that arrived inside its campaign's window before the order, with what its
reader did about it. A coupon redeemed for the order is an act at the order's own instant: so the
last touch is the coupon's message wherever there is one. docs/explanation/effect.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.values.interest import DAY_MS

HALF_LIFE_DAYS = 3.0
_FINE = 2**40  # weights are whole multiples of its reciprocal: division is exact afterwards


class Model(StrEnum):
    """Who is credited: the last touch, the first, all alike, the later the more, or the coupon's
    message alone."""

    LAST = "last"
    FIRST = "first"
    LINEAR = "linear"
    DECAY = "decay"
    COUPON = "coupon"


@dataclass(frozen=True, slots=True)
class Touch:
    """first, last   ms: of the acts before the order, or of the arrival where it was only sent.
    coupon   its code was redeemed for this order
    """

    send_id: int
    first: int
    last: int
    coupon: bool = False


def weights(
    touches: Sequence[Touch], at_ms: int, model: Model, half_life_days: float = HALF_LIFE_DAYS
) -> dict[int, int]:
    """Send id -> its weight, none of them 0; empty: nobody is owed this order.

    Of two touches in the same millisecond the later send counts as the later.
    """
    chosen = [touch for touch in touches if touch.coupon] if model is Model.COUPON else touches
    if not chosen:
        return {}
    if model is Model.LINEAR:
        return {touch.send_id: 1 for touch in chosen}
    if model is Model.DECAY:
        return {touch.send_id: _decayed(at_ms - touch.last, half_life_days) for touch in chosen}
    if model is Model.FIRST:
        return {min(chosen, key=lambda touch: (touch.first, touch.send_id)).send_id: 1}
    return {max(chosen, key=lambda touch: (touch.last, touch.coupon, touch.send_id)).send_id: 1}


def _decayed(age_ms: int, half_life_days: float) -> int:
    """Half of it after each half-life, never quite nothing."""
    halves = max(0, age_ms) / (half_life_days * DAY_MS)
    share: float = 2.0 ** -min(halves, 40.0)
    return max(1, round(_FINE * share))


def shares(fen: int, weights: Mapping[int, int]) -> dict[int, int]:
    """`fen` (0 or more) divided by weight, whole fen, their sum exactly `fen`.

    By largest remainder: what rounding down leaves goes, a fen each, to whom it took most from;
    of equals to the lower id.
    """
    total = sum(weights.values())
    if not total:
        return {}
    if len(weights) == 1:  # nearly all
        return dict.fromkeys(weights, fen)
    parts = {one: divmod(fen * weight, total) for one, weight in weights.items()}
    left = fen - sum(whole for whole, _ in parts.values())
    first = sorted(parts, key=lambda one: (-parts[one][1], one))[:left]
    return {one: whole + (one in first) for one, (whole, _) in parts.items()}

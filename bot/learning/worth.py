"""What models say of the worth of a message, for matching: whom it moves, whom it drives away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from bot.learning import serving
from bot.learning.serving import Doubles
from bot.learning.tiring import worn
from bot.store.predictions import FATIGUE


def of_uplift(
    uplift: Doubles, response: Doubles | None, margin_fen: Doubles, cost_fen: Doubles
) -> Doubles:
    """(n, k) in -1..1: what stands for the chance, so that chance x (margin - cost) is

        uplift x margin - response x cost

    as the coupon is paid for by all who use it, and earns by those who would not have bought.

    response  None: who uses it is who is moved
    """
    if response is None:
        return np.clip(uplift, -1, 1)
    earned = margin_fen - cost_fen
    value = uplift * margin_fen - response * cost_fen
    found = np.divide(value, earned, out=np.zeros_like(value), where=earned != 0)
    return np.clip(found, -1, 1)


def driven_away(account_id: int, follower_ids: Sequence[int], now: datetime) -> Doubles | None:
    """(n) by how much one more message raises the chance to leave within a month; None where no
    model of that is in use."""
    of = serving.serving(account_id, FATIGUE)
    if of is None:
        return None
    return worn(of, serving.standing(follower_ids, now), now)

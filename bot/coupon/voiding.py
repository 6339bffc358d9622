"""Coupons taken out of use by a person, with the reason: one code, or a whole batch."""

from __future__ import annotations

import logging
from datetime import datetime

from bot.errors import Conflict, InvalidInput, NotFound
from bot.store import coupon_void, coupons
from bot.store.coupons import Coupon

logger = logging.getLogger(__name__)
LONGEST_WHY = 64


def void(account_id: int, code: str, why: str) -> Coupon:
    """One code, on stock or with its follower; the coupon as it was.

    Raises NotFound for a code that the account does not have, Conflict for one in another state.
    """
    reason = _reason(why)
    found = coupons.find(code, account_id)
    if found is None:
        raise NotFound("there is no such code")
    if not coupon_void.void_code(found.code_id, reason):
        raise Conflict(f"a code that is {found.state} cannot be made void")
    logger.info("coupon void code_id=%d", found.code_id)
    return found


def withdraw(account_id: int, slug: str, why: str, now: datetime) -> int:
    """The whole batch: nothing of it is given or taken from now on; how many codes became void.

    What is cut off is gone on with by the sweeper, or by calling it again. Reserved codes follow
    when their send is settled. Raises NotFound.
    """
    reason = _reason(why)
    batch = coupons.batch_by_slug(account_id, slug)
    coupon_void.withdraw(batch.id, reason, now)
    done = coupon_void.void_withdrawn()
    logger.info("coupon batch withdrawn batch=%s codes=%d", slug, done)
    return done


def _reason(why: str) -> str:
    if not 1 <= len(why.strip()) <= LONGEST_WHY:
        raise InvalidInput(f"why: wants 1 to {LONGEST_WHY} characters", "why")
    return why.strip()

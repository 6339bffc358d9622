"""Setting the platform's counts of today back to nothing: so often a month, and for a person to
decide."""

from __future__ import annotations

import logging
from datetime import datetime

from bot.campaign.permission.order import zone_of
from bot.clock import SHANGHAI
from bot.errors import Conflict, GatewayError
from bot.services import Services
from bot.store import quotas

logger = logging.getLogger(__name__)

A_MONTH = 10  # the platform's limit
API = "clear_quota"  # under which ours are counted, by the month


def left(account_id: int, now: datetime) -> int:
    """How often it may be done yet this month, as far as we did it."""
    return quotas.left(account_id, API, _month(now), A_MONTH)


def clear(services: Services, account_id: int, now: datetime) -> None:
    """Ours begin anew as well, the platform's own figures of today go. Raises Conflict: as often as
    may be this month; GatewayError: the platform refused, and nothing changed (one that is counted
    and not answered stays counted)."""
    month, day = _month(now), quotas.day_of(now, zone_of(account_id))
    quotas.room(account_id, API, month, A_MONTH)
    if not quotas.take(account_id, API, month, 1):
        raise Conflict(f"本月已重置 {A_MONTH} 次 (it was done {A_MONTH} times this month)")
    try:
        services.client_of(account_id).clear_quota()
    except GatewayError as error:
        if error.errcode is not None:
            quotas.give_back(account_id, API, month)
        raise
    quotas.begin_anew(account_id, day)
    logger.info("quota cleared account=%d day=%s", account_id, day)


def _month(now: datetime) -> str:
    return f"{now.astimezone(SHANGHAI):%Y-%m}"

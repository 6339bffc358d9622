"""The night's work on reckoned segments, for accounts that have made them once."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.errors import InvalidInput
from bot.profile import clusters, rfm_groups
from bot.store import accounts, groupings

GROUPS_AT = 4  # o'clock, in the account's zone
_FRESH = timedelta(hours=12)

logger = logging.getLogger(__name__)


def regroup(now: datetime) -> int:
    """Make the families anew whose night has come; how many segments they have."""
    return sum(
        _made(kind, account.id, now)
        for account in accounts.all_accounts()
        if now.astimezone(ZoneInfo(account.timezone)).hour == GROUPS_AT
        for kind in (rfm_groups.KIND, clusters.KIND)
        if _due(kind, account.id, now)
    )


def _due(kind: str, account_id: int, now: datetime) -> bool:
    """Made once, and not in this night."""
    at = groupings.noted_at(account_id, kind)
    return at is not None and now - at >= _FRESH


def _made(kind: str, account_id: int, now: datetime) -> int:
    """A family that cannot be made (a slug taken, too few people) stops no other."""
    try:
        if kind == rfm_groups.KIND:
            return len(rfm_groups.make(account_id, now))
        return len(clusters.make(account_id, now))
    except InvalidInput as error:
        logger.warning("grouping failed kind=%s account=%d why=%s", kind, account_id, error)
        return 0

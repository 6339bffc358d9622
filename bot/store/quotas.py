"""Calls counted against the platform's daily limits, by account and API.

A day is named by its date in the account's zone. `take` is called inside the transaction that
claims the sends: a call is counted once, before it is made, and not where the claim fails.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.store.db import transaction
from bot.store.models import Quota
from bot.store.queries import locked


def day_of(now: datetime, zone: ZoneInfo) -> str:
    """The period of `now`: "2026-11-21"."""
    return now.astimezone(zone).date().isoformat()


def room(account_id: int, api: str, period: str, limit: int) -> int:
    """How many calls are left; the row is made with `limit` where it is missing, and held until the
    transaction ends, so that what `take` then takes is still there."""
    query = Quota.select(Quota.limit - Quota.used).where(_key(account_id, api, period))
    found = locked(query)
    if not found:
        values = {"account": account_id, "api": api, "period": period, "limit": limit}
        Quota.insert(**values).on_conflict_ignore().execute()
        found = locked(query)
    return max(0, int(found[0][0]))


def take(account_id: int, api: str, period: str, calls: int) -> bool:
    """Count `calls` if they fit. False: they do not, nothing was counted."""
    changed: int = (
        Quota.update(used=Quota.used + calls)
        .where(_key(account_id, api, period) & (Quota.used + calls <= Quota.limit))
        .execute()
    )
    return changed == 1


def exhaust(account_id: int, api: str, period: str, limit: int) -> None:
    """The platform says that nothing is left: its word beats our count."""
    with transaction():
        room(account_id, api, period, limit)
        Quota.update(used=Quota.limit, source="platform").where(
            _key(account_id, api, period) & (Quota.used < Quota.limit)
        ).execute()


def set_limit(account_id: int, api: str, period: str, limit: int, source: str) -> None:
    """Note a better known limit; `source` says whose figure it is: platform or console."""
    with transaction():
        room(account_id, api, period, limit)
        Quota.update(limit=limit, source=source).where(_key(account_id, api, period)).execute()


def left(account_id: int, api: str, period: str, limit: int) -> int:
    """How many calls are left, read without holding anything. `limit` counts where no row is."""
    row = Quota.get_or_none(_key(account_id, api, period))
    return limit if row is None else max(0, row.limit - row.used)


def _key(account_id: int, api: str, period: str) -> object:
    return (Quota.account == account_id) & (Quota.api == api) & (Quota.period == period)

"""Calls counted against the platform's daily limits, by account and API.

A day is named by its date in the account's zone. `take` is called inside the transaction that
claims the sends: a call is counted once, before it is made, and not where the claim fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.store.db import again, is_mysql, run, transaction
from bot.store.models import Quota, QuotaLook
from bot.store.queries import locked


@dataclass(frozen=True, slots=True)
class Count:
    """Calls of an API in a period. `source`: whose limit it is: documented, platform, console."""

    api: str
    period: str
    used: int
    limit: int
    source: str

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True)
class Look:
    """What the platform said at `at`; `counted` is what we had counted at that moment."""

    api: str
    at: datetime
    period: str
    counted: int
    used: int
    limit: int


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
    """Count `calls` if they fit. False: they do not, nothing was counted.

    Part of every claim, so hand-written: building the query takes longer than running it.
    """
    most = "`limit`" if is_mysql() else '"limit"'  # a word of SQL
    changed = run(
        "UPDATE quota SET used = used + ? WHERE account_id = ? AND api = ? AND period = ?"
        f" AND used + ? <= {most}",
        (calls, account_id, api, period, calls),
    )
    return changed == 1


def exhaust(account_id: int, api: str, period: str, limit: int) -> None:
    """The platform says that nothing is left: its word beats our count."""
    with transaction():
        room(account_id, api, period, limit)
        Quota.update(used=Quota.limit, source="platform").where(
            _key(account_id, api, period) & (Quota.used < Quota.limit)
        ).execute()


def left(account_id: int, api: str, period: str, limit: int) -> int:
    """How many calls are left, read without holding anything. `limit` counts where no row is."""
    row = Quota.get_or_none(_key(account_id, api, period))
    return limit if row is None else max(0, row.limit - row.used)


def counts(account_id: int, first: str, last: str) -> list[Count]:
    """What was counted in the periods from `first` to `last`, by period and API."""
    query = (
        Quota.select()
        .where((Quota.account == account_id) & Quota.period.between(first, last))
        .order_by(Quota.period, Quota.api)
    )
    return [Count(q.api, q.period, q.used, q.limit, q.source) for q in query]


# --- the platform's own figures ----------------------------------------------------------------


@again
def adopt(account_id: int, look: Look) -> None:
    """The platform's limit counts, and its use where that is more: somebody else calls, too.

    Where ours is more it stays: a call is counted before it is made.
    """
    with transaction():
        key = _key(account_id, look.api, look.period)
        room(account_id, look.api, look.period, look.limit)
        Quota.update(limit=look.limit, source="platform").where(key).execute()
        Quota.update(used=look.used).where(key & (Quota.used < look.used)).execute()
        keep_look(account_id, look)


@again
def keep_look(account_id: int, look: Look) -> None:
    """In place of the one before of the same API."""
    with transaction():
        run("DELETE FROM quota_look WHERE account_id = ? AND api = ?", (account_id, look.api))
        QuotaLook.insert(
            account=account_id, api=look.api, at=look.at, period=look.period,
            counted=look.counted, used=look.used, limit=look.limit,
        ).execute()  # fmt: skip


def looks(account_id: int, apis: Sequence[str]) -> dict[str, Look]:
    """The last look at each of these APIs; one that nobody looked at is left out."""
    return {
        row.api: Look(row.api, row.at, row.period, row.counted, row.used, row.limit)
        for row in QuotaLook.select().where(
            (QuotaLook.account == account_id) & QuotaLook.api.in_(list(apis))
        )
    }


def _key(account_id: int, api: str, period: str) -> Any:
    return (Quota.account == account_id) & (Quota.api == api) & (Quota.period == period)


# --- set back ------------------------------------------------------------------------------------


def give_back(account_id: int, api: str, period: str) -> None:
    """One call that was counted and certainly not made."""
    run(
        "UPDATE quota SET used = used - 1 WHERE account_id = ? AND api = ? AND period = ?"
        " AND used > 0",
        (account_id, api, period),
    )


def begin_anew(account_id: int, day: str) -> None:
    """The platform counts this day from nothing again: so do we, and its last figures are past."""
    with transaction():
        run("UPDATE quota SET used = 0 WHERE account_id = ? AND period = ?", (account_id, day))
        run("DELETE FROM quota_look WHERE account_id = ? AND period = ?", (account_id, day))

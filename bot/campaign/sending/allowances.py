"""Our count of the platform's quotas beside its own."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.campaign.permission.order import zone_of
from bot.channels.registry import CHANNELS
from bot.clock import SHANGHAI
from bot.errors import GatewayError
from bot.services import Services
from bot.store import accounts, quotas
from bot.store.quotas import Count, Look

logger = logging.getLogger(__name__)

LOOKS_AGAIN = timedelta(hours=1)
# Calls of ours that are under way are counted here and not there yet.
SLACK_CALLS, SLACK_SHARE = 10, 0.01


@dataclass(frozen=True, slots=True)
class Compared:
    """An API today. `look` None: the platform was not asked, or did not say (`error`)."""

    count: Count
    look: Look | None = None
    error: str = ""

    @property
    def drift(self) -> int:
        """Calls that the platform counts and we do not; negative: the other way round."""
        return self.look.used - self.look.counted if self.look else 0

    @property
    def drifted(self) -> bool:
        if self.look is None:
            return False
        return abs(self.drift) > max(SLACK_CALLS, int(self.look.limit * SLACK_SHARE))

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "api": self.count.api,
            "used": self.count.used,
            "limit": self.count.limit,
            "left": self.count.left,
            "limit_from": self.count.source,
        }
        if self.look is not None:
            found["platform"] = {
                "at": self.look.at.isoformat(),
                "used": self.look.used,
                "limit": self.look.limit,
                "counted_by_us": self.look.counted,
                "drift": self.drift,
                "drifted": self.drifted,
            }
        return found | ({"error": self.error} if self.error else {})


def today(account_id: int, now: datetime) -> list[Compared]:
    """The APIs that were used today, with the platform's last word where there is one of today."""
    day = quotas.day_of(now, zone_of(account_id))
    found = quotas.counts(account_id, day, day)
    looks = quotas.looks(account_id, [count.api for count in found])
    of_today = {api: look for api, look in looks.items() if look.period == day}
    return [Compared(count, of_today.get(count.api)) for count in found]


def compare(
    services: Services, account_id: int, now: datetime, apis: Iterable[str] | None = None
) -> list[Compared]:
    """Ask the platform about the APIs that were used today (or these), one call each; what it says
    of limits, and of calls that we did not make, counts from now on."""
    wanted = None if apis is None else set(apis)
    errors: dict[str, str] = {}
    for one in today(account_id, now):
        if one.count.api and (wanted is None or one.count.api in wanted):
            try:
                _look_at(services, account_id, one.count, now)
            except GatewayError as error:
                errors[one.count.api] = str(error)
    return [
        Compared(one.count, one.look, errors.get(one.count.api, ""))
        for one in today(account_id, now)
    ]


def _look_at(services: Services, account_id: int, count: Count, now: datetime) -> None:
    """Raises GatewayError, also where the answer holds no figures."""
    said = services.client_of(account_id).quota_get(f"/cgi-bin/{count.api}")
    if not isinstance(said.get("daily_limit"), int) or not isinstance(said.get("used"), int):
        raise GatewayError(None, "the answer holds no figures")
    look = Look(count.api, now, count.period, count.used, said["used"], said["daily_limit"])
    if _same_day(account_id, now):
        quotas.adopt(account_id, look)
    else:
        quotas.keep_look(account_id, look)
    drifted = Compared(count, look)
    if drifted.drifted:
        logger.warning(
            "quota account=%d api=%s counted=%d platform=%d limit=%d drift=%d",
            account_id, count.api, count.used, look.used, look.limit, drifted.drift,
        )  # fmt: skip


def _same_day(account_id: int, now: datetime) -> bool:
    """The platform's day begins at 0:00 in Shanghai: an account's elsewhere may be another one."""
    return quotas.day_of(now, zone_of(account_id)) == quotas.day_of(now, SHANGHAI)


def watch(services: Services, now: datetime) -> int:
    """Compare once an hour what is in use; how many APIs were asked about."""
    asked = 0
    for account_id in accounts.ids():
        due = [
            one.count.api
            for one in today(account_id, now)
            if one.count.used and (one.look is None or now - one.look.at >= LOOKS_AGAIN)
        ]
        due = [api for api in due if api in {way.api for way in CHANNELS.values()}]
        if due:
            compare(services, account_id, now, due)
        asked += len(due)
    return asked

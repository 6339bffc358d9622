"""Once a day, in each account's zone: who follows, which tags, which figures.

The jobs look again every few minutes and go on with what was broken off or stopped by its budget; a
round that was begun today and is whole is enough for the day.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.collect import following, intake, statistics, tagging
from bot.errors import RequestRejected
from bot.imports.rejects import KEPT_DAYS
from bot.inbox.context import Dispatch
from bot.services import Services
from bot.store import accounts, import_rejects, quarantine, rates, syncs
from bot.store.accounts import AccountState
from bot.wechat.client import WeChatClient

logger = logging.getLogger(__name__)
LISTS_AT = 4  # o'clock: when the platform is least busy
BUDGET_SECONDS = 60.0


def followers(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """The follower list, a budget's worth of it; how many changed."""
    return _each(following.KIND, services, now, _followers)


def tags(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Tags and the blacklist, both ways; how many came or went."""
    return _each(tagging.KIND, services, now, _tags)


def figures(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """The figures of days that are ready and not read: one day a turn, the latest first."""
    done = 0
    for one in accounts.ids():
        if days := statistics.due_days(one, now):
            done += statistics.sync_day(one, services.client_of(one), days[-1], now).figures
    return done


def _followers(account_id: int, client: WeChatClient, now: datetime) -> int:
    return following.sync_followers(account_id, client, now, go_on=_for(BUDGET_SECONDS)).changed


def _tags(account_id: int, client: WeChatClient, now: datetime) -> int:
    report = tagging.sync(account_id, client, now, _for(BUDGET_SECONDS))
    return report.changed + report.blacklist + report.pushed.added + report.pushed.taken


def _each(
    kind: str,
    services: Services,
    now: datetime,
    work: Callable[[int, WeChatClient, datetime], int],
) -> int:
    """`work` for every account that is due. Where the platform refuses, that was today's round."""
    done = 0
    for account in accounts.all_accounts():
        if not is_due(account, kind, now):
            continue
        try:
            done += work(account.id, services.client_of(account.id), now)
        except RequestRejected as error:
            logger.warning("collecting=%s refused errcode=%s", kind, error.errcode)
            run = syncs.begin(account.id, kind, now)
            syncs.finish(run, now, error=f"the platform refused: {error.errcode}")
    return done


def forget(now: datetime) -> int:
    """What is kept for a while only."""
    return (
        quarantine.prune(now - timedelta(days=intake.QUARANTINE_DAYS))
        + import_rejects.prune(now - timedelta(days=KEPT_DAYS))
        + rates.prune(now - timedelta(hours=1))
        + syncs.prune(now - timedelta(days=60))
    )


def is_due(account: AccountState, kind: str, now: datetime) -> bool:
    """Whether today's round is to be begun, or one is under way. Not before LISTS_AT."""
    last = syncs.last(account.id, kind)
    if last is not None and last.state == "running":
        return True
    zone = ZoneInfo(account.timezone)
    begun = last is not None and last.started_at.astimezone(zone).date()
    local = now.astimezone(zone)
    return local.hour >= LISTS_AT and begun != local.date()


def _for(seconds: float) -> Callable[[], bool]:
    """True for so long."""
    ends = time.monotonic() + seconds
    return lambda: time.monotonic() < ends

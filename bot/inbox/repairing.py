"""Handle again what was abandoned (its process died) or failed; then send what became late."""

from __future__ import annotations

import logging
from datetime import datetime

from bot.inbox.context import Dispatch
from bot.inbox.facts import text_of
from bot.inbox.late import deliver_late
from bot.inbox.receive import LEASE, handle
from bot.services import Services
from bot.store import accounts, followers, repair
from bot.wechat.inbound import to_value

logger = logging.getLogger(__name__)


def repair_inbox(services: Services, dispatch: Dispatch, now: datetime, limit: int = 100) -> int:
    """How many events were handled again and late answers tried."""
    taken = repair.take_unfinished(now, LEASE, limit)
    for item in taken:
        _again(services, dispatch, item)
    return len(taken) + deliver_late(services, now)


def _again(services: Services, dispatch: Dispatch, item: repair.Open) -> None:
    message = to_value(item.raw)
    text = text_of(message)
    _, state = handle(
        services,
        dispatch,
        accounts.by_id(item.account_id),
        followers.get(item.follower_id) if item.follower_id is not None else None,
        message,
        services.understand(text, item.account_id) if text else None,
        item.event_id,
        services.clock(),
        attempt=item.attempts,
    )
    if state == "passive":
        repair.make_late(item.event_id)  # nobody waits on HTTP any more
    logger.info("repaired event=%d attempt=%d answer=%s", item.event_id, item.attempts + 1, state)

"""Answers whose HTTP answer had to leave without them: sent as customer-service messages."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.errors import GatewayDown, GatewayError, OutcomeUnknown, QuotaExhausted, Transient
from bot.inbox import codec
from bot.services import Services
from bot.store import followers, repair
from bot.store.repair import LateAnswer

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=30)


def deliver_late(services: Services, now: datetime, *, limit: int = 50, event_id: int = 0) -> int:
    """Send the late answers that are ready; how many were tried. `event_id` limits it to one."""
    answers = repair.take_late(now, LEASE, limit, event_id)
    for answer in answers:
        outcome = _deliver(services, answer)
        repair.settle_late(answer.event_id, outcome)
        logger.info("late answer event=%d outcome=%s", answer.event_id, outcome)
    return len(answers)


def _deliver(services: Services, answer: LateAnswer) -> str:
    openid = followers.openid_of(answer.follower_id)
    if openid is None:
        return "lost"
    try:
        services.client_of(answer.account_id).send_custom(openid, codec.from_json(answer.reply))
    except OutcomeUnknown:
        return "unknown"
    except (Transient, GatewayDown, QuotaExhausted):
        return "late"  # certainly not sent: tried again while the window is open
    except GatewayError as error:
        logger.warning("late answer refused event=%d error=%s", answer.event_id, error)
        return "lost"
    return "sent"

"""Answers whose HTTP answer had to leave without them: sent as customer-service messages."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.errors import (
    GatewayDown,
    GatewayError,
    InvalidInput,
    OutcomeUnknown,
    QuotaExhausted,
    Transient,
)
from bot.inbox import codec
from bot.services import Services
from bot.store import followers, repair
from bot.store.repair import LateAnswer
from bot.values.replies import Reply

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
    """One message after another. What went out is on record before the next one goes, so that no
    failure, and no death of this process, sends it again."""
    openid = followers.openid_of(answer.follower_id)
    messages = codec.messages(codec.from_json(answer.reply))
    if openid is None or not messages:
        return "lost"
    for number in range(answer.sent, len(messages)):
        if number > answer.sent and not repair.go_on_late(answer, number, services.clock(), LEASE):
            return "lost"
        outcome = _send(services, answer, openid, messages[number])
        if outcome != "sent":
            return outcome
    return "sent"


def _send(services: Services, answer: LateAnswer, openid: str, message: Reply) -> str:
    try:
        services.client_of(answer.account_id).send_custom(openid, message)
    except OutcomeUnknown:
        return "unknown"
    except (Transient, GatewayDown, QuotaExhausted):
        return "late"  # certainly not sent: tried again while the window is open
    except (GatewayError, InvalidInput) as error:
        logger.warning("late answer refused event=%d error=%s", answer.event_id, error)
        return "lost"
    return "sent"

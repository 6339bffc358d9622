"""Chats whose time with a person is over: the bot has them again, and says so to who waited."""

from __future__ import annotations

import logging
from datetime import datetime

from bot.errors import GatewayError
from bot.i18n import t
from bot.services import Services
from bot.store import followers, handoff, repair
from bot.store.handoff import QUEUE
from bot.values.replies import TextReply

logger = logging.getLogger(__name__)


def return_chats(services: Services, now: datetime) -> int:
    """How many went back. Given back first, said then: said once, or in a crash not at all."""
    over = handoff.release_expired(now)
    for follower_id, held_by in over:
        logger.info("chat returned user=%d from=%s", follower_id, held_by)
        if held_by == QUEUE:
            _say_so(services, follower_id, now)
    return len(over)


def _say_so(services: Services, follower_id: int, now: datetime) -> None:
    """Where the window is still open; a person who left, or is not reached, needs no word."""
    openid = followers.openid_of(follower_id)
    if openid is None or not repair.spend(follower_id, now):
        return
    who = followers.get(follower_id)
    try:
        words = TextReply(t("handoff.back", who.language))
        services.client_of(who.account_id).send_custom(openid, words)
    except GatewayError as error:
        logger.info("chat returned user=%d, not told: %s", follower_id, error)

"""How it was: the question behind an answer, or behind a chat with a person.

Handlers ask it below their answers and when a session of the platform's agents closes; a chat at
our own desk has no such message to answer to, and the question goes out by itself.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.errors import GatewayError
from bot.i18n import t
from bot.inbox import desk
from bot.services import Services
from bot.store import chats, dialogues, events, followers, handoff
from bot.store.accounts import AccountState
from bot.store.conversation import happened_since
from bot.store.db import transaction
from bot.talk.handoff import Satisfaction
from bot.values.replies import MenuOption, MenuReply

logger = logging.getLogger(__name__)
ASKED = "satisfied"  # the dialogue's name
ASKED_EVENT = "satisfied_asked"
OF_AGENT = "agent"  # what the question is about
# The ids of the choices: "s:<event asked>:1" satisfied, ":0" not.
CHOICE = "s:"


def begin(
    account_id: int,
    follower_id: int,
    event_id: int,
    how: Satisfaction,
    now: datetime,
    *,
    about: str,
    agent: str = "",
) -> bool:
    """Note that they are asked. False: they were asked of late, or something else is being asked;
    one event handled twice asks what it asked."""
    asked = happened_since(follower_id, ASKED_EVENT, now - timedelta(hours=how.hours))
    if asked and asked[0].get("event") != event_id:
        return False
    if not asked and dialogues.current(follower_id, now) is not None:
        return False
    state = {"event": event_id, "about": about, "agent": agent}
    dialogues.begin(follower_id, ASKED, now + timedelta(minutes=how.minutes), state)
    events.append(
        account_id,
        follower_id,
        ASKED_EVENT,
        at=now,
        received_at=now,
        source="handler",
        key=f"{ASKED_EVENT}:{event_id}",
        facts=state,
    )
    return True


def menu(how: Satisfaction, event_id: int, lang: str) -> MenuReply:
    """The question with its two answers."""
    return MenuReply(
        how.question or t("satisfied.ask", lang),
        (
            MenuOption(f"{CHOICE}{event_id}:1", how.yes or t("satisfied.yes", lang)),
            MenuOption(f"{CHOICE}{event_id}:0", how.no or t("satisfied.no", lang)),
        ),
    )


def after_desk(
    services: Services, account: AccountState, follower_id: int, actor: str, now: datetime
) -> bool:
    """Ask after a chat that an operator gave back, if he had a word in it and one may still write.

    False: not asked. It is a message of the window like any other, and never sent twice.
    """
    how = services.talk_of(account.id).satisfaction
    served = next(iter(handoff.asked(follower_id, 1)), None)
    if not how.after_agent or served is None or served.accepted_at is None:
        return False
    event_id = chats.said_since(follower_id, actor, served.accepted_at)
    who, openid = followers.get(follower_id), followers.openid_of(follower_id)
    if event_id is None or openid is None or desk.has_left(who):
        return False
    try:
        with transaction():
            if not begin(account.id, follower_id, event_id, how, now, about=OF_AGENT, agent=actor):
                return False
            desk.paid(account, follower_id, now)
        services.client_of(account.id).send_custom(openid, menu(how, event_id, who.language))
    except (desk.Refused, GatewayError) as error:
        logger.info("not asked how it was user=%d reason=%s", follower_id, error)
        return False
    return True

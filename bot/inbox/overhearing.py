"""Rights that a follower uses towards a human agent.

What is said in an agent's session goes to the agent alone and never to the callback. The platform
keeps it, and it is read back every minute while there are sessions: who says 退订 to a person is
believed as if they had said it to us. Only the words of rights are kept, nothing else that is said.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import GatewayError
from bot.profile import lifecycle
from bot.services import Services
from bot.store import accounts, conversation, events, followers, handoff
from bot.store.db import transaction
from bot.values.audience import FollowerState
from bot.wechat.client import AgentLine

logger = logging.getLogger(__name__)

# The platform's log reaches back a day; ours looks a while after a session has ended, or was taken
# for ended: the agent may go on meanwhile.
REACHES_BACK = timedelta(hours=24)
LISTENS_ON = timedelta(hours=1)
LONGEST = 40  # characters; nobody uses a right in a longer text
_ACTS: dict[str, Callable[[int, int, int, datetime, datetime], bool]] = {
    "opt_out": lifecycle.opted_out,
    "opt_in": lifecycle.opted_in,
}
# Erasing wants a word of confirmation, which a person has to ask for: it is only noted.
_NOTED = (*_ACTS, "erase", "erase_confirm")


def overhear(services: Services, now: datetime) -> int:
    """Read what followers said to agents; how many uses of a right were new. Idempotent."""
    return sum(_of_account(services, account_id, now) for account_id in accounts.ids())


def _of_account(services: Services, account_id: int, now: datetime) -> int:
    since = handoff.served_since(account_id, now - LISTENS_ON)
    if since is None:
        return 0
    begin = max(since, now - REACHES_BACK)
    try:
        lines = services.client_of(account_id).agent_log(begin, now)
        return sum(_heard(services, account_id, line, now) for line in lines)
    except GatewayError as error:  # no such right, or the platform is away: the next minute
        logger.warning("agents' log of account=%d not read: %s", account_id, error)
        return 0


def _heard(services: Services, account_id: int, line: AgentLine, now: datetime) -> bool:
    """One line; whether it was a use of a right that nobody had heard yet."""
    if not line.by_follower or not 0 < len(line.text) <= LONGEST:
        return False
    word = services.understand(line.text, account_id).word
    if word not in _NOTED:
        return False
    follower = followers.find(account_id, line.openid)
    if follower is None or follower.erased_at or _said_to_us(follower, word, line.at):
        return False
    return _kept(follower, word, line, now)


def _said_to_us(follower: FollowerState, word: str, at: datetime) -> bool:
    """What was said while waiting for the agent came to us then, and stands in the log as well."""
    since = handoff.asked_since(follower.id, at)
    return since is not None and conversation.said_word(follower.id, word, since, at)


def _kept(follower: FollowerState, word: str, line: AgentLine, now: datetime) -> bool:
    with transaction():
        event_id = events.append(
            follower.account_id,
            follower.id,
            "overheard",
            at=line.at,
            received_at=now,
            source="msgrecord",
            key=f"{followers.blind(line.openid)}:{int(line.at.timestamp())}:{word}",
            facts={"word": word, "agent": line.agent},
        )
        if event_id is None:
            return False
        if act := _ACTS.get(word):
            act(follower.account_id, follower.id, event_id, line.at, now)
    if word in _ACTS:
        logger.info("an agent was told user=%d word=%s event=%d", follower.id, word, event_id)
    else:
        logger.error("alarm: an agent was asked to erase user=%d event=%d, do it with: "
                     "hongyan privacy erase", follower.id, event_id)  # fmt: skip
    return True

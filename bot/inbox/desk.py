"""Our own desk: an operator of the console takes a chat, answers in it, and gives it back.

To the bot he is an agent like those of the platform: it is silent while he has the chat, and has it
again when he gives no sign for so long as the setting says. What the follower writes meanwhile
comes to the callback, as ever.

What he says is a customer-service message. It stands in the log before it goes out, with the spent
message of the window and the counted call, in one transaction; what became of it is a second event.
There is no duplicate id, so what is unsure is never sent again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.channels.registry import CUSTOMER_SERVICE
from bot.errors import (
    Conflict,
    GatewayDown,
    GatewayError,
    MessageRefused,
    NotFound,
    OutcomeUnknown,
    QuotaExhausted,
    Transient,
    UserUnreachable,
)
from bot.services import Services
from bot.store import audit, dialogues, events, followers, handoff, quotas, repair
from bot.store.accounts import AccountState
from bot.store.chats import NOTE, SAID, SETTLED, SOURCE
from bot.store.db import transaction
from bot.store.pictures import PictureState
from bot.values.audience import FollowerState
from bot.values.replies import ImageReply, Reply, TextReply

logger = logging.getLogger(__name__)
MOST_BYTES = 2048  # of UTF-8 in a text: the platform's limit


class No(StrEnum):
    """Why something was not done."""

    GONE = "gone"  # does not follow any more
    TAKEN = "taken"  # another agent has the chat
    NOT_YOURS = "not_yours"  # it went to somebody else, or back to the bot
    EMPTY = "empty"
    TOO_LONG = "too_long"
    WINDOW = "window"  # 48 hours are over, or their messages used up
    QUOTA = "quota"  # the day's calls


class Refused(Conflict):
    """`why`: in one word, for whoever says it aloud."""

    def __init__(self, why: No) -> None:
        super().__init__(why.value)
        self.why = why


class Came(StrEnum):
    """What became of a message."""

    SENT = "sent"
    REPEATED = "repeated"  # it was said before, and not sent again
    UNKNOWN = "unknown"  # no word back
    WINDOW = "window"  # the platform counts otherwise than we do
    UNREACHABLE = "unreachable"
    QUOTA = "quota"
    AWAY = "away"  # the platform is not there; certainly not sent
    REFUSED = "refused"  # for another reason, which stands in the log


# Of an error the first that fits.
_CAME: tuple[tuple[type[GatewayError], Came], ...] = (
    (OutcomeUnknown, Came.UNKNOWN),
    (MessageRefused, Came.WINDOW),
    (UserUnreachable, Came.UNREACHABLE),
    (QuotaExhausted, Came.QUOTA),
    (Transient, Came.AWAY),
    (GatewayDown, Came.AWAY),
    (GatewayError, Came.REFUSED),
)


def has_left(who: FollowerState) -> bool:
    """Whoever leaves has no window any more; some write before they are known to follow."""
    return not who.subscribed and who.window_until is None


def take(
    services: Services, account: AccountState, follower_id: int, actor: str, now: datetime
) -> None:
    """The chat is this operator's. Raises NotFound, Refused."""
    _known(account, follower_id)
    until = now + services.talk_of(account.id).handoff.holds
    with transaction():
        if not handoff.take_free(follower_id, actor, now, until):
            raise Refused(No.TAKEN)
        dialogues.drop(follower_id)  # the agent asks from now on
        audit.record(actor, "chat_take", now, follower_id=follower_id)


def give_back(account: AccountState, follower_id: int, actor: str, now: datetime) -> None:
    """The chat is the bot's again. Raises NotFound, Refused."""
    _known(account, follower_id)
    with transaction():
        if not handoff.give_back(follower_id, actor, now):
            raise Refused(No.NOT_YOURS)
        audit.record(actor, "chat_give_back", now, follower_id=follower_id)


def pass_on(
    services: Services,
    account: AccountState,
    follower_id: int,
    actor: str,
    to: str,
    now: datetime,
) -> None:
    """The chat is a colleague's. Raises NotFound, Refused."""
    _known(account, follower_id)
    until = now + services.talk_of(account.id).handoff.holds
    with transaction():
        if not handoff.pass_on(follower_id, actor, to, now, until):
            raise Refused(No.NOT_YOURS)
        audit.record(actor, "chat_pass", now, follower_id=follower_id, detail={"to": to})


def note(
    account: AccountState, follower_id: int, actor: str, text: str, key: str, now: datetime
) -> None:
    """Keep a word for colleagues; nothing is sent. The same key again keeps nothing. Raises
    NotFound, Refused."""
    words = text.strip()
    if not words:
        raise Refused(No.EMPTY)
    if len(words.encode()) > MOST_BYTES:
        raise Refused(No.TOO_LONG)
    who = followers.get(follower_id)
    if who.account_id != account.id or who.erased_at is not None:
        raise NotFound(f"there is no follower {follower_id}")
    events.append(
        account.id, follower_id, NOTE, at=now, received_at=now, source=SOURCE,
        key=f"note:{follower_id}:{key}", facts={"by": actor}, sealed={"text": words},
    )  # fmt: skip


def say(
    services: Services,
    account: AccountState,
    follower_id: int,
    actor: str,
    text: str,
    key: str,
    now: datetime,
) -> Came:
    """Answer in a chat that is this operator's. Raises NotFound, Refused: nothing was sent.

    key   of this very message: the same key again sends nothing
    """
    words = text.strip()
    if not words:
        raise Refused(No.EMPTY)
    if len(words.encode()) > MOST_BYTES:
        raise Refused(No.TOO_LONG)
    saying = _Saying(TextReply(words), words)
    return _said(services, account, follower_id, actor, saying, key, now)


def show(
    services: Services,
    account: AccountState,
    follower_id: int,
    actor: str,
    picture: PictureState,
    key: str,
    now: datetime,
) -> Came:
    """A picture of the account's library in a chat that is this operator's, as `say`."""
    if not picture.media_id:
        raise Refused(No.EMPTY)
    saying = _Saying(ImageReply(picture.media_id), picture.name, {"picture": picture.id})
    return _said(services, account, follower_id, actor, saying, key, now)


@dataclass(frozen=True, slots=True)
class _Saying:
    """What goes out, the words that are kept of it, and what else the log says of it."""

    reply: Reply
    words: str
    facts: Mapping[str, int] = field(default_factory=dict)


def _said(
    services: Services,
    account: AccountState,
    follower_id: int,
    actor: str,
    saying: _Saying,
    key: str,
    now: datetime,
) -> Came:
    _known(account, follower_id)
    event_id = _noted(services, account, follower_id, actor, saying, key, now)
    if event_id is None:
        return Came.REPEATED
    came = _sent(services, account.id, follower_id, saying.reply)
    _settled(account.id, follower_id, event_id, came, services.clock())
    logger.info("agent answered user=%d event=%d outcome=%s", follower_id, event_id, came)
    return came


def _known(account: AccountState, follower_id: int) -> None:
    who = followers.get(follower_id)
    if who.account_id != account.id or who.erased_at is not None:
        raise NotFound(f"there is no follower {follower_id}")
    if has_left(who):
        raise Refused(No.GONE)


def _noted(
    services: Services,
    account: AccountState,
    follower_id: int,
    actor: str,
    saying: _Saying,
    key: str,
    now: datetime,
) -> int | None:
    """The event; None for a repeat. Whatever is refused leaves nothing behind."""
    until = now + services.talk_of(account.id).handoff.holds
    with transaction():
        # The row of the follower first: a message of his that comes in meanwhile waits for it.
        if not handoff.keep(follower_id, actor, now, until):
            raise Refused(No.NOT_YOURS)
        event_id = events.append(
            account.id,
            follower_id,
            SAID,
            at=now,
            received_at=now,
            source=SOURCE,
            key=f"said:{follower_id}:{key}",
            facts={"by": actor, **saying.facts},
            sealed={"text": saying.words},
        )
        if event_id is not None:
            paid(account, follower_id, now)
        return event_id


def paid(account: AccountState, follower_id: int, now: datetime) -> None:
    """One message of the window and one call of the day. Raises Refused."""
    way, day = CUSTOMER_SERVICE, quotas.day_of(now, ZoneInfo(account.timezone))
    if not repair.spend(follower_id, now):
        raise Refused(No.WINDOW)
    if quotas.room(account.id, way.api, day, way.daily_limit) < 1:
        raise Refused(No.QUOTA)
    quotas.take(account.id, way.api, day, 1)


def _sent(services: Services, account_id: int, follower_id: int, reply: Reply) -> Came:
    openid = followers.openid_of(follower_id)
    if openid is None:  # erased in this very moment
        return Came.UNREACHABLE
    try:
        services.client_of(account_id).send_custom(openid, reply)
    except GatewayError as error:
        logger.warning("agent's answer to user=%d not sent: %s", follower_id, error)
        return next(came for kind, came in _CAME if isinstance(error, kind))
    return Came.SENT


def _settled(account_id: int, follower_id: int, event_id: int, came: Came, now: datetime) -> None:
    events.append(
        account_id,
        follower_id,
        SETTLED,
        at=now,
        received_at=now,
        source=SOURCE,
        key=f"settled:{event_id}",
        facts={"of": event_id, "came": came.value},
    )

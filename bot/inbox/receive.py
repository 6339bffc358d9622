"""Receive a callback: verify, store, handle, answer in time.

The order is the promise (design, law 1): nothing is answered before it is stored, a repeat has no
second effect, and whatever a handler does, the HTTP answer leaves inside the budget.

    verify and open -> understand (pure) -> store + take the follower (one transaction)
        repeat            -> the first answer again, or `success`
        follower held     -> handle on the pool, wait until the budget ends
        held by another   -> wait for it, then as above; or leave it to the repair job
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import CallbackRejected, HongyanError
from bot.i18n import t
from bot.inbox import codec
from bot.inbox.context import Context, Dispatch, Handled, Quick, never_quick
from bot.inbox.facts import facts_of, text_of, window_of
from bot.inbox.late import deliver_late
from bot.inbox.pool import Pool
from bot.services import Services
from bot.store import accounts, inbox
from bot.store.accounts import AccountState
from bot.store.db import available
from bot.values.audience import FollowerState, Understanding
from bot.values.inbound import Inbound, Message, PersonalInfoEvent
from bot.values.replies import NO_REPLY, Reply, TextReply
from bot.wechat.callback import Gate, Opened
from bot.wechat.inbound import to_value
from bot.wechat.outbound import can_be_passive, render

logger = logging.getLogger(__name__)

# WeChat drops the connection after 5 s and asks again, three times in all. Half a second is left
# for the network; what is late goes out as a customer-service message.
REPLY_BUDGET_SECONDS = 4.5
# A handler that runs longer than this is taken for dead, and its event is handled anew.
LEASE = timedelta(seconds=30)
RETRY_AFTER = (2, 10, 60, 300)  # seconds, by attempt; then the event waits for a person
_POLL_SECONDS = 0.02
_GATE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP, and the word under which it is counted."""

    status: int
    body: bytes
    outcome: str
    content_type: str = "application/xml; charset=utf-8"


SUCCESS = b"success"


@dataclass(slots=True)
class _Door:
    """An account with its gate, looked up again after a while: tokens and keys can change."""

    account: AccountState
    gate: Gate
    until: float


class Receiver:
    """The callback of every account of this process."""

    def __init__(
        self,
        services: Services,
        dispatch: Dispatch,
        quick: Quick = never_quick,
        threads: int = 32,
    ) -> None:
        self.services = services
        self.dispatch = dispatch
        self.quick = quick
        self._pool = Pool(threads, services.store.leave)
        self._doors: dict[str, _Door] = {}

    def close(self) -> None:
        """Finish what is being handled; no delivery may come after this."""
        self._pool.close()

    def verify(self, slug: str, query: Mapping[str, str], now: datetime) -> Answer:
        """The platform's GET handshake. Raises CallbackRejected, NotFound."""
        echo = self._door(slug).gate.verify_url(query, now)
        return Answer(200, echo.encode(), "verified", "text/plain; charset=utf-8")

    def receive(self, slug: str, query: Mapping[str, str], body: bytes, now: datetime) -> Answer:
        """One delivery. Raises CallbackRejected, NotFound, StoreUnavailable; nothing else."""
        started = time.monotonic()
        door = self._door(slug)
        opened = door.gate.open(query, body, now)
        message = to_value(opened.fields)
        understanding = self._understood(message, door.account.id)
        stored = inbox.arrive(
            door.account.id,
            message.openid,
            message.kind,
            key=message.dedupe_key,
            at=message.sent_at,
            now=now,
            facts=facts_of(message, understanding),
            raw=message.raw,
            window=window_of(message),
            lease=LEASE,
            known_only=isinstance(message, PersonalInfoEvent),
        )
        if not door.account.original_id and message.account and opened.cipher is not None:
            self._learn(door, message.account)
        if isinstance(stored, inbox.Repeat):
            reply = codec.from_json(stored.reply)
            return self._answer(door, opened, message, reply, now, "repeated")
        job = _Job(self, door.account, message, understanding, stored, now, started)
        reply, outcome = job.reply_in_time(self._pool)
        return self._answer(door, opened, message, reply, now, outcome)

    def _door(self, slug: str) -> _Door:
        door = self._doors.get(slug)
        if door is None or door.until < time.monotonic():
            account = self.services.account_of(slug)
            gate = Gate(
                account.token,
                account.appid,
                account.aes_keys,
                accept_plain=self.services.settings.callback_mode == "plain",
                original_id=account.original_id,
            )
            door = _Door(account, gate, time.monotonic() + _GATE_SECONDS)
            self._doors[slug] = door
        return door

    def _learn(self, door: _Door, original_id: str) -> None:
        """Keep the gh_ id that a proved body showed; from now on no other is let in."""
        with available():
            accounts.learn_original_id(door.account.id, original_id)
        door.until = 0.0

    def _understood(self, message: Inbound, account_id: int) -> Understanding | None:
        """What the words are about. A text must be stored even where understanding it fails."""
        text = text_of(message)
        if not text:
            return None
        try:
            return self.services.understand(text, account_id)
        except Exception:
            logger.exception("understanding failed kind=%s", message.kind)
            return Understanding(text, {})

    def _answer(
        self,
        door: _Door,
        opened: Opened,
        message: Inbound,
        reply: Reply,
        now: datetime,
        outcome: str,
    ) -> Answer:
        if reply == NO_REPLY:
            return Answer(200, SUCCESS, outcome, "text/plain; charset=utf-8")
        xml = render(
            reply,
            message.openid,
            message.account or door.account.original_id,
            now,
            to_message=isinstance(message, Message),
        )
        return Answer(200, door.gate.seal(xml, opened, now), outcome)


class _Job:
    """One stored message on its way to an answer."""

    def __init__(
        self,
        receiver: Receiver,
        account: AccountState,
        message: Inbound,
        understanding: Understanding | None,
        arrival: inbox.Arrival,
        now: datetime,
        started: float,
    ) -> None:
        self.receiver = receiver
        self.account = account
        self.message = message
        self.understanding = understanding
        self.arrival = arrival
        self.now = now
        self.started = started
        self.reply: Reply = NO_REPLY
        self.state = ""

    def reply_in_time(self, pool: Pool) -> tuple[Reply, str]:
        """The reply and the outcome's word; no reply where the budget ends first."""
        if self.arrival.held and self.receiver.quick(self.message):
            self._run()
            if self.state == "late":
                pool.submit(self._deliver)
            return self._final()
        task = pool.submit(self._run, after=self._deliver)
        if task.wait(self._left()):
            return self._final()
        if inbox.give_up_waiting(self.arrival.event_id):
            pool.submit(self._show_typing)
            return NO_REPLY, "late"
        task.wait(0.2)  # it was just recorded: the thread is about to hand it over
        return self._final()

    def _final(self) -> tuple[Reply, str]:
        """What the HTTP answer carries; of a late answer only what nothing else can carry."""
        if self.state == "late":
            return codec.at_once(self.reply), "late"
        return self.reply, self.state or "unfinished"

    def _left(self) -> float:
        return REPLY_BUDGET_SECONDS - (time.monotonic() - self.started)

    def _show_typing(self) -> None:
        """The sign that somebody is at it. A courtesy: nothing waits for it, nobody misses it."""
        follower = self.arrival.follower
        if follower is None or follower.owner(self.now) or not isinstance(self.message, Message):
            return
        try:
            self.receiver.services.client_of(self.account.id).typing(self.message.openid)
        except Exception as error:
            logger.debug("no typing sign event=%d: %s", self.arrival.event_id, type(error).__name__)

    def _deliver(self) -> None:
        """Send what became late. What fails here is the repair job's."""
        if self.state != "late":
            return
        services = self.receiver.services
        try:
            deliver_late(services, services.clock(), event_id=self.arrival.event_id)
        except Exception:
            logger.exception("event=%d late answer left for repair", self.arrival.event_id)

    def _run(self) -> None:
        """Take the follower, handle, record."""
        try:
            follower = self._follower()
            if follower is None and self.arrival.follower is not None:
                inbox.leave_for_repair(self.arrival.event_id, self.receiver.services.clock())
                self.state = "late"
                return
            self._handle(follower)
        except HongyanError as error:
            # Not recorded as handled: the lease ends and the repair job handles it anew.
            logger.error("event=%d left for repair: %s", self.arrival.event_id, error)
        except Exception:
            logger.exception("event=%d left for repair", self.arrival.event_id)

    def _follower(self) -> FollowerState | None:
        """The sender, taken; None when an earlier message holds him until the budget ends."""
        if self.arrival.held or self.arrival.follower is None:
            return self.arrival.follower
        while self._left() > 0:
            taken = inbox.hold_next(
                self.arrival.follower.id,
                self.arrival.event_id,
                LEASE,
                self.receiver.services.clock(),
            )
            if taken is not None:
                return taken
            time.sleep(_POLL_SECONDS)
        return None

    def _handle(self, follower: FollowerState | None) -> None:
        services = self.receiver.services
        self.reply, self.state = handle(
            services,
            self.receiver.dispatch,
            self.account,
            follower,
            self.message,
            self.understanding,
            self.arrival.event_id,
            self.now,
            attempt=0,
        )


def handle(
    services: Services,
    dispatch: Dispatch,
    account: AccountState,
    follower: FollowerState | None,
    message: Inbound,
    understanding: Understanding | None,
    event_id: int,
    now: datetime,
    *,
    attempt: int,
) -> tuple[Reply, str]:
    """Handle one stored message and record the outcome; the reply and the answer's state.

    A handler that raises gives a harmless reply, and its event is tried again later.
    """
    began = time.monotonic()
    nobody = FollowerState(id=0, account_id=account.id, subscribed=False)
    context = Context(services, account, follower or nobody, event_id, now, understanding)
    error, retry_at = "", None
    try:
        handled = dispatch(message, context)
    except Exception as raised:
        logger.exception("handler failed event=%d kind=%s", event_id, message.kind)
        error = f"{type(raised).__name__}"
        if attempt < len(RETRY_AFTER):
            retry_at = now + timedelta(seconds=RETRY_AFTER[attempt])
        handled = Handled(_harmless(message, context), "failed", type(raised).__name__)
    reply = handled.reply
    state = inbox.finish(
        event_id,
        follower.id if follower else None,
        handler=handled.handler,
        reason=handled.reason,
        reply=codec.to_json(reply),
        took_ms=int((time.monotonic() - began) * 1000),
        error=error,
        retry_at=retry_at,
        trace=handled.trace,
        passive=can_be_passive(reply),
        owner=context.follower.owner(now),
        now=now,
    )
    return (NO_REPLY, "none") if state == inbox.DROPPED else (reply, state)


def _harmless(message: Inbound, context: Context) -> Reply:
    """Something kind to say when a handler broke, to a person who wrote; nothing to an event."""
    if isinstance(message, Message):
        return TextReply(t("reply.trouble", context.lang))
    return NO_REPLY


def rejected(error: CallbackRejected) -> Answer:
    """The HTTP answer for a callback that is not the platform's."""
    return Answer(error.status, b"", f"rejected:{error.reason}", "text/plain; charset=utf-8")

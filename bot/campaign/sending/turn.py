"""One stretch of sending of one campaign by one sender.

Two threads share the work. This one keeps the client busy. The other, the desk, does everything
with the database, one thing after another: it claims and composes the next batch while the present
one is being sent, and settles answers in small batches as they come.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from bot.campaign.permission.order import Order
from bot.campaign.sending.claim import claim
from bot.campaign.sending.compose import Composer
from bot.campaign.sending.pacing import Pacer
from bot.campaign.sending.settle import Result, Settled, settle
from bot.campaign.sending.sweep import LEASE
from bot.errors import MessageRefused
from bot.services import Services
from bot.store.sends import SendRow
from bot.wechat.calls import Answer, Call

# What is claimed when a sender dies becomes unknown, handed over or not: a batch is no larger than
# what is sent at once, and at most two are claimed at a time.
LEAST_BATCH, MOST_BATCH = 8, 200
SETTLE_COUNT = 100
SETTLE_SECONDS = 0.05
# Batches of answers that may wait for the desk: beyond that, sending waits for it too.
MOST_WAITING = 8
# A row not handed over by then is given back: its lease must outlive the call's own time-out.
HAND_OVER_SECONDS = LEASE.total_seconds() / 2
ERASED = MessageRefused(None, "the follower was erased")

Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Batch:
    """Claimed rows with their calls; None for a follower who was erased since the claim."""

    calls: list[tuple[SendRow, Call | None]]
    claimed: float  # time.monotonic()


def owner_name() -> str:
    """Who claims: this host, process and turn, in at most 40 characters."""
    return f"{socket.gethostname()[:16]}:{os.getpid()}:{secrets.token_hex(4)}"


@dataclass
class Turn:
    """The counters are right once `run` has returned."""

    services: Services
    order: Order
    over: Stop
    waiting: int = 0  # rows that are to go, with those of the account's others: for the pace
    owner: str = field(default_factory=owner_name)
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    again: int = 0
    skipped: int = 0
    drained: bool = False  # nothing was due any more
    stopped: bool = False  # the platform's answers say: not now
    paced: bool = False  # as many as may go by now have gone

    def __post_init__(self) -> None:
        self._composer = Composer(self.order)
        self._batch = min(max(self.order.definition.concurrency, LEAST_BATCH), MOST_BATCH)
        self._flying: dict[int, SendRow] = {}
        self._results: list[Result] = []
        self._settling: deque[Future[Settled]] = deque()
        self._settled_at = time.monotonic()
        self._under_way = 0  # claimed and not settled; the desk's own
        now = self.services.clock()
        self._pacer = Pacer(self.order, self.waiting, lambda: self._under_way, now)

    @property
    def moved(self) -> int:
        return self.sent + self.failed + self.unknown + self.skipped

    def run(self) -> None:
        """Whatever happens, answers that came are settled and unsent rows are given back; what was
        handed over without an answer is the sweeper's, after the lease."""
        client = self.services.client_of(self.order.account_id)
        with ThreadPoolExecutor(1, "ledger-desk") as self._desk:
            calls = self._calls()
            try:
                for answer in client.send_many(calls, self.order.definition.concurrency):
                    self._take(answer)
            finally:
                try:
                    calls.close()
                    self._settle()
                    self._count_settled(most_waiting=0)
                finally:
                    self._desk.submit(self.services.store.leave)  # the thread's own connection

    # --- out -----------------------------------------------------------------------------------

    def _calls(self) -> Generator[Call, None, None]:
        ahead = self._desk.submit(self._claim)
        try:
            while (batch := ahead.result()) is not None:
                ahead = self._desk.submit(self._claim)
                yield from self._hand_over(batch)
        finally:
            unused = ahead.result()
            if unused is not None:
                self._give_back(row for row, _ in unused.calls)

    def _claim(self) -> Batch | None:
        """At the desk. None: nothing is due, or it is time to end."""
        if self._ended():
            return None
        now = self.services.clock()
        granted = self._pacer.grant(self._batch, now)
        if not granted:
            self.paced = True
            return None
        claimed = claim(self.order, self.owner, granted, LEASE, now)
        at = time.monotonic()
        self._pacer.give_back(granted - len(claimed.rows))
        self._under_way += len(claimed.rows)
        self.skipped += claimed.skipped
        if not claimed.looked:
            self.drained = True
            return None
        return Batch(self._composer.calls(claimed.rows), at)

    def _hand_over(self, batch: Batch) -> Generator[Call, None, None]:
        """What is not asked for any more, or too late, is given back."""
        latest = batch.claimed + HAND_OVER_SECONDS
        unsent = {row.id: row for row, _ in batch.calls}
        try:
            for row, call in batch.calls:
                if self._ended() or time.monotonic() >= latest:
                    return
                del unsent[row.id]
                if call is None:
                    self._results.append(Result(row, ERASED))
                else:
                    self._flying[row.id] = row
                    yield call
        finally:
            self._give_back(unsent.values())

    def _give_back(self, rows: Iterable[SendRow]) -> None:
        self._results += [Result(row, handed_over=False) for row in rows]

    def _ended(self) -> bool:
        return self.stopped or self.over()

    # --- back ----------------------------------------------------------------------------------

    def _take(self, answer: Answer) -> None:
        row = self._flying.pop(answer.key)
        self._results.append(Result(row, answer.error, answer.msgid))
        waited = time.monotonic() - self._settled_at
        if len(self._results) >= SETTLE_COUNT or waited >= SETTLE_SECONDS:
            self._settle()
            self._count_settled(MOST_WAITING)

    def _settle(self) -> None:
        results, self._results = self._results, []
        self._settled_at = time.monotonic()
        if results:
            now = self.services.clock()
            self._settling.append(self._desk.submit(self._write, results, now))

    def _write(self, results: list[Result], now: datetime) -> Settled:
        """At the desk."""
        settled = settle(self.order, self.owner, results, now)
        self._under_way -= len(results)
        return settled

    def _count_settled(self, most_waiting: int) -> None:
        """Take note of what the desk has done; wait for it where more than that is waiting."""
        while self._settling and (self._settling[0].done() or len(self._settling) > most_waiting):
            settled = self._settling.popleft().result()
            self.sent += settled.sent
            self.failed += settled.failed
            self.unknown += settled.unknown
            self.again += settled.again
            self.stopped = self.stopped or settled.stop

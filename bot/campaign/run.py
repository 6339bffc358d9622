"""Running: due campaigns are planned, then sent turn by turn.

Any number of processes may run it at once: rows are claimed, so what one has the others pass over.
A turn streams: rows are claimed when the client has room for the next call, and answers are settled
in small batches as they come, so memory is that of one batch, whatever the audience.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from bot.campaign.cancel import skip_rest
from bot.campaign.claim import claim
from bot.campaign.compose import Composer
from bot.campaign.order import Order, load
from bot.campaign.plan import begin, plan
from bot.campaign.settle import Result, Settled, settle
from bot.campaign.states import CampaignStatus, move
from bot.campaign.sweep import LEASE
from bot.errors import MessageRefused, NotFound
from bot.services import Services
from bot.store import campaigns, sends
from bot.store.campaigns import CampaignState
from bot.store.sends import SendRow
from bot.wechat.calls import Answer, Call

logger = logging.getLogger(__name__)

BATCH = 200
SETTLE_COUNT = 100
SETTLE_SECONDS = 0.05
# With several campaigns each has the client for so long, then the next: a small one never waits
# for a large one to end.
TURN_SECONDS = 2.0
# A row not handed over by then is given back: its lease must outlive the call's own time-out.
HAND_OVER_SECONDS = LEASE.total_seconds() / 2

ERASED = MessageRefused(None, "the follower was erased")

Stop = Callable[[], bool]


def never() -> bool:
    return False


def push_due(
    services: Services, now: datetime, budget_seconds: float = 20.0, stop: Stop = never
) -> int:
    """Start, plan and send what is due, for at most about `budget_seconds`; how many rows moved on.

    `stop` is asked between calls: true, and it ends as after the budget, with every answer settled
    and every claimed but unsent row given back.
    """
    deadline = time.monotonic() + budget_seconds

    def over() -> bool:
        return stop() or time.monotonic() >= deadline

    moved = _start_due(now)
    moved += _plan_all(services, now, over)
    cancelled = campaigns.open_runs([CampaignStatus.CANCELLED])
    moved += sum(skip_rest(campaign.id, now) for campaign in cancelled)
    waiting = [c for c in _in(CampaignStatus.RUNNING) if sends.has_due(c.id, now)]
    while waiting and not over():
        again = []
        for campaign in waiting:
            turn = None if len(waiting) == 1 else time.monotonic() + TURN_SECONDS
            done, more = _turn(services, campaign, turn, over)
            moved += done
            again += [campaign] if more else []
        waiting = again
    return moved


def _in(status: CampaignStatus) -> list[CampaignState]:
    return campaigns.in_states([status])


def _start_due(now: datetime) -> int:
    """A campaign that cannot start goes back to being a draft, with the reason."""
    started = 0
    for campaign in campaigns.due(CampaignStatus.SCHEDULED, now):
        try:
            started += begin(campaign, now)
        except NotFound as error:
            logger.warning("campaign=%s start=refused reason=%s", campaign.slug, error)
            move(campaign.id, CampaignStatus.DRAFT, now, error=str(error))
    return started


def _plan_all(services: Services, now: datetime, over: Stop) -> int:
    planned = 0
    for campaign in _in(CampaignStatus.PLANNING):
        with _paused_if_lost(campaign, now):
            if plan(campaign.id, services.settings.public, now, lambda: not over()):
                planned += 1
                logger.info("campaign=%s planned=1", campaign.slug)
    return planned


@contextmanager
def _paused_if_lost(campaign: CampaignState, now: datetime) -> Iterator[None]:
    """A run whose segment or batch was removed waits for a person, and stops nobody else's."""
    try:
        yield
    except NotFound as error:
        logger.error("campaign=%s paused=1 reason=%s", campaign.slug, error)
        move(campaign.id, CampaignStatus.PAUSED, now, error=str(error))


def _turn(
    services: Services, campaign: CampaignState, ends: float | None, over: Stop
) -> tuple[int, bool]:
    """Send of one campaign; (rows that moved on, whether it may have more for now)."""
    now, orders = services.clock(), []
    with _paused_if_lost(campaign, now):
        orders.append(load(campaign.id, services.settings.public, now))
    if not orders:
        return 0, False
    stop = over if ends is None else lambda: over() or time.monotonic() >= ends
    turn = Turn(services, orders[0], stop)
    turn.run()
    if turn.moved:
        logger.info(
            "campaign=%s sent=%d failed=%d unknown=%d again=%d skipped=%d",
            campaign.slug, turn.sent, turn.failed, turn.unknown, turn.again, turn.skipped,
        )  # fmt: skip
    return turn.moved, not turn.drained and not turn.stopped


def owner_name() -> str:
    """Who claims: this host, process and turn, in at most 40 characters."""
    return f"{socket.gethostname()[:16]}:{os.getpid()}:{secrets.token_hex(4)}"


@dataclass
class Turn:
    """One stretch of sending of one campaign by one sender."""

    services: Services
    order: Order
    over: Stop
    owner: str = field(default_factory=owner_name)
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    again: int = 0
    skipped: int = 0
    drained: bool = False  # nothing was due any more
    stopped: bool = False  # the platform's answers say: not now

    def __post_init__(self) -> None:
        self._composer = Composer(self.order)
        self._rows: dict[int, SendRow] = {}  # claimed, not settled
        self._results: list[Result] = []
        self._settled_at = time.monotonic()

    @property
    def moved(self) -> int:
        return self.sent + self.failed + self.unknown + self.skipped

    def run(self) -> None:
        """Whatever happens, answers that came are settled and unsent rows are given back; what was
        handed over without an answer is the sweeper's, after the lease."""
        client = self.services.client_of(self.order.account_id)
        calls = self._calls()
        try:
            for answer in client.send_many(calls, self.order.definition.concurrency):
                self._take(answer)
        finally:
            calls.close()
            self._settle()

    def _calls(self) -> Generator[Call, None, None]:
        """Claims when asked for more."""
        while not self._ended():
            batch = claim(self.order, self.owner, BATCH, LEASE, self.services.clock())
            self.skipped += batch.skipped
            if not batch.looked:
                self.drained = True
                return
            yield from self._hand_over(batch.rows)

    def _hand_over(self, rows: tuple[SendRow, ...]) -> Generator[Call, None, None]:
        """What is not asked for any more, or too late, is given back."""
        latest = time.monotonic() + HAND_OVER_SECONDS
        unsent = {row.id: row for row in rows}
        try:
            for row, call in self._composer.calls(rows):
                if self._ended() or time.monotonic() >= latest:
                    return
                del unsent[row.id]
                if call is None:
                    self._results.append(Result(row, ERASED))
                else:
                    self._rows[row.id] = row
                    yield call
        finally:
            self._results += [Result(row, handed_over=False) for row in unsent.values()]

    def _ended(self) -> bool:
        return self.stopped or self.over()

    def _take(self, answer: Answer) -> None:
        self._results.append(Result(self._rows[answer.key], answer.error, answer.msgid))
        waited = time.monotonic() - self._settled_at
        if len(self._results) >= SETTLE_COUNT or waited >= SETTLE_SECONDS:
            self._settle()

    def _settle(self) -> None:
        results, self._results = self._results, []
        self._settled_at = time.monotonic()
        if results:
            self._count(settle(self.order, self.owner, results, self.services.clock()))
            for result in results:
                self._rows.pop(result.row.id, None)

    def _count(self, settled: Settled) -> None:
        self.sent += settled.sent
        self.failed += settled.failed
        self.unknown += settled.unknown
        self.again += settled.again
        self.stopped = self.stopped or settled.stop

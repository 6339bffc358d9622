"""Running: due campaigns are planned, then sent turn by turn.

Any number of processes may run it at once: rows are claimed, so what one has the others pass over.
A turn streams (`sending.turn`), so memory is that of a few batches, whatever the audience.
Accounts do not wait for each other: where there are several, each has a lane and a thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime

from bot.campaign.permission.order import Order, load
from bot.campaign.planning.plan import begin, plan
from bot.campaign.recur import make_due
from bot.campaign.results import rest
from bot.campaign.sending import brake, mass
from bot.campaign.sending.cancel import skip_rest
from bot.campaign.sending.fair import Shares, weight_of
from bot.campaign.sending.turn import Stop, Turn
from bot.campaign.states import CampaignStatus, move
from bot.errors import NotFound
from bot.services import Services
from bot.store import accounts, campaigns, send_progress
from bot.store.campaigns import CampaignState

logger = logging.getLogger(__name__)

# Beside others a campaign has the client for so long, then the next one; alone for longer, as each
# change waits for the last answers. Then it is looked whether another has come.
TURN_SECONDS = 2.0
ALONE_SECONDS = 5.0
MOST_LANES = 8
LOOK_SECONDS = 1.0


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

    make_due(now)
    cancelled = campaigns.open_runs([CampaignStatus.CANCELLED])
    moved = sum(skip_rest(campaign.id, now) for campaign in cancelled)
    if len(accounts.ids()) > 1:
        moved += _side_by_side(services, now, over)
    else:
        moved += sum(_Lane(services, one, over).run(now) for one in _with_work(now))
    return moved + mass.tend(services, services.clock())


def _with_work(now: datetime) -> list[int]:
    """The accounts for which there is something to start, to plan or to send."""
    found = [campaign.account_id for campaign in campaigns.due(CampaignStatus.SCHEDULED, now)]
    found += [campaign.account_id for campaign in campaigns.at_work(now)]
    return sorted(set(found))


def _side_by_side(services: Services, now: datetime, over: Stop) -> int:
    """A lane for each account with work, begun as soon as there is some. What goes wrong in one is
    raised after the others have ended."""
    lanes: dict[int, Future[int]] = {}

    def lane(account_id: int) -> int:
        try:
            return _Lane(services, account_id, over).run(services.clock())
        finally:
            services.store.leave()

    with ThreadPoolExecutor(MOST_LANES, "lane") as pool:
        while not over():
            for one in _with_work(now):
                if one not in lanes:
                    lanes[one] = pool.submit(lane, one)
            under_way = [future for future in lanes.values() if not future.done()]
            if not under_way:
                break
            wait(under_way, LOOK_SECONDS, FIRST_COMPLETED)
            now = services.clock()
    return sum(future.result() for future in lanes.values())


class _Lane:
    """One account's campaigns, until nothing more can be done for now."""

    def __init__(self, services: Services, account_id: int, over: Stop) -> None:
        self._services = services
        self._account_id = account_id
        self._over = over
        self._shares = Shares()
        self._resting: set[int] = set()  # the platform or their pace says: not in this push

    def run(self, now: datetime) -> int:
        moved = 0
        while True:
            moved += _start_due(self._account_id, now)
            active = self._active(now)
            if any(campaign.state == CampaignStatus.PLANNING for campaign in active):
                moved += self._plan(active, now)
                active = self._active(now)
            waiting = self._waiting(active)
            planning = any(campaign.state == CampaignStatus.PLANNING for campaign in active)
            if self._over() or not (waiting or planning):
                return moved
            if waiting:
                moved += self._serve(waiting, alone=len(waiting) == 1 and not planning)
            now = self._services.clock()

    def _active(self, now: datetime) -> list[CampaignState]:
        """Those that are to be planned, or have something to send now."""
        found = campaigns.at_work(now)
        return [campaign for campaign in found if campaign.account_id == self._account_id]

    def _plan(self, active: list[CampaignState], now: datetime) -> int:
        """A stretch of planning for each that is being planned."""
        planned = 0
        for campaign in active:
            if campaign.state != CampaignStatus.PLANNING:
                continue
            ends = time.monotonic() + TURN_SECONDS
            with _paused_if_lost(campaign, now):
                if _plan_until(self._services, campaign, now, ends, self._over):
                    planned += 1
                    logger.info("campaign=%s planned=1", campaign.slug)
        return planned

    def _waiting(self, active: list[CampaignState]) -> dict[int, CampaignState]:
        return {
            campaign.id: campaign
            for campaign in active
            if campaign.state == CampaignStatus.RUNNING and campaign.id not in self._resting
        }

    def _serve(self, waiting: dict[int, CampaignState], *, alone: bool) -> int:
        """A turn for the one whose turn it is."""
        weights = {key: weight_of(campaign.priority) for key, campaign in waiting.items()}
        chosen = self._shares.next(weights)
        began = time.monotonic()
        ends = began + (ALONE_SECONDS if alone else TURN_SECONDS)
        rows = _waiting_rows(waiting)
        done, more = _turn(self._services, waiting[chosen], rows, ends, self._over)
        self._shares.serve(chosen, time.monotonic() - began, weights[chosen])
        if not more:
            self._resting.add(chosen)
        return done


def _waiting_rows(waiting: dict[int, CampaignState]) -> int:
    """How many messages these campaigns are to send in all, from counts: nothing is read for it."""
    return sum(
        campaigns.generation(campaign.id, campaign.generation).audience
        - send_progress.total(campaign.id, campaign.generation).moved
        for campaign in waiting.values()
    )


def _plan_until(
    services: Services, campaign: CampaignState, now: datetime, ends: float, over: Stop
) -> bool:
    def go_on() -> bool:
        return not over() and time.monotonic() < ends

    if rest.is_rest(campaign):
        return rest.plan(campaign, services.settings.public, now, go_on)
    return plan(campaign.id, services.settings.public, now, go_on)


def _start_due(account_id: int, now: datetime) -> int:
    """A campaign that cannot start goes back to being a draft, with the reason."""
    started = 0
    for campaign in campaigns.due(CampaignStatus.SCHEDULED, now):
        if campaign.account_id != account_id:
            continue
        try:
            started += begin(campaign, now)
        except NotFound as error:
            logger.warning("campaign=%s start=refused reason=%s", campaign.slug, error)
            move(campaign.id, CampaignStatus.DRAFT, now, error=str(error))
    return started


@contextmanager
def _paused_if_lost(campaign: CampaignState, now: datetime) -> Iterator[None]:
    """A run whose segment or batch was removed waits for a person, and stops nobody else's."""
    try:
        yield
    except NotFound as error:
        logger.error("campaign=%s paused=1 reason=%s", campaign.slug, error)
        move(campaign.id, CampaignStatus.PAUSED, now, error=str(error))


def _turn(
    services: Services, campaign: CampaignState, waiting: int, ends: float, over: Stop
) -> tuple[int, bool]:
    """Send of one campaign; (rows that moved on, whether it may have more for now)."""
    now, orders = services.clock(), list[Order]()
    with _paused_if_lost(campaign, now):
        orders.append(load(campaign.id, services.settings.public, now))
    if not orders or brake.look(orders[0], now):
        return 0, False
    turn = Turn(services, orders[0], lambda: over() or time.monotonic() >= ends, waiting)
    turn.run()
    if turn.moved:
        logger.info(
            "campaign=%s sent=%d failed=%d unknown=%d again=%d skipped=%d",
            campaign.slug, turn.sent, turn.failed, turn.unknown, turn.again, turn.skipped,
        )  # fmt: skip
    return turn.moved, not (turn.drained or turn.stopped or turn.paced)

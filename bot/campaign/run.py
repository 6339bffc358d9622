"""Running: due campaigns are planned, then sent turn by turn.

Any number of processes may run it at once: rows are claimed, so what one has the others pass over.
A turn streams (`bot.campaign.turn`), so memory is that of a few batches, whatever the audience.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from bot.campaign.cancel import skip_rest
from bot.campaign.order import load
from bot.campaign.plan import begin, plan
from bot.campaign.states import CampaignStatus, move
from bot.campaign.turn import Stop, Turn
from bot.errors import NotFound
from bot.services import Services
from bot.store import campaigns, sends
from bot.store.campaigns import CampaignState

logger = logging.getLogger(__name__)

# With several campaigns each has the client for so long, then the next: a small one never waits
# for a large one to end.
TURN_SECONDS = 2.0


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

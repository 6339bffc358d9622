"""The journeys' turn, each second: the log is read, dates let people in, who is due goes on.

Any number of processes may take it at once: runs are held row by row, and what one holds the others
pass over.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from bot.campaign.planning import standing
from bot.campaign.states import CampaignStatus
from bot.errors import InvalidInput, NotFound
from bot.journey import names
from bot.journey.dating import enter_by_dates
from bot.journey.lanes import Lanes, lane_of
from bot.journey.listening import listen
from bot.journey.moving import Trip
from bot.services import Services
from bot.store import accounts, campaigns, journey_calls, journey_runs, journeys
from bot.store.db import again, transaction
from bot.store.journeys import JourneyState, Version
from bot.values.audience import CampaignKind

logger = logging.getLogger(__name__)

BATCH = 300
CALLS_KEPT = timedelta(days=30)
MOVED, STOPPED = "version_stopped", "stopped"


def advance_due(services: Services, now: datetime, budget_seconds: float = 10.0) -> int:
    """Move on whoever is due, for at most about `budget_seconds`; how many rows changed.

    A journey that lost something it names (a coupon batch) is paused with the reason, and holds up
    no other.
    """
    public_url = services.settings.public
    deadline = time.monotonic() + budget_seconds
    moved = _led_in(public_url, now)
    moved += _do_policies(public_url, now) + _end_stopped(public_url, now)
    waiting = journeys.in_states([journeys.RUNNING])
    while waiting and time.monotonic() < deadline:
        more = []
        for journey in waiting:
            done = _or_paused(journey, public_url, now)
            moved += done
            more += [journey] if done == BATCH else []
        waiting = more
    return moved


def _led_in(public_url: str, now: datetime) -> int:
    """By the log and by dates. What cannot be done for one journey is not to hold up the others:
    it is paused, and the next turn does it all."""
    try:
        return listen(public_url, now) + enter_by_dates(public_url, now)
    except (NotFound, InvalidInput) as error:
        broken = [one for one in journeys.in_states([journeys.RUNNING]) if not _whole(one)]
        if not broken:
            raise
        for journey in broken:
            _pause(journey, error, now)
        return 0


def _whole(journey: JourneyState) -> bool:
    """Everything that the versions name is there."""
    try:
        for version in journeys.versions(journey.id):
            lane = lane_of(journey, version)
            if names.missing(journey.account_id, lane.flow):
                return False
            for slug in lane.actions.values():
                campaigns.by_slug(journey.account_id, slug)
    except (NotFound, InvalidInput):
        return False
    return True


def _or_paused(journey: JourneyState, public_url: str, now: datetime) -> int:
    try:
        return advance_batch(journey.id, public_url, now)
    except (NotFound, InvalidInput) as error:
        _pause(journey, error, now)
        return 0


def _pause(journey: JourneyState, error: Exception, now: datetime) -> None:
    logger.error("journey=%s paused=1 reason=%s", journey.slug, error)
    journeys.move(journey.id, [journeys.RUNNING], journeys.PAUSED, now)
    journeys.complain(journey.id, str(error))


@again
def advance_batch(journey_id: int, public_url: str, now: datetime, limit: int = BATCH) -> int:
    """The next due of one running journey; how many they were."""
    with transaction():
        journey = journeys.get(journey_id)
        if journey.state != journeys.RUNNING:
            return 0
        runs = journey_runs.due(journey_id, now, limit)
        if not runs:
            return 0
        trip = Trip(Lanes({journey.id: journey}), public_url, now)
        for run in runs:
            if not run.on_the_way:
                trip.close(run)
        trip.go([run for run in runs if run.on_the_way])
        trip.finish()
        return len(runs)


# --- those on the way when a version came, or when it all stopped ---------------------------------


def _do_policies(public_url: str, now: datetime) -> int:
    done = 0
    for journey in journeys.in_states([journeys.RUNNING, journeys.PAUSED]):
        for version in journeys.versions(journey.id):
            if not version.settled:
                done += _do_policy(journey, version, public_url, now)
    return done


def _do_policy(journey: JourneyState, version: Version, public_url: str, now: datetime) -> int:
    done = 0
    while some := _policy_batch(journey, version, public_url, now):
        done += some
    return done


@again
def _policy_batch(journey: JourneyState, version: Version, public_url: str, now: datetime) -> int:
    """Move or end some who are on the way by an older version; 0: nobody is left, it is settled."""
    lane = lane_of(journey, version)
    steps = sorted(lane.flow.steps) if version.policy == journeys.MOVE else []
    with transaction():
        runs = journey_runs.on_the_way(journey.id, BATCH, before=version.number, steps=steps)
        trip = Trip(Lanes({journey.id: journey}), public_url, now)
        for run in runs:
            if version.policy == journeys.MOVE:
                trip.onto(run, lane)
            else:
                trip.end(run, MOVED)
        trip.finish()
        if not runs and not journey_runs.on_the_way(
            journey.id, 1, before=version.number, steps=steps, hold=False
        ):
            journeys.settle(version.id)
        return len(runs)


def _end_stopped(public_url: str, now: datetime) -> int:
    return sum(
        _end_batch(journey, public_url, now)
        for journey in journeys.in_states([journeys.STOPPED])
        if journey_runs.on_the_way(journey.id, 1, hold=False)
    )


@again
def _end_batch(journey: JourneyState, public_url: str, now: datetime) -> int:
    with transaction():
        runs = journey_runs.on_the_way(journey.id, BATCH)
        trip = Trip(Lanes({journey.id: journey}), public_url, now)
        for run in runs:
            trip.end(run, STOPPED)
            trip.close(run)
        return trip.finish() if runs else 0


def tidy(now: datetime) -> int:
    """Sends that waited until they were stale are skipped; old answers of webhooks go."""
    done = journey_calls.forget_settled(now - CALLS_KEPT)
    for account_id in accounts.ids():
        for campaign in campaigns.all_of(account_id, CampaignKind.JOURNEY):
            if campaign.state in (CampaignStatus.RUNNING, CampaignStatus.PAUSED):
                done += standing.expire(campaign.id, now)
    return done

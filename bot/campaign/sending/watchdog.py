"""The watchdog: a run that is to send and does not, rows of dead senders that nobody sweeps.

Told three ways: in the log, in the campaign's `error`, and by `hongyan doctor`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.campaign.permission.order import load
from bot.campaign.sending.pacing import ramp_of
from bot.campaign.states import CampaignStatus
from bot.errors import NotFound
from bot.i18n import t
from bot.store import campaigns, send_progress, send_repair, sends
from bot.store.campaigns import CampaignState

logger = logging.getLogger(__name__)

QUIET = timedelta(minutes=10)
UNSWEPT = timedelta(minutes=2)  # the sweeper comes every few seconds


@dataclass(frozen=True, slots=True)
class Stalled:
    """A running campaign with messages due since QUIET, in which nothing has moved since then."""

    campaign: CampaignState
    since: datetime

    def words(self, now: datetime) -> str:
        return t("watchdog.stalled", minutes=int((now - self.since) / timedelta(minutes=1)))


def stalled(now: datetime) -> list[Stalled]:
    found = []
    for campaign in campaigns.in_states([CampaignStatus.RUNNING]):
        since = _still_since(campaign, now)
        if since is not None:
            found.append(Stalled(campaign, since))
    return found


def _still_since(campaign: CampaignState, now: datetime) -> datetime | None:
    if campaign.updated_at > now - QUIET or not sends.has_due(campaign.id, now - QUIET):
        return None
    moved = send_progress.last(campaign.id, campaign.generation)
    last = max(campaign.updated_at, moved + send_progress.MINUTE if moved else campaign.updated_at)
    return None if last > now - QUIET or _ramp_holds(campaign, now) else last


def _ramp_holds(campaign: CampaignState, now: datetime) -> bool:
    """What may go by now has gone: the next part of the ramp is yet to come."""
    try:
        ramp = ramp_of(load(campaign.id, "", now))
    except NotFound:
        return False
    done = send_progress.total(campaign.id, campaign.generation)
    return ramp is not None and done.moved >= ramp.most(now) < ramp.audience


def unswept(now: datetime) -> int:
    """Rows whose sender died, left lying: no sweeper is at work."""
    return send_repair.unswept(now - UNSWEPT)


def look(now: datetime) -> int:
    """Say what is stuck, and take back what was said of those that move again; how many are stuck.

    Repeated: the words in `error` follow the minutes, the log gets a line each time.
    """
    stuck = {one.campaign.id: one for one in stalled(now)}
    for campaign in campaigns.in_states([CampaignStatus.RUNNING]):
        one = stuck.get(campaign.id)
        if one is not None:
            logger.error("campaign=%s stalled=1 since=%s", campaign.slug, one.since.isoformat())
            campaigns.complain(campaign.id, one.words(now))
        elif campaign.error.startswith(_opening()):
            campaigns.complain(campaign.id, "")
    left = unswept(now)
    if left:
        logger.error("unswept=%d", left)
    return len(stuck) + (1 if left else 0)


def _opening() -> str:
    """By which a complaint of ours is known again."""
    return t("watchdog.stalled", minutes="\0").split("\0")[0]

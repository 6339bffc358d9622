"""Recurring campaigns: each occurrence of the cron is a run of its own.

A run that is not through when the next one is due is left alone, and that occurrence is skipped
with a note. One that is through is closed there and then: what it still brings about is counted in
its report all the same. A process that dies on the way is repeated and finds what is done.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.campaign.approve import check
from bot.campaign.document.definition import Definition, parse
from bot.campaign.document.recurrence import following
from bot.campaign.permission.order import zone_of
from bot.campaign.results.close import close
from bot.campaign.states import CampaignStatus, move
from bot.errors import Conflict
from bot.store import campaigns, recurrences, send_repair
from bot.store.campaigns import CampaignState
from bot.store.recurrences import RecurrenceState

logger = logging.getLogger(__name__)

# An occurrence that is found so much later was missed: nobody was there at its time.
LATE = timedelta(minutes=10)
_OVER = (CampaignStatus.DRAFT, CampaignStatus.CANCELLED)
_BUSY = "the run before was still under way"


def first_run(definition: Definition, now: datetime) -> datetime:
    """The first occurrence from now, or from schedule.at, on. Raises Conflict: there is none."""
    start = max(now, definition.at) if definition.at else now
    found = following(definition.recurs, definition.until, start - timedelta(microseconds=1))
    if found is None:
        raise Conflict("schedule: the cron has no occurrence before schedule.until")
    return found


def make_due(now: datetime) -> int:
    """Let the campaigns begin whose occurrence has come; how many occurrences were dealt with."""
    return sum(_occur(one, now) for one in recurrences.due(now))


def _occur(one: RecurrenceState, now: datetime) -> bool:
    campaign = campaigns.get(one.campaign_id)
    definition = parse(campaign.definition, zone_of(campaign.account_id))
    if campaign.state in _OVER or definition.recurs is None:
        return recurrences.advance(one, None, note=f"the campaign is {campaign.state}")
    next_one = following(definition.recurs, definition.until, now)
    last = definition.recurs.times is not None and one.planned + 1 >= definition.recurs.times
    then = None if last else next_one
    if _missed(one, now) and definition.recurs.catch_up == "none":
        return _pass_over(campaign, one, then, now)
    why_not = _let_begin(campaign, now)
    if why_not:
        logger.warning("campaign=%s occurrence=skipped reason=%s", campaign.slug, why_not)
    return recurrences.advance(one, then, skipped=1 if why_not else 0, note=why_not)


def _missed(one: RecurrenceState, now: datetime) -> bool:
    return one.next_at is not None and now - one.next_at > LATE


def _pass_over(
    campaign: CampaignState, one: RecurrenceState, then: datetime | None, now: datetime
) -> bool:
    if campaign.state == CampaignStatus.SCHEDULED:
        if then is None:
            move(campaign.id, CampaignStatus.DRAFT, now, error="its last occurrence was missed")
        else:
            move(campaign.id, CampaignStatus.SCHEDULED, now, due_at=then)
    note = f"nobody was there at {one.next_at:%Y-%m-%dT%H:%M}Z"
    return recurrences.advance(one, then, skipped=1, note=note)


def _let_begin(campaign: CampaignState, now: datetime) -> str:
    """Let a run begin, which is scheduled already, or the one before is through; else why not."""
    if campaign.state == CampaignStatus.SCHEDULED:
        return ""
    try:
        check(campaign)  # between two runs the document can be changed
        if campaign.state == CampaignStatus.RUNNING and not send_repair.unfinished(campaign.id):
            close(campaign, now)
    except Conflict as error:
        campaigns.complain(campaign.id, str(error))
        return str(error)
    return "" if move(campaign.id, CampaignStatus.SCHEDULED, now, due_at=now) else _BUSY

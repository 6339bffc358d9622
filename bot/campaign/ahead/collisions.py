"""Other campaigns that are for some of the same followers, near in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.campaign.document.aim import aim_of
from bot.campaign.document.definition import Definition, parse
from bot.campaign.drawing.draw import CHUNK
from bot.campaign.permission.order import zone_of
from bot.campaign.phases import sent_run
from bot.errors import NotFound
from bot.store import audience_sets, campaigns
from bot.store.campaigns import CampaignState
from bot.values.audience import CampaignKind

COLLIDES_WITHIN = timedelta(days=7)
MOST_COLLISIONS = 5


@dataclass(frozen=True, slots=True)
class Collision:
    """Another campaign under way or to come, and how many of the audience it is for as well."""

    slug: str
    state: str
    due_at: datetime | None
    shared: int


def collisions(
    campaign: CampaignState, definition: Definition, now: datetime
) -> tuple[Collision, ...]:
    """Other campaigns under way, or due within a week, that are for some of the same followers."""
    aim = aim_of(campaign.account_id, definition)
    found = []
    for other in _near(campaign, now):
        try:
            theirs = aim_of(campaign.account_id, parse(other.definition, zone_of(other.account_id)))
        except NotFound:  # its segment is gone: it reaches nobody
            continue
        if shared := audience_sets.shared(aim, theirs, CHUNK):
            found.append(Collision(other.slug, other.state, other.due_at, shared))
    return tuple(found)


def _near(campaign: CampaignState, now: datetime) -> list[CampaignState]:
    states = ("scheduled", "planning", "running")
    found = [
        other
        for other in campaigns.in_states(states)
        if other.account_id == campaign.account_id
        and other.id != campaign.id
        and other.kind == CampaignKind.PUSH
        and (other.due_at is None or other.due_at <= now + COLLIDES_WITHIN)
        and not _is_over(other)
    ]
    return found[:MOST_COLLISIONS]


def _is_over(other: CampaignState) -> bool:
    """All of it is sent, and no run follows: it is being measured."""
    recurs = (other.definition.get("schedule") or {}).get("cron")
    return not recurs and sent_run(other) is not None

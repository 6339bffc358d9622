"""A campaign by what a person calls it."""

from __future__ import annotations

from bot.errors import NotFound
from bot.store import campaigns
from bot.store.campaigns import CampaignState


def find(account_id: int, ref: str | int) -> CampaignState:
    """By slug, or by id. Raises NotFound, also for another account's campaign."""
    try:
        return campaigns.by_slug(account_id, str(ref))
    except NotFound:
        if not str(ref).isdecimal() or campaigns.get(int(ref)).account_id != account_id:
            raise
        return campaigns.get(int(ref))

"""Campaigns a page at a time, the newest first."""

from __future__ import annotations

from bot.store import campaigns
from bot.store.campaigns import CampaignState
from bot.store.db import fetch

PAGE = 50


def page(
    account_id: int, *, state: str = "", name: str = "", before: int = 0, limit: int = PAGE
) -> tuple[list[CampaignState], int]:
    """(campaigns, where the next page begins); 0: there is none.

    state   "" for all; name: a part of name or slug; before: an id that was shown last
    """
    where, values = ["account_id = ?", "kind = 'push'"], list[int | str]([account_id])
    for part, value in (("state = ?", state), ("id < ?", before)):
        if value:
            where.append(part)
            values.append(value)
    if name:
        where.append("(name LIKE ? ESCAPE '!' OR slug LIKE ? ESCAPE '!')")
        values += [_within(name)] * 2
    rows = fetch(
        f"SELECT id FROM campaign WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?",
        (*values, limit + 1),
    )
    ids = [row[0] for row in rows]
    return [campaigns.get(one) for one in ids[:limit]], ids[limit - 1] if len(ids) > limit else 0


def _within(text: str) -> str:
    for letter in "!%_":
        text = text.replace(letter, f"!{letter}")
    return f"%{text}%"

"""What people wrote and the machine could not carry out: campaigns, journeys and segments."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from bot.clock import instant
from bot.store.db import fetch

# Where each stands, and when. A journey's own campaigns complain through the journey.
KINDS = {
    "campaign": ("updated_at", " AND kind = 'push'"),
    "journey": ("updated_at", ""),
    "segment": ("refreshed_at", ""),
}


class Complaint(NamedTuple):
    """`kind`: campaign, journey, segment."""

    kind: str
    slug: str
    name: str
    error: str
    at: datetime | None


def of_account(account_id: int) -> list[Complaint]:
    """Those that stand now, by kind and slug."""
    return [
        Complaint(kind, slug, name, error, instant(at))
        for kind, (column, only) in KINDS.items()
        for slug, name, error, at in fetch(
            f"SELECT slug, name, error, {column} FROM {kind}"
            f" WHERE account_id = ? AND error <> ''{only} ORDER BY slug",
            (account_id,),
        )
    ]

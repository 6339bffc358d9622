"""The ready-made welcome journeys of the four trades: put there as drafts, to be looked through,
changed and started by a marketer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.errors import NotFound
from bot.journey.checks import Flaw
from bot.journey.manage import check, define
from bot.store import journeys
from bot.store.journeys import JourneyState
from bot.talk.files import read_file

TRADES = ("catering", "ecommerce", "education", "entertainment")
_FOLDER = Path(__file__).parent / "trades"


@dataclass(frozen=True, slots=True)
class Installed:
    """`new` False: it was there, and stays as it is. `lacks`: what has to be made before it
    starts."""

    journey: JourneyState
    new: bool
    lacks: tuple[Flaw, ...]


def ready_made(trade: str) -> dict[str, Any]:
    """The trade's welcome journey as a document. Raises NotFound."""
    if trade not in TRADES:
        raise NotFound(f"there is no trade {trade[:40]!r}; there are {', '.join(TRADES)}")
    found: dict[str, Any] = read_file(_FOLDER / f"{trade}.yaml")
    return found


def install(account_id: int, trade: str, now: datetime, author: str = "") -> Installed:
    """Make the trade's welcome journey a draft. One of its name that is there is left alone."""
    document = ready_made(trade)
    _, lacks = check(account_id, document, now)
    try:
        held, new = journeys.by_slug(account_id, document["slug"]), False
    except NotFound:
        held, new = define(account_id, document, now, author=author), True
    return Installed(held, new, tuple(flaw for flaw in lacks if flaw.error))

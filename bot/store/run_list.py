"""Runs of campaigns by time, as the console's calendar and reports list them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import from_ms, instant, to_ms
from bot.store.db import fetch
from bot.values.audience import CampaignKind

FIRST = 2**62  # a generation's id behind all others
_OF = (
    "SELECT g.id, c.id, c.slug, c.name, c.state, g.number, g.audience, g.started_at, g.closed_at"
    " FROM campaign c JOIN generation g ON g.campaign_id = c.id WHERE c.account_id = ?"
    " AND c.kind = ?"
)


class Run(NamedTuple):
    """A run that has started. `state` is the campaign's, of its latest run."""

    id: int
    campaign_id: int
    slug: str
    name: str
    state: str
    number: int
    audience: int
    started_at: datetime
    closed_at: datetime | None


def _run(row: tuple[Any, ...]) -> Run:
    id_, campaign_id, slug, name, state, number, audience, started, closed = row
    return Run(
        id_, campaign_id, slug, name, state, number, audience, from_ms(started), instant(closed)
    )


def started(account_id: int, since: datetime, until: datetime, limit: int = 500) -> list[Run]:
    """Runs that began in [since, until), the earliest first."""
    rows = fetch(
        f"{_OF} AND g.started_at >= ? AND g.started_at < ? ORDER BY g.started_at, g.id LIMIT ?",
        (account_id, CampaignKind.PUSH, to_ms(since), to_ms(until), limit),
    )
    return [_run(row) for row in rows]


def latest(account_id: int, before: int = FIRST, limit: int = 50) -> list[Run]:
    """The latest first, from behind the run of id `before` on."""
    rows = fetch(
        f"{_OF} AND g.id < ? ORDER BY g.id DESC LIMIT ?",
        (account_id, CampaignKind.PUSH, before, limit),
    )
    return [_run(row) for row in rows]


def ever_ran(account_id: int, limit: int = 10_000) -> list[tuple[str, str]]:
    """(slug, name) of campaigns that ever ran, trials apart; the latest made first."""
    rows = fetch(
        "SELECT slug, name FROM campaign WHERE account_id = ? AND generation > 0"
        " AND kind <> 'test' ORDER BY id DESC LIMIT ?",
        (account_id, limit),
    )
    return [(slug, name) for slug, name in rows]

"""What the console's page of one follower lists: tags, coupons and sends, a page at a time.

A page is found by the last row that was shown. One follower's rows are some hundreds at most, and
an index finds them; only what a page shows is read in full.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import from_ms, instant, to_ms
from bot.store.db import fetch
from bot.store.spots import Spot


class Tag(NamedTuple):
    """A tag that somebody has now; `until` None: for good."""

    tag: str
    source: str
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Code:
    """A coupon that was given to somebody; the code itself is not told."""

    id: int
    batch: str
    title: str
    state: str
    issued_at: datetime
    claimed_at: datetime | None
    redeemed_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A row of the ledger. `at`: when it was sent, else settled, else planned; `reasons`: the
    figures behind what was decided."""

    id: int
    campaign: str
    name: str
    step: str
    state: str
    skip: str
    variant: str
    channel: str
    errcode: int | None
    error: str
    reasons: Mapping[str, Any]
    at: datetime


def tags(follower_id: int, now: datetime) -> list[Tag]:
    """All that somebody has now, by name: profiles keep a limited number."""
    rows = fetch(
        "SELECT tag, source, since, until_at FROM follower_tag WHERE follower_id = ?"
        " AND (until_at IS NULL OR until_at > ?) ORDER BY tag",
        (follower_id, to_ms(now)),
    )
    return [Tag(row[0], row[1], instant(row[2]), instant(row[3])) for row in rows]


def coupons(follower_id: int, spot: Spot, limit: int) -> tuple[list[Code], Spot | None]:
    """The codes given to somebody, the newest first, and where to go on, if anywhere."""
    rows = fetch(
        "SELECT c.id, b.slug, b.title, c.state, c.issued_at, c.claimed_at, c.redeemed_at,"
        " c.expires_at FROM coupon_code c JOIN coupon_batch b ON b.id = c.batch_id"
        " WHERE c.follower_id = ? AND c.issued_at <= ? AND (c.issued_at < ? OR c.id < ?)"
        " ORDER BY c.issued_at DESC, c.id DESC LIMIT ?",
        (follower_id, spot.at, spot.at, spot.id, limit + 1),
    )
    shown = rows[:limit]
    more = Spot(shown[-1][4], shown[-1][0]) if len(rows) > limit else None
    return [Code(*row[:4], *map(instant, row[4:])) for row in shown], more


def sends(follower_id: int, spot: Spot, limit: int) -> tuple[list[Sent], Spot | None]:
    """What campaigns sent somebody, or why they did not: the newest first."""
    at = "COALESCE(s.sent_at, s.settled_at, s.planned_at)"
    rows = fetch(
        "SELECT s.id, g.slug, g.name, s.step, s.state, s.skip, s.variant, s.channel, s.errcode,"
        f" s.error, s.reasons, {at} FROM send s JOIN campaign g ON g.id = s.campaign_id"
        f" WHERE s.follower_id = ? AND {at} <= ? AND ({at} < ? OR s.id < ?)"
        f" ORDER BY {at} DESC, s.id DESC LIMIT ?",
        (follower_id, spot.at, spot.at, spot.id, limit + 1),
    )
    shown = rows[:limit]
    more = Spot(shown[-1][11], shown[-1][0]) if len(rows) > limit else None
    return [_sent(row) for row in shown], more


def _sent(row: tuple[Any, ...]) -> Sent:
    reasons = json.loads(row[10]) if row[10] else {}
    known = reasons if isinstance(reasons, dict) else {}
    return Sent(*(*row[:10], known, from_ms(row[11])))

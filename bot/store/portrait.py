"""What the marketer's page shows of one follower beside the profile: each part one statement."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import instant
from bot.store import audit
from bot.store.db import fetch

MOST_ROWS = 50


class Since(NamedTuple):
    """When somebody came, and left."""

    subscribed_at: datetime | None
    unsubscribed_at: datetime | None


class Membership(NamedTuple):
    segment_id: int
    slug: str
    name: str
    rule: Any
    since: datetime | None


class Coupon(NamedTuple):
    """A code that was given to him; the code itself is not told. `state`: see bot.store.coupons."""

    batch: str
    title: str
    state: str
    issued_at: datetime | None
    claimed_at: datetime | None
    redeemed_at: datetime | None
    expires_at: datetime | None


class Sent(NamedTuple):
    """A row of the ledger. `at`: when it was sent, else settled, else planned."""

    campaign: str
    name: str
    step: str
    state: str
    skip: str
    variant: str
    channel: str
    errcode: int | None
    at: datetime | None


def since(follower_id: int) -> Since:
    rows = fetch("SELECT subscribed_at, unsubscribed_at FROM follower WHERE id = ?", (follower_id,))
    return Since(instant(rows[0][0]), instant(rows[0][1])) if rows else Since(None, None)


def segments(follower_id: int) -> list[Membership]:
    """The segments that he is in, by name."""
    rows = fetch(
        "SELECT s.id, s.slug, s.name, s.rule, m.since FROM segment_member m"
        " JOIN segment s ON s.id = m.segment_id WHERE m.follower_id = ?"
        " ORDER BY s.name, s.id LIMIT ?",
        (follower_id, MOST_ROWS),
    )
    return [Membership(row[0], row[1], row[2], json.loads(row[3]), instant(row[4])) for row in rows]


def coupons(follower_id: int) -> list[Coupon]:
    """The last codes given to him, the newest first."""
    rows = fetch(
        "SELECT b.slug, b.title, c.state, c.issued_at, c.claimed_at, c.redeemed_at, c.expires_at"
        " FROM coupon_code c JOIN coupon_batch b ON b.id = c.batch_id WHERE c.follower_id = ?"
        " AND c.issued_at IS NOT NULL ORDER BY c.issued_at DESC, c.id DESC LIMIT ?",
        (follower_id, MOST_ROWS),
    )
    return [Coupon(*row[:3], *map(instant, row[3:])) for row in rows]


def sends(follower_id: int) -> list[Sent]:
    """What campaigns sent him, or why they did not: the newest first."""
    rows = fetch(
        "SELECT g.slug, g.name, s.step, s.state, s.skip, s.variant, s.channel, s.errcode,"
        " COALESCE(s.sent_at, s.settled_at, s.planned_at) FROM send s"
        " JOIN campaign g ON g.id = s.campaign_id WHERE s.follower_id = ?"
        " ORDER BY COALESCE(s.sent_at, s.settled_at, s.planned_at) DESC, s.id DESC LIMIT ?",
        (follower_id, MOST_ROWS),
    )
    return [Sent(*(*row[:8], instant(row[8]))) for row in rows]


def maker(number: int, follower_id: int, action: str) -> str:
    """Who did this about him by entry `number` of the audit log; "" where it tells otherwise."""
    rows = fetch(
        "SELECT actor FROM audit_entry WHERE number = ? AND subject = ? AND action = ?",
        (number, audit.pseudonym(follower_id), action),
    )
    return str(rows[0][0]) if rows else ""

"""Who is behind a figure of a run's report, by the ledger, a page at a time.

Found along the run's followers, LOOK rows at once and LOOKS times at most: a page of few, or of
none, may go on as well, and costs no more among a million.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import instant
from bot.store.db import fetch
from bot.values.audience import SendState

LOOK = 30_000
LOOKS = 5
FIRST = 1 << 62  # before every id
_BOUGHT = (
    "EXISTS (SELECT 1 FROM conversion v WHERE v.send_id = s.id"
    " AND v.at <= COALESCE(s.sent_at, s.claimed_at) + ?)"
)
_CLICKED = (
    "EXISTS (SELECT 1 FROM click c JOIN link l ON l.id = c.link_id WHERE c.send_id = s.id"
    " AND c.automatic = ? AND l.campaign_id = s.campaign_id)"
)
_OF_STATE = {
    "sent": SendState.SENT,
    "unknown": SendState.UNKNOWN,
    "held_out": SendState.HELD_OUT,
    "skipped": SendState.SKIPPED,
    "failed": SendState.FAILED,
}
KINDS = ("audience", "delivered", "clicks", "redemptions", "buyers", "open", *_OF_STATE)


@dataclass(frozen=True, slots=True)
class One:
    """Somebody of the run, with what became of his message."""

    follower_id: int
    state: str
    skip: str
    why: str  # errcode or error, where it failed
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Figure:
    """Which figure of a run. `why`: of those skipped or failed, for one reason only; `variant` "":
    of all; `window_ms`: within which a purchase is credited."""

    campaign_id: int
    generation: int
    kind: str
    why: str = ""
    variant: str = ""
    window_ms: int = 0


def page(of: Figure, before: int, limit: int) -> tuple[list[One], int]:
    """Those with a follower's id less than `before`, the latest first; and before which to go on,
    0 where there are no more."""
    found: list[One] = []
    for _ in range(LOOKS):
        last = _end_of_look(of, before)
        found += _look(of, before, last, limit + 1 - len(found))
        if len(found) > limit:
            return found[:limit], found[limit - 1].follower_id
        before = last
        if not before:
            return found, 0
    return found, before


def _look(of: Figure, before: int, last: int, limit: int) -> list[One]:
    """Those from `last` on, before `before`."""
    where, params = _wanted(of)
    rows = fetch(
        "SELECT s.follower_id, s.state, s.skip, s.errcode, s.error, s.sent_at FROM send s"
        " WHERE s.campaign_id = ? AND s.generation = ? AND s.step = 'offer'"
        f" AND s.follower_id < ? AND s.follower_id >= ?{where}"
        " ORDER BY s.follower_id DESC LIMIT ?",
        (of.campaign_id, of.generation, before, last, *params, limit),
    )
    return [
        One(who, state, skip, _why(code, error), instant(sent_at))
        for who, state, skip, code, error, sent_at in rows
    ]


def _end_of_look(of: Figure, before: int) -> int:
    """The last follower that a look from `before` sees; 0: it sees all that are left."""
    rows = fetch(
        "SELECT follower_id FROM send WHERE campaign_id = ? AND generation = ? AND step = 'offer'"
        f" AND follower_id < ? ORDER BY follower_id DESC LIMIT 1 OFFSET {LOOK - 1}",
        (of.campaign_id, of.generation, before),
    )
    return int(rows[0][0]) if rows else 0


def _wanted(of: Figure) -> tuple[str, Sequence[Any]]:
    parts, params = list[str](), list[Any]()
    if of.variant:
        parts.append("s.variant = ?")
        params.append(of.variant)
    if of.kind in _OF_STATE:
        parts.append("s.state = ?")
        params.append(_OF_STATE[of.kind])
    elif of.kind == "open":
        parts.append("s.state IN (?, ?)")
        params += [SendState.INTENDED, SendState.CLAIMED]
    elif of.kind == "delivered":
        parts.append("s.delivered_at IS NOT NULL")
    elif of.kind == "clicks":
        parts.append(_CLICKED)
        params.append(False)
    elif of.kind in ("redemptions", "buyers"):
        parts.append(_BOUGHT)
        params.append(of.window_ms)
    if of.why and of.kind == "skipped":
        parts.append("s.skip = ?")
        params.append(of.why)
    elif of.why and of.kind == "failed":
        code = of.why.removeprefix("-").isdecimal() and len(of.why) < 10
        parts.append("s.errcode = ?" if code else "s.errcode IS NULL AND s.error = ?")
        params.append(int(of.why) if code else of.why)
    return "".join(f" AND {part}" for part in parts), params


def _why(code: int | None, error: str) -> str:
    return error if code is None else str(code)

"""Follower sync: whoever follows on the platform is a follower here, since when and from where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from bot.store import followers
from bot.store.db import transaction
from bot.store.segments import mark_dirty

# The platform tells the details of at most 100 followers a call.
BATCH = 100


class Page(Protocol):
    """A page of the platform's list."""

    @property
    def openids(self) -> tuple[str, ...]: ...


Details = Callable[[Sequence[str]], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class SyncReport:
    seen: int
    added: int  # not subscribed here before


def sync_followers(
    account_id: int,
    pages: Iterable[Page],
    details: Details,
    now: datetime,
    progress: Callable[[int], object],
) -> SyncReport:
    """Upsert every listed openid as subscribed; `progress` gets how many were just done.

    Details are asked for only where somebody is new to us. Committed in batches of a hundred:
    repeating after a stop finds the first part done and costs no call for it.
    """
    seen = added = 0
    for page in pages:
        for start in range(0, len(page.openids), BATCH):
            batch = page.openids[start : start + BATCH]
            added += _take(account_id, _fresh(account_id, batch, now), details, now)
            seen += len(batch)
            progress(len(batch))
    return SyncReport(seen, added)


def _fresh(account_id: int, openids: Iterable[str], now: datetime) -> dict[str, int]:
    """Follower ids of those who are not subscribed here yet."""
    with transaction():
        states = {openid: followers.ensure(account_id, openid, now) for openid in openids}
    return {openid: state.id for openid, state in states.items() if not state.subscribed}


def _take(account_id: int, fresh: dict[str, int], details: Details, now: datetime) -> int:
    if not fresh:
        return 0
    known = {str(info.get("openid")): info for info in details(list(fresh))}
    with transaction():
        for openid, follower_id in fresh.items():
            info = known.get(openid, {})
            since = info.get("subscribe_time")
            at = datetime.fromtimestamp(since, UTC) if isinstance(since, int) else now
            followers.mark_subscribed(follower_id, at, str(info.get("qr_scene_str") or "")[:64])
        mark_dirty(list(fresh.values()))
    return len(fresh)

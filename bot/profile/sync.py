"""Follower sync: whoever follows on the platform is a follower here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.store import followers
from bot.store.db import transaction
from bot.store.segments import mark_dirty

_BATCH = 500


class Page(Protocol):
    """A page of the platform's list."""

    @property
    def openids(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class SyncReport:
    seen: int
    added: int  # not subscribed here before


def sync_followers(
    account_id: int, pages: Iterable[Page], now: datetime, progress: Callable[[int], object]
) -> SyncReport:
    """Upsert every listed openid as subscribed; `progress` gets how many were just done.

    Committed in small batches: repeating after a stop finds the first part done.
    """
    seen = added = 0
    for page in pages:
        for start in range(0, len(page.openids), _BATCH):
            batch = page.openids[start : start + _BATCH]
            added += _take(account_id, batch, now)
            seen += len(batch)
            progress(len(batch))
    return SyncReport(seen, added)


def _take(account_id: int, openids: Iterable[str], now: datetime) -> int:
    fresh: list[int] = []
    with transaction():
        for openid in openids:
            follower = followers.ensure(account_id, openid, now)
            if not follower.subscribed and followers.mark_subscribed(follower.id, now, ""):
                fresh.append(follower.id)
        mark_dirty(fresh)
    return len(fresh)

"""Refusals that outlive an erasure: the keyed openid hash of who had refused, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.clock import instant, to_ms
from bot.store.db import fetch, insert_new, run


def keep_refusal(follower_id: int, now: datetime) -> bool:
    """Remember that a follower refuses, before they are erased. False: they do not, or it is known.

    Only the day is kept: an exact instant would tell which tombstone was theirs.
    """
    rows = fetch(
        "SELECT account_id, openid_hash FROM follower WHERE id = ? AND erased_at IS NULL"
        " AND (opted_out_at IS NOT NULL OR marketing_consent = ?)",
        (follower_id, False),
    )
    if not rows:
        return False
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    columns = ("account_id", "openid_hash", "at")
    return insert_new("suppression", columns, (*rows[0], to_ms(day))) is not None


def refused_at(account_id: int, openid_hash: str) -> datetime | None:
    """Since when somebody who was erased refuses; None for everybody else."""
    rows = fetch(
        "SELECT at FROM suppression WHERE account_id = ? AND openid_hash = ?",
        (account_id, openid_hash),
    )
    return instant(rows[0][0]) if rows else None


def lift(follower_id: int) -> None:
    """The follower took the refusal back: consent stands again, and the mark goes."""
    run(
        "UPDATE follower SET marketing_consent = ? WHERE id = ? AND erased_at IS NULL",
        (True, follower_id),
    )
    run(
        "DELETE FROM suppression WHERE EXISTS (SELECT 1 FROM follower f WHERE f.id = ?"
        " AND f.account_id = suppression.account_id AND f.openid_hash = suppression.openid_hash)",
        (follower_id,),
    )

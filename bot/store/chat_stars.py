"""Chats that operators keep in sight: those of an account, found by when they were starred."""

from __future__ import annotations

from datetime import datetime

from bot.clock import to_ms
from bot.store.db import fetch, insert_new, run

MOST = 200  # of an account that are listed, the latest first


def star(account_id: int, follower_id: int, actor: str, now: datetime) -> bool:
    """False: it was starred already."""
    columns = ("follower_id", "account_id", "starred_by", "at")
    values = (follower_id, account_id, actor[:64], to_ms(now))
    return insert_new("chat_star", columns, values, key="follower_id") is not None


def unstar(follower_id: int) -> bool:
    """False: it was not starred."""
    return run("DELETE FROM chat_star WHERE follower_id = ?", (follower_id,)) == 1


def is_starred(follower_id: int) -> bool:
    return bool(fetch("SELECT 1 FROM chat_star WHERE follower_id = ?", (follower_id,)))


def starred(account_id: int) -> list[int]:
    """Follower ids, the latest starred first, at most MOST."""
    rows = fetch(
        "SELECT follower_id FROM chat_star WHERE account_id = ? ORDER BY at DESC LIMIT ?",
        (account_id, MOST),
    )
    return [int(row[0]) for row in rows]

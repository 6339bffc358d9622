"""Followers of an account drawn at random: for figures that need no exact count."""

from __future__ import annotations

from random import Random

from bot.store import followers
from bot.store.audience import ends
from bot.store.db import fetch
from bot.store.spans import qmarks, spans
from bot.values.audience import FollowerState


def drawn(account_id: int, most: int, rng: Random) -> list[FollowerState]:
    """Who follows among `most` numbers drawn between the least and the greatest of the account: all
    who follow where it has no more numbers than that. By number."""
    low, high = ends(account_id)
    every = range(low, high + 1) if low else range(0)
    numbers = sorted(every if len(every) <= most else rng.sample(every, most))
    return [
        followers.state_of(row)
        for span in spans(numbers)
        for row in fetch(
            f"SELECT {followers.COLUMNS} FROM follower WHERE id IN ({qmarks(span)})"
            " AND account_id = ? AND subscribed = ? AND erased_at IS NULL ORDER BY id",
            (*span, account_id, True),
        )
    ]

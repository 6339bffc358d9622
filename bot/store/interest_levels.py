"""Followers' interest in given topics, for many at once."""

from __future__ import annotations

from collections.abc import Sequence

from bot.store.db import fetch
from bot.store.spans import qmarks, spans


def levels(follower_ids: Sequence[int], topics: Sequence[str]) -> dict[int, dict[str, float]]:
    """topic -> level (bot.values.interest) of each; who switched personalisation off, and who has
    shown none of them, is left out."""
    found: dict[int, dict[str, float]] = {}
    if not topics:
        return found
    for ids in spans(follower_ids):
        rows = fetch(
            "SELECT i.follower_id, i.topic, i.level FROM follower_interest i"
            " JOIN follower f ON f.id = i.follower_id"
            f" WHERE i.follower_id IN ({qmarks(ids)}) AND i.topic IN ({qmarks(topics)})"
            " AND f.personalised = ?",
            (*ids, *topics, True),
        )
        for who, topic, level in rows:
            found.setdefault(who, {})[topic] = level
    return found

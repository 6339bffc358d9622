"""What the fold holds of followers, for many at once: when each of them acts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bot.store.db import fetch
from bot.store.spans import qmarks, spans


def states(follower_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Folded states by follower; without those who switched personalisation off, or have none."""
    found: dict[int, dict[str, Any]] = {}
    for ids in spans(follower_ids):
        rows = fetch(
            "SELECT p.follower_id, p.state FROM profile p JOIN follower f ON f.id = p.follower_id"
            f" WHERE p.follower_id IN ({qmarks(ids)}) AND f.personalised = ?",
            (*ids, True),
        )
        found.update((who, json.loads(text)) for who, text in rows)
    return found

"""Content that goes out now, many pieces at once: for who chooses among them."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from bot.store.db import fetch
from bot.store.spans import qmarks

_LIVE = (
    " FROM content c JOIN content_version v ON v.content_id = c.id AND v.number = c.published"
    " WHERE c.account_id = ? AND c.archived_at IS NULL"
)


def stamp(account_id: int) -> tuple[int, int, int]:
    """Another one whenever anything that goes out has changed."""
    rows = fetch(
        f"SELECT COUNT(*), COALESCE(MAX(v.id), 0), COALESCE(SUM(v.id), 0){_LIVE}", (account_id,)
    )
    return rows[0][0], int(rows[0][1]), int(rows[0][2])


def documents(account_id: int, kinds: Collection[str], most: int) -> list[dict[str, Any]]:
    """What goes out of these kinds, the last published first."""
    rows = fetch(
        f"SELECT v.document{_LIVE} AND c.kind IN ({qmarks(list(kinds))})"
        " ORDER BY c.published_at DESC, c.id DESC LIMIT ?",
        (account_id, *kinds, most),
    )
    return [json.loads(row[0]) for row in rows]

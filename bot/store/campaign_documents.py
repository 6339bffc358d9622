"""Campaigns' documents as they were written, by digest: what an approval was given to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.store.db import fetch, insert_new


def keep(campaign_id: int, digest: str, document: Mapping[str, Any], now: datetime) -> None:
    """Kept once; the same document again changes nothing."""
    insert_new(
        "campaign_document",
        ("campaign_id", "digest", "document", "kept_at"),
        (campaign_id, digest, json.dumps(document, ensure_ascii=False), to_ms(now)),
    )


def find(campaign_id: int, digest: str) -> dict[str, Any] | None:
    """None: it was written before documents were kept."""
    rows = fetch(
        "SELECT document FROM campaign_document WHERE campaign_id = ? AND digest = ?",
        (campaign_id, digest),
    )
    return json.loads(rows[0][0]) if rows else None

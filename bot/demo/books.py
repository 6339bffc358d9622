"""The product's own figures, read from its database: the demo's JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot import campaign
from bot.demo.story import CAMPAIGN
from bot.store import followers, profiles, repair, segments


def read(account_id: int, now: datetime) -> dict[str, Any]:
    """The contract's JSON without `latency_ms` and `agrees`, which take both sides."""
    report = campaign.report_of(account_id, CAMPAIGN, now).to_json()
    return {
        "followers": followers.count(account_id),
        "callbacks": repair.callback_counts(account_id),
        "replies": repair.replies_by_handler(account_id),
        "profiles": profiles.count(account_id),
        "segments": [
            {"slug": segment.slug, "size": segment.size}
            for segment in segments.of_account(account_id)
        ],
        "campaign": report,
    }

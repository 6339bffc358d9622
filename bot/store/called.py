"""What an account calls what documents name by slug: for sentences, asked in one query."""

from __future__ import annotations

from bot.store.db import fetch

# Standing campaigns of journeys are nobody's own, and have no name that anybody gave.
_ALL = """
SELECT 'segment', slug, name FROM segment WHERE account_id = ?
UNION ALL SELECT 'coupon', slug, title FROM coupon_batch WHERE account_id = ?
UNION ALL SELECT 'content', slug, title FROM content WHERE account_id = ?
UNION ALL SELECT 'journey', slug, name FROM journey WHERE account_id = ?
UNION ALL SELECT 'campaign', slug, name FROM campaign WHERE account_id = ? AND kind = 'push'
"""


def names(account_id: int) -> dict[str, str]:
    """segment:SLUG, coupon:SLUG, content:SLUG, journey:SLUG and campaign:SLUG -> name."""
    found = fetch(_ALL, [account_id] * 5)
    return {f"{kind}:{slug}": str(name) for kind, slug, name in found if name}

"""Why a model says what it says of one follower: each column, had it been as is usual.

For every column the follower's value is replaced by the median of the rows that taught, and the
model is asked again: the difference is what the value does to the score. It holds for any model, in
its own terms; columns that stand for each other share what they do.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from bot.errors import Conflict, NotFound
from bot.insight.table import Table
from bot.learning import serving
from bot.learning.features import LEDGER_DAYS
from bot.learning.serving import OURS
from bot.profile.vector import COLUMNS
from bot.store import followers, predictions

MOST = 6
LEAST = 0.002  # what does less is no reason
_MEANS = {column.name: f"{column.doc} ({column.unit})" for column in COLUMNS} | {
    "sent_month_log": f"messages received in {LEDGER_DAYS} days (log count)",
    "rest_days": f"since the last message, {LEDGER_DAYS} at most (days)",
    "offer_interest": "score of the offer's topic (0..1)",
    "offer_value_log": "what the coupon is worth (log yuan)",
    "offer_threshold_log": "from what amount the coupon counts (log yuan)",
}


def why(
    account_id: int, slug: str, follower_id: int, now: datetime, lang: str = "zh"
) -> dict[str, Any]:
    """The score of one follower now and as it is kept, and what raises and lowers it most.

    Raises NotFound: no such follower of the account, or no model in use; Conflict: the model's
    columns are not the product's any more, or it is of a kind that reads none.
    """
    of = serving.needed(account_id, slug)
    if "median" not in of.learnt.card[OURS]:
        raise Conflict(
            f"{slug} is not made of columns each of which does something to a score; what it says "
            "of a follower: hongyan followers show"
        )
    if followers.get(follower_id).account_id != account_id:
        raise NotFound(f"there is no follower {follower_id}")
    found = serving.standing([follower_id], now)
    table = serving.table_of(found, of.usual if of.purpose.with_offer else None)
    score, effects = _effects(of, table)
    kept = {one.slug: one for one in predictions.about(follower_id)}.get(slug)
    return {
        "follower": follower_id,
        "slug": slug,
        "means": predictions.means(slug, lang),
        "model": {"id": of.kept.id, "version": of.kept.version},
        "score": round(score, predictions.DIGITS),
        "kept": None if kept is None else kept.score,
        "computed_at": None if kept is None else kept.computed_at.isoformat(),
        "reasons": effects[:MOST],
    }


def _effects(of: serving.Serving, table: Table) -> tuple[float, list[dict[str, Any]]]:
    """The score, and each column's part in it, the greatest first."""
    names, usual = table.names, of.learnt.card[OURS]["median"]
    row = np.array([table.numbers(name)[0] for name in names])
    rows = np.tile(row, (len(names) + 1, 1))
    for place, name in enumerate(names, 1):
        rows[place, place - 1] = usual[name]
    many = Table({name: rows[:, place].copy() for place, name in enumerate(names)}, len(rows))
    said = serving.chances(of.learnt, many)
    effects = [
        {
            "feature": name,
            "means": _MEANS[name],
            "value": None if np.isnan(value) else round(float(value), 3),
            "usual": round(usual[name], 3),
            "effect": round(float(said[0] - other), 3),
        }
        for name, value, other in zip(names, row, said[1:], strict=True)
        if abs(said[0] - other) >= LEAST
    ]
    return float(said[0]), sorted(effects, key=lambda one: -abs(one["effect"]))

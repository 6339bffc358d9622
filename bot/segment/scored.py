"""New scores of followers, and whoever's verdicts turn by them is looked at again.

Every score moves a little every night; a segment moves only where a score passes a bound of a
rule. So only those followers become dirty, in the transaction that writes their scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.errors import InvalidInput
from bot.segment.predicted import Predicted, within
from bot.segment.rules import leaves, parse
from bot.store import predictions, segments
from bot.store.db import again, transaction
from bot.store.predictions import Written


@again
def put(
    account_id: int, slug: str, version: int, scores: Mapping[int, float], now: datetime
) -> int:
    """Keep the scores that a model gave; how many are not what they were."""
    with transaction():
        written = predictions.put(account_id, slug, version, scores, now)
        _mark(account_id, slug, written)
    return len(written)


@again
def drop(account_id: int, slug: str, follower_ids: Sequence[int]) -> int:
    """Delete scores that nobody renews any more; how many."""
    with transaction():
        written = predictions.drop(account_id, slug, follower_ids)
        _mark(account_id, slug, written)
    return len(written)


def _mark(account_id: int, slug: str, written: Sequence[Written]) -> None:
    asked = _asked(account_id, slug) if written else []
    turned = [
        one.follower_id
        for one in written
        if any(within(leaf, one.before) is not within(leaf, one.after) for leaf in asked)
    ]
    if turned:
        segments.mark_dirty(turned)


def _asked(account_id: int, slug: str) -> list[Predicted]:
    """The conditions of the account's segments on this model."""
    found: dict[Predicted, None] = {}
    for state in segments.of_account(account_id):
        try:
            rule = parse(state.rule)
        except InvalidInput:
            continue  # the refresh says so, and builds it anew when it parses again
        for leaf in leaves(rule):
            if isinstance(leaf, Predicted) and leaf.model == slug:
                found[leaf] = None
    return list(found)

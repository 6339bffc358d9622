"""Whether there is little of something, asked before a page counts it: as many rows are passed as
little is, along an index, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.store.db import fetch
from bot.store.effect_funnel import began
from bot.store.spans import qmarks


def few_followers(account_id: int, most: int) -> bool:
    return _few("follower WHERE account_id = ?", (account_id,), most)


def few_examples(account_id: int, stage: str, most: int) -> bool:
    return _few("example WHERE account_id = ? AND stage = ?", (account_id, stage), most)


def few_codes(account_id: int, most: int) -> bool:
    return _few(
        "coupon_batch b JOIN coupon_code c ON c.batch_id = b.id WHERE b.account_id = ?",
        (account_id,),
        most,
    )


def few_events(kinds: Sequence[str], since: datetime, until: datetime, most: int) -> bool:
    """Of these kinds in [since, until), of whatever account: the index does not tell them apart."""
    return _few(
        f"event WHERE kind IN ({qmarks(kinds)}) AND at >= ? AND at < ?",
        (*kinds, to_ms(since), to_ms(until)),
        most,
    )


def few_in_journey(journey_id: int, most: int) -> bool:
    return _few("journey_run WHERE journey_id = ?", (journey_id,), most)


def few_of_campaign(campaign_id: int, most: int) -> bool:
    """Rows of its ledger, and what anybody did since it began that may be an answer to it."""
    if not _few("send WHERE campaign_id = ?", (campaign_id,), most):
        return False
    first = (began(campaign_id),)
    return (
        _few("event WHERE kind = 'order' AND at >= ?", first, most)
        and _few("coupon_code WHERE claimed_at >= ?", first, most)
        and _few("coupon_code WHERE redeemed_at >= ?", first, most)
        and _few("link l JOIN click k ON k.link_id = l.id WHERE l.campaign_id = ?",
                 (campaign_id,), most)
    )  # fmt: skip


def _few(of: str, params: tuple[Any, ...], most: int) -> bool:
    return not fetch(f"SELECT 1 FROM {of} LIMIT 1 OFFSET ?", (*params, most))

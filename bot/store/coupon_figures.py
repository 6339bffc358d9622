"""Figures of coupons: stock, how fast it goes, what redemptions cost; a statement each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.clock import to_ms
from bot.store.coupon_batches import batches
from bot.store.db import fetch
from bot.store.spans import qmarks, spans
from bot.values.coupons import CodeState, Kind


@dataclass(frozen=True, slots=True)
class Used:
    """Redemptions of a batch that stand: how many, what they took off, what they cost the house."""

    times: int = 0
    discount_fen: int = 0
    cost_fen: int = 0


def stocks(account_id: int) -> dict[int, dict[str, int]]:
    """batch id -> codes by state, all six, for every batch of the account."""
    return stocks_of([batch.id for batch in batches(account_id)])


def stocks_of(batch_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """The same of these batches: along the index of their states alone."""
    found = {id_: {state.value: 0 for state in CodeState} for id_ in batch_ids}
    for part in spans(batch_ids):
        rows = fetch(
            "SELECT batch_id, state, COUNT(*) FROM coupon_code"
            f" WHERE batch_id IN ({qmarks(part)}) GROUP BY batch_id, state",
            part,
        )
        for batch_id, state, count in rows:
            found[batch_id][state] = int(count)
    return found


def given_since(account_id: int, since: datetime) -> dict[int, int]:
    """batch id -> codes issued since then, whatever became of them."""
    rows = fetch(
        "SELECT c.batch_id, COUNT(*) FROM coupon_code c JOIN coupon_batch b ON b.id = c.batch_id"
        " WHERE c.issued_at >= ? AND b.account_id = ? GROUP BY c.batch_id",
        (to_ms(since), account_id),
    )
    return {batch_id: int(count) for batch_id, count in rows}


def used(account_id: int, since: datetime, until: datetime) -> dict[int, Used]:
    """batch id -> its redemptions from `since` to before `until`; batches without are left out.

    The cost is what the batch says one costs, else what was taken off; a thing costs its price.
    """
    rows = fetch(
        "SELECT b.id, COUNT(*), SUM(u.discount_fen), SUM(CASE WHEN b.cost_fen IS NOT NULL"
        f" THEN b.cost_fen WHEN b.kind = '{Kind.EXCHANGE}' THEN b.face_value_fen"
        " ELSE u.discount_fen END)"
        " FROM coupon_use u JOIN coupon_code c ON c.id = u.code_id"
        " JOIN coupon_batch b ON b.id = c.batch_id"
        " WHERE u.account_id = ? AND u.at >= ? AND u.at < ? AND u.undone_at IS NULL GROUP BY b.id",
        (account_id, to_ms(since), to_ms(until)),
    )
    return {batch_id: Used(int(n), int(off), int(cost)) for batch_id, n, off, cost in rows}

"""Coupon batches: what a coupon is worth, until when, and the stock of codes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from peewee import fn

from bot.clock import instant
from bot.errors import Conflict, NotFound
from bot.store.db import fetch, is_mysql, run, transaction
from bot.store.fields import Holder
from bot.store.models import CouponBatch, CouponCode
from bot.store.queries import rows
from bot.values.coupons import CodeState, canonical

CHUNK = 500
_COLUMNS = (
    "id, account_id, slug, title, face_value_fen, threshold_fen, per_person, valid_from,"
    " valid_until, valid_seconds, topics"
)
CODE_PLACE = "coupon_code.code"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class BatchState:
    """A coupon batch. `valid_seconds` runs from issue; the earlier of both ends counts."""

    id: int
    account_id: int
    slug: str
    title: str
    face_value_fen: int
    threshold_fen: int
    per_person: int
    valid_from: datetime | None
    valid_until: datetime | None
    valid_seconds: int | None
    topics: tuple[str, ...]


def create_batch(
    account_id: int,
    slug: str,
    title: str,
    *,
    face_value_fen: int,
    threshold_fen: int = 0,
    per_person: int = 1,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    valid_seconds: int | None = None,
    topics: Iterable[str] = (),
    now: datetime,
) -> int:
    """The new batch's id. Raises Conflict when the account has a batch of this slug."""
    new = CouponBatch.insert(
        account=account_id,
        slug=slug,
        title=title,
        face_value_fen=face_value_fen,
        threshold_fen=threshold_fen,
        per_person=per_person,
        valid_from=valid_from,
        valid_until=valid_until,
        valid_seconds=valid_seconds,
        topics=list(topics),
        created_at=now,
    )
    if new.on_conflict_ignore().as_rowcount().execute() != 1:
        raise Conflict(f"there is a coupon batch {slug!r} already")
    return batch_by_slug(account_id, slug).id


def batch(batch_id: int) -> BatchState:
    """Raises NotFound."""
    row = CouponBatch.get_or_none(CouponBatch.id == batch_id)
    if row is None:
        raise NotFound(f"there is no coupon batch {batch_id}")
    return _state(row)


def batch_by_slug(account_id: int, slug: str) -> BatchState:
    """Raises NotFound. Asked for by every message that wants a coupon: hand-written."""
    found = fetch(
        f"SELECT {_COLUMNS} FROM coupon_batch WHERE account_id = ? AND slug = ?",
        (account_id, slug),
    )
    if not found:
        raise NotFound(f"there is no coupon batch {slug!r}")
    row = found[0]
    return BatchState(
        id=row[0],
        account_id=row[1],
        slug=row[2],
        title=row[3],
        face_value_fen=row[4],
        threshold_fen=row[5],
        per_person=row[6],
        valid_from=instant(row[7]),
        valid_until=instant(row[8]),
        valid_seconds=row[9],
        topics=tuple(json.loads(row[10])),
    )


def batches(account_id: int) -> list[BatchState]:
    """All batches of the account, the oldest first."""
    query = CouponBatch.select().where(CouponBatch.account == account_id)
    return [_state(row) for row in query.order_by(CouponBatch.id)]


def _state(row: Any) -> BatchState:
    return BatchState(
        row.id,
        row.account_id,
        row.slug,
        row.title,
        row.face_value_fen,
        row.threshold_fen,
        row.per_person,
        row.valid_from,
        row.valid_until,
        row.valid_seconds,
        tuple(row.topics),
    )


def add_codes(batch_id: int, codes: Iterable[str]) -> int:
    """Put codes on stock, streamed in chunks; how many were new.

    A code that any batch has already, in whatever writing (`canonical`), is passed over.
    """
    return sum(_insert(batch_id, chunk) for chunk in chunks(codes))


def _insert(batch_id: int, codes: Sequence[str]) -> int:
    vault = Holder.vault
    values: list[Any] = []
    for code in codes:
        values += (
            batch_id,
            vault.blind(canonical(code), CODE_PLACE),
            vault.seal(code.strip().encode(), CODE_PLACE),
            CodeState.AVAILABLE,
        )
    verb, end = ("INSERT IGNORE", "") if is_mysql() else ("INSERT", " ON CONFLICT DO NOTHING")
    marks = ",".join(["(?,?,?,?)"] * len(codes))
    columns = "batch_id,code_hash,code,state"
    with transaction():
        return run(f"{verb} INTO coupon_code ({columns}) VALUES {marks}{end}", values)


def stock(batch_id: int) -> dict[str, int]:
    """How many codes of the batch are in each state; all six states, in the order of a life."""
    count = fn.COUNT(CouponCode.id)
    query = CouponCode.select(CouponCode.state, count).where(CouponCode.batch == batch_id)
    found: dict[str, int] = dict(rows(query.group_by(CouponCode.state)))
    return {str(state): found.get(str(state), 0) for state in CodeState}


def chunks(items: Iterable[_T]) -> Iterator[list[_T]]:
    """The items in lists of at most CHUNK, taken as they are needed."""
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk

"""Coupon batches: what a coupon is worth, until when, and the stock of codes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from peewee import fn

from bot.clock import instant
from bot.errors import Conflict, NotFound
from bot.store.db import fetch, is_mysql, locking, run, transaction
from bot.store.fields import Holder
from bot.store.models import CouponBatch, CouponCode
from bot.store.queries import rows
from bot.store.spans import qmarks
from bot.values.coupons import CodeState, Kind, Terms, canonical

CHUNK = 500
_COLUMNS = (
    "id, account_id, slug, title, face_value_fen, threshold_fen, per_person, valid_from,"
    " valid_until, valid_seconds, topics, start_seconds, total_limit, budget_fen, low_permille,"
    " low_count, withdrawn_at"
)
TERMS = (  # of a batch, in the order that `terms_of` reads them
    "slug", "kind", "face_value_fen", "threshold_fen", "discount_permille", "max_discount_fen",
    "exchange", "stack_group", "stacks_with", "shops", "weekdays", "hours", "cost_fen",
)  # fmt: skip
CODE_PLACE = "coupon_code.code"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class BatchState:
    """A coupon batch. A code of it can be used from `start_seconds` after its issue, and from then
    on for `valid_seconds`; the earlier of both ends counts.

    total_limit    codes that may come on stock; budget_fen: what all redemptions may cost
    low_permille, low_count   the stock is low below this share of all codes, or this number
    withdrawn_at   every code is void since then
    """

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
    start_seconds: int = 0
    total_limit: int | None = None
    budget_fen: int | None = None
    low_permille: int = 100
    low_count: int = 0
    withdrawn_at: datetime | None = None
    terms: Terms = field(default_factory=Terms)


def create_batch(
    account_id: int,
    slug: str,
    title: str,
    *,
    face_value_fen: int = 0,
    threshold_fen: int = 0,
    terms: Terms | None = None,
    now: datetime,
    **more: Any,
) -> int:
    """The new batch's id. Raises Conflict when the account has a batch of this slug.

    terms   not given: an amount off, from a threshold on where there is one, beside any other
    more    further columns of the batch
    """
    if terms is None:
        kind = Kind.CUT if threshold_fen else Kind.CASH
        terms = Terms(
            kind=kind,
            face_value_fen=face_value_fen,
            threshold_fen=threshold_fen,
            stacks_with=("*",),
        )
    columns = {name: getattr(terms, name) for name in TERMS if name != "slug"}
    columns |= {name: list(columns[name]) for name in ("stacks_with", "shops", "weekdays")}
    if "topics" in more:
        more["topics"] = list(more["topics"])
    new = CouponBatch.insert(
        account=account_id, slug=slug, title=title, created_at=now, **columns, **more
    )
    if new.on_conflict_ignore().as_rowcount().execute() != 1:
        raise Conflict(f"there is a coupon batch {slug!r} already")
    return batch_by_slug(account_id, slug).id


def batch(batch_id: int) -> BatchState:
    """Raises NotFound."""
    found = _batches("id = ?", batch_id)
    if not found:
        raise NotFound(f"there is no coupon batch {batch_id}")
    return found[0]


def batch_by_slug(account_id: int, slug: str) -> BatchState:
    """Raises NotFound. Asked for by every message that wants a coupon: hand-written."""
    found = _batches("account_id = ? AND slug = ?", account_id, slug)
    if not found:
        raise NotFound(f"there is no coupon batch {slug!r}")
    return found[0]


def batches(account_id: int) -> list[BatchState]:
    """All batches of the account, the oldest first."""
    return _batches("account_id = ? ORDER BY id", account_id)


def _batches(where: str, *params: Any) -> list[BatchState]:
    found = fetch(f"SELECT {_COLUMNS}, {','.join(TERMS)} FROM coupon_batch WHERE {where}", params)
    return [_state(row) for row in found]


def _state(row: Sequence[Any]) -> BatchState:
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
        start_seconds=row[11],
        total_limit=row[12],
        budget_fen=row[13],
        low_permille=row[14],
        low_count=row[15],
        withdrawn_at=instant(row[16]),
        terms=terms_of(row[17:]),
    )


def terms_of(row: Sequence[Any]) -> Terms:
    """From the columns TERMS, as the database has them."""
    values = dict(zip(TERMS, row, strict=True))
    for name in ("stacks_with", "shops", "weekdays"):
        values[name] = tuple(json.loads(values[name]))
    return Terms(**values)


# --- stock -------------------------------------------------------------------------------------


def set_low(batch_id: int, permille: int, count: int) -> bool:
    """Below which share of all codes, and which number, the stock is low. False: no such batch."""
    sql = "UPDATE coupon_batch SET low_permille = ?, low_count = ? WHERE id = ?"
    return run(sql, (permille, count, batch_id)) == 1


def add_codes(batch_id: int, codes: Iterable[str]) -> int:
    """Put codes on stock, streamed in chunks; how many were new.

    A code that any batch has already, in whatever writing (`canonical`), is passed over.

    Raises Conflict where the batch's limit or budget has no room for a code; those before it stay.
    """
    return sum(_insert(batch_id, chunk) for chunk in chunks(codes))


def _insert(batch_id: int, codes: Sequence[str]) -> int:
    vault = Holder.vault
    hashes = [vault.blind(canonical(code), CODE_PLACE) for code in codes]
    verb, end = ("INSERT IGNORE", "") if is_mysql() else ("INSERT", " ON CONFLICT DO NOTHING")
    columns = "batch_id,code_hash,code,state"
    with transaction():
        fits = _fitting(hashes, room(batch_id, hold=True))
        values: list[Any] = []
        for hashed, code in zip(hashes[:fits], codes, strict=False):
            sealed = vault.seal(code.strip().encode(), CODE_PLACE)
            values += (batch_id, hashed, sealed, CodeState.AVAILABLE)
        marks = ",".join(["(?,?,?,?)"] * fits)
        sql = f"{verb} INTO coupon_code ({columns}) VALUES {marks}{end}"
        added = run(sql, values) if fits else 0
    if fits < len(codes):
        raise Conflict(f"the batch is full: no room for more codes after {added} of these")
    return added


def _fitting(hashes: Sequence[str], left: int | None) -> int:
    """How many of them, from the first on, there is room for; those on stock already need none."""
    if left is None or left >= len(hashes):
        return len(hashes)
    sql = f"SELECT code_hash FROM coupon_code WHERE code_hash IN ({qmarks(hashes)})"
    known = {row[0] for row in fetch(sql, hashes)}
    for place, hashed in enumerate(hashes):
        if hashed not in known:
            if left <= 0:
                return place
            left -= 1
            known.add(hashed)
    return len(hashes)


def room(batch_id: int, hold: bool = False) -> int | None:
    """How many more codes the batch's limit and budget allow; None: they set none.

    hold   inside a transaction: nobody else fills the room before it ends
    """
    sql = "SELECT total_limit, budget_fen, kind, face_value_fen, max_discount_fen, cost_fen"
    found = fetch(f"{sql} FROM coupon_batch WHERE id = ?{locking() if hold else ''}", (batch_id,))
    if not found:
        raise NotFound(f"there is no coupon batch {batch_id}")
    limit, budget, kind, face, most, own_cost = found[0]
    if limit is None and budget is None:
        return None
    states = stock(batch_id)
    rooms = []
    if limit is not None:
        rooms.append(limit - sum(states.values()) + states[CodeState.VOID])
    terms = Terms(kind=kind, face_value_fen=face, max_discount_fen=most, cost_fen=own_cost)
    if budget is not None and terms.cost:
        spent = (CodeState.AVAILABLE, CodeState.RESERVED, CodeState.ISSUED, CodeState.REDEEMED)
        rooms.append(budget // terms.cost - sum(states[state] for state in spent))
    return max(0, min(rooms)) if rooms else None


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

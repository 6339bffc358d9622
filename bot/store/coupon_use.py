"""A code in a follower's hands: looked up, opened, reminded of, expired.

A code is found by its keyed hash, as a till types it; its text stands sealed. What a till does with
it stands in `coupon_redeem`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.clock import instant, to_ms
from bot.errors import NotFound
from bot.store.coupon_batches import CHUNK, CODE_PLACE, TERMS, chunks, terms_of
from bot.store.db import fetch
from bot.store.fields import Holder
from bot.store.models import CouponBatch, CouponCode
from bot.store.queries import rows
from bot.store.spans import qmarks
from bot.values.coupons import CodeState, Terms, canonical


@dataclass(frozen=True, slots=True)
class Coupon:
    """A code with its batch's terms, without the code itself: see `code_text`.

    valid_from   when it can be used: the later of the batch's day and so long after its issue
    held_at      held back by the radar since then; withdrawn_at: the whole batch is void
    """

    code_id: int
    account_id: int
    batch_id: int
    batch: str  # its slug
    title: str
    face_value_fen: int
    threshold_fen: int
    topics: tuple[str, ...]
    state: str
    follower_id: int | None
    purpose: str | None
    valid_from: datetime | None
    expires_at: datetime | None
    claimed_at: datetime | None
    redeemed_at: datetime | None
    order_number: str | None
    amount_fen: int | None
    terms: Terms
    issued_at: datetime | None = None
    held_at: datetime | None = None
    held_why: str | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UsableCoupon:
    """A coupon that its follower can use, or can use from `valid_from` on."""

    code_id: int
    code: str = field(repr=False)
    title: str
    face_value_fen: int
    threshold_fen: int
    expires_at: datetime | None
    valid_from: datetime | None = None
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True)
class ExpiringCode:
    """A coupon that its follower opened and has not used, and that ends soon."""

    code_id: int
    follower_id: int
    batch_id: int
    title: str
    face_value_fen: int
    threshold_fen: int
    expires_at: datetime


# --- looking up --------------------------------------------------------------------------------


def coupon(code_id: int) -> Coupon:
    """Raises NotFound."""
    found = _coupons("c.id = ?", code_id)
    if not found:
        raise NotFound(f"there is no coupon code {code_id}")
    return found[0]


def find(code: str, account_id: int) -> Coupon | None:
    """The coupon of a code as typed; None where this account has none such."""
    hashed = Holder.vault.blind(canonical(code), CODE_PLACE)
    found = _coupons("c.code_hash = ? AND b.account_id = ?", hashed, account_id)
    return found[0] if found else None


def coupons_for(purposes: Sequence[str]) -> list[Coupon]:
    """The coupons of these purposes, those that hold one."""
    return _coupons(f"c.purpose IN ({qmarks(purposes)})", *purposes) if purposes else []


_COUPON = (  # what `_coupon` reads, and TERMS behind it; hand-written: every settled send wants it
    "c.id, b.account_id, b.id, b.slug, b.title, b.topics, c.state, c.follower_id, c.purpose,"
    " b.valid_from, b.start_seconds, c.issued_at, c.expires_at, c.claimed_at, c.redeemed_at,"
    " c.order_number, c.amount_fen, c.held_at, c.held_why, b.withdrawn_at, "
) + ",".join(f"b.{name}" for name in TERMS)


def _coupons(where: str, *params: Any) -> list[Coupon]:
    tables = "coupon_code c JOIN coupon_batch b ON b.id = c.batch_id"
    return [_coupon(row) for row in fetch(f"SELECT {_COUPON} FROM {tables} WHERE {where}", params)]


def _coupon(row: Sequence[Any]) -> Coupon:
    terms, issued_at = terms_of(row[20:]), instant(row[11])
    return Coupon(
        code_id=row[0],
        account_id=row[1],
        batch_id=row[2],
        batch=row[3],
        title=row[4],
        face_value_fen=terms.face_value_fen,
        threshold_fen=terms.threshold_fen,
        topics=tuple(json.loads(row[5])),
        state=row[6],
        follower_id=row[7],
        purpose=row[8],
        valid_from=usable_from(instant(row[9]), issued_at, row[10]),
        expires_at=instant(row[12]),
        claimed_at=instant(row[13]),
        redeemed_at=instant(row[14]),
        order_number=row[15],
        amount_fen=row[16],
        terms=terms,
        issued_at=issued_at,
        held_at=instant(row[17]),
        held_why=row[18],
        withdrawn_at=instant(row[19]),
    )


def usable_from(
    opens: datetime | None, issued_at: datetime | None, start_seconds: int
) -> datetime | None:
    """The later of the batch's day and so long after the issue; None: at once."""
    if issued_at is None or not start_seconds:
        return opens
    starts = issued_at + timedelta(seconds=start_seconds)
    return starts if opens is None else max(opens, starts)


def code_text(code_id: int) -> str:
    """The code itself, for its follower's eyes. Raises NotFound."""
    found = fetch("SELECT code FROM coupon_code WHERE id = ?", (code_id,))
    if not found:
        raise NotFound(f"there is no coupon code {code_id}")
    return Holder.vault.open(bytes(found[0][0]), CODE_PLACE).decode()


def usable_by(follower_id: int, now: datetime) -> list[UsableCoupon]:
    """The follower's issued coupons that have not ended, the next to end first.

    Asked for by every message that wants a coupon: hand-written.
    """
    found = fetch(
        "SELECT code.id, code.code, batch.title, code.expires_at, code.issued_at, batch.valid_from,"
        f" batch.start_seconds, {','.join(f'batch.{name}' for name in TERMS)}"
        " FROM coupon_code AS code JOIN coupon_batch AS batch ON batch.id = code.batch_id"
        " WHERE code.follower_id = ? AND code.state = 'issued' AND batch.withdrawn_at IS NULL"
        " AND (code.expires_at IS NULL OR code.expires_at > ?)"
        " ORDER BY code.expires_at IS NULL, code.expires_at, code.id",
        (follower_id, to_ms(now)),
    )
    return [_usable(row) for row in found]


def _usable(row: Sequence[Any]) -> UsableCoupon:
    terms = terms_of(row[7:])
    return UsableCoupon(
        code_id=row[0],
        code=Holder.vault.open(bytes(row[1]), CODE_PLACE).decode(),
        title=row[2],
        face_value_fen=terms.face_value_fen,
        threshold_fen=terms.threshold_fen,
        expires_at=instant(row[3]),
        valid_from=usable_from(instant(row[5]), instant(row[4]), row[6]),
        terms=terms,
    )


def _not_over(now: datetime) -> Any:
    return CouponCode.expires_at.is_null() | (CouponCode.expires_at > now)


# --- opening -----------------------------------------------------------------------------------


def claim(code_id: int, now: datetime, address: str = "") -> bool:
    """The follower opened it by an own act. False: opened before, or not a coupon to be used.

    address   the keyed hash of where from, "" unknown
    """
    changed: int = (
        CouponCode.update(claimed_at=now, claimed_from=address or None)
        .where(
            (CouponCode.id == code_id)
            & (CouponCode.state == CodeState.ISSUED)
            & CouponCode.claimed_at.is_null()
            & _not_over(now)
        )
        .execute()
    )
    return changed == 1


# --- time passing ------------------------------------------------------------------------------


def expire_due(now: datetime) -> int:
    """Issued codes past their end expire; how many did."""
    due = CouponCode.select(CouponCode.id).where(
        (CouponCode.state == CodeState.ISSUED) & (CouponCode.expires_at <= now)
    )
    expired = 0
    while ids := [code_id for (code_id,) in rows(due.limit(CHUNK))]:
        expired += (
            CouponCode.update(state=CodeState.EXPIRED)
            .where(CouponCode.id.in_(ids) & (CouponCode.state == CodeState.ISSUED))
            .execute()
        )
    return expired


def expiring(
    account_id: int, before: datetime, now: datetime, limit: int, *, without_send: bool = False
) -> list[ExpiringCode]:
    """Coupons opened and unused that end before `before`, of whom nobody was reminded yet.

    Only these: a notice is a service that the follower's own act asked for.

    without_send   those alone that no send brought: a campaign reminds of its own
    """
    code, of = CouponCode, CouponBatch
    ours = (code.purpose.is_null() | ~code.purpose.startswith("send:")) if without_send else True
    query: Any = (
        code.select(
            code.id,
            code.follower,
            of.id,
            of.title,
            of.face_value_fen,
            of.threshold_fen,
            code.expires_at,
        )
        .join(of)
        .where(
            (of.account == account_id)
            & of.withdrawn_at.is_null()
            & (code.state == CodeState.ISSUED)
            & (code.expires_at > now)
            & (code.expires_at < before)
            & code.claimed_at.is_null(False)
            & code.reminded_at.is_null()
            & code.follower.is_null(False)
            & ours
        )
        .order_by(code.expires_at, code.id)
        .limit(limit)
    )
    return [ExpiringCode(*row) for row in rows(query)]


def mark_reminded(code_ids: Sequence[int], now: datetime) -> int:
    """Nobody is reminded of these again; how many it changed."""
    return sum(
        CouponCode.update(reminded_at=now)
        .where(CouponCode.id.in_(chunk) & CouponCode.reminded_at.is_null())
        .execute()
        for chunk in chunks(code_ids)
    )

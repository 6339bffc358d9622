"""What becomes of a code in a follower's hands: opened, redeemed, reminded of, expired.

A code is found by its keyed hash, as a till types it; its text stands sealed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.clock import instant, to_ms
from bot.errors import NotFound
from bot.store.coupon_batches import CHUNK, CODE_PLACE, chunks
from bot.store.db import fetch
from bot.store.fields import Holder
from bot.store.models import CouponBatch, CouponCode
from bot.store.queries import rows
from bot.values.coupons import CodeState, RedeemOutcome, canonical


@dataclass(frozen=True, slots=True)
class Coupon:
    """A code with its batch's terms, without the code itself: see `code_text`."""

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


@dataclass(frozen=True, slots=True)
class Redemption:
    """The answer to a till: equal for every repetition of the same code with the same order.

    first    this call did it; no part of the answer
    coupon   None where the code is unknown; otherwise as the call left it
    """

    outcome: RedeemOutcome
    coupon: Coupon | None = None
    first: bool = field(default=False, compare=False)

    @property
    def ok(self) -> bool:
        return self.outcome is RedeemOutcome.REDEEMED

    def to_json(self) -> dict[str, Any]:
        """For tills and scripts; the coupon's terms where the code is known."""
        of = self.coupon
        if of is None:
            return {"outcome": self.outcome.value}
        return {
            "outcome": self.outcome.value,
            "batch": of.batch,
            "title": of.title,
            "face_value_fen": of.face_value_fen,
            "threshold_fen": of.threshold_fen,
            "order_number": of.order_number,
            "amount_fen": of.amount_fen,
            "redeemed_at": of.redeemed_at.isoformat() if of.redeemed_at else None,
            "expires_at": of.expires_at.isoformat() if of.expires_at else None,
        }


# --- looking up --------------------------------------------------------------------------------


def coupon(code_id: int) -> Coupon:
    """Raises NotFound."""
    found = _coupons(CouponCode.id == code_id)
    if not found:
        raise NotFound(f"there is no coupon code {code_id}")
    return found[0]


def find(code: str, account_id: int) -> Coupon | None:
    """The coupon of a code as typed; None where this account has none such."""
    hashed = Holder.vault.blind(canonical(code), CODE_PLACE)
    found = _coupons((CouponCode.code_hash == hashed) & (CouponBatch.account == account_id))
    return found[0] if found else None


def coupons_for(purposes: Sequence[str]) -> list[Coupon]:
    """The coupons of these purposes, those that hold one."""
    return _coupons(CouponCode.purpose.in_(purposes))


def _coupons(where: Any) -> list[Coupon]:
    code, of = CouponCode, CouponBatch
    query: Any = (
        code.select(
            code.id,
            of.account,
            of.id,
            of.slug,
            of.title,
            of.face_value_fen,
            of.threshold_fen,
            of.topics,
            code.state,
            code.follower,
            code.purpose,
            of.valid_from,
            code.expires_at,
            code.claimed_at,
            code.redeemed_at,
            code.order_number,
            code.amount_fen,
        )
        .join(of)
        .where(where)
    )
    return [Coupon(*[*row[:7], tuple(row[7]), *row[8:]]) for row in rows(query)]


def code_text(code_id: int) -> str:
    """The code itself, for its follower's eyes. Raises NotFound."""
    row = CouponCode.get_or_none(CouponCode.id == code_id)
    if row is None:
        raise NotFound(f"there is no coupon code {code_id}")
    return str(row.code)


def usable_by(follower_id: int, now: datetime) -> list[UsableCoupon]:
    """The follower's issued coupons that have not ended, the next to end first.

    Asked for by every message that wants a coupon: hand-written.
    """
    found = fetch(
        "SELECT code.id, code.code, batch.title, batch.face_value_fen, batch.threshold_fen,"
        " code.expires_at, batch.valid_from FROM coupon_code AS code"
        " JOIN coupon_batch AS batch ON batch.id = code.batch_id"
        " WHERE code.follower_id = ? AND code.state = 'issued'"
        " AND (code.expires_at IS NULL OR code.expires_at > ?)"
        " ORDER BY code.expires_at IS NULL, code.expires_at, code.id",
        (follower_id, to_ms(now)),
    )
    opened = Holder.vault.open
    return [
        UsableCoupon(
            code_id=row[0],
            code=opened(bytes(row[1]), CODE_PLACE).decode(),
            title=row[2],
            face_value_fen=row[3],
            threshold_fen=row[4],
            expires_at=instant(row[5]),
            valid_from=instant(row[6]),
        )
        for row in found
    ]


def _not_over(now: datetime) -> Any:
    return CouponCode.expires_at.is_null() | (CouponCode.expires_at > now)


# --- opening and redeeming ---------------------------------------------------------------------


def claim(code_id: int, now: datetime) -> bool:
    """The follower opened it by an own act. False: opened before, or not a coupon to be used."""
    changed: int = (
        CouponCode.update(claimed_at=now)
        .where(
            (CouponCode.id == code_id)
            & (CouponCode.state == CodeState.ISSUED)
            & CouponCode.claimed_at.is_null()
            & _not_over(now)
        )
        .execute()
    )
    return changed == 1


def redeem(
    code: str, *, order_number: str, amount_fen: int, now: datetime, account_id: int
) -> Redemption:
    """Use the code up, for this order. Of any number of callers at once exactly one does it."""
    found = find(code, account_id)
    if found is None:
        return Redemption(RedeemOutcome.UNKNOWN)
    outcome = verdict(found, order_number, now)
    if outcome is not None:
        return Redemption(outcome, found)
    won: int = (
        CouponCode.update(
            state=CodeState.REDEEMED,
            redeemed_at=now,
            order_number=order_number,
            amount_fen=amount_fen,
        )
        .where((CouponCode.id == found.code_id) & (CouponCode.state == CodeState.ISSUED))
        .execute()
    )
    settled = coupon(found.code_id)
    # Where another was faster, it left the code in a state that has a verdict.
    ended = RedeemOutcome.REDEEMED if won else verdict(settled, order_number, now)
    assert ended is not None
    return Redemption(ended, settled, first=bool(won))


def verdict(found: Coupon, order_number: str, now: datetime) -> RedeemOutcome | None:
    """What stands against redeeming it now, or that it was done for this order; None: go ahead."""
    if found.state == CodeState.REDEEMED:
        same = found.order_number == order_number
        return RedeemOutcome.REDEEMED if same else RedeemOutcome.ALREADY_REDEEMED
    if found.state == CodeState.VOID:
        return RedeemOutcome.VOID
    if found.state == CodeState.EXPIRED:
        return RedeemOutcome.EXPIRED
    if found.state != CodeState.ISSUED:
        return RedeemOutcome.NOT_ISSUED
    if found.expires_at is not None and found.expires_at <= now:
        return RedeemOutcome.EXPIRED
    if found.valid_from is not None and found.valid_from > now:
        return RedeemOutcome.NOT_YET_VALID
    return None


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


def expiring(account_id: int, before: datetime, now: datetime, limit: int) -> list[ExpiringCode]:
    """Coupons opened and unused that end before `before`, of whom nobody was reminded yet.

    Only these: a notice is a service that the follower's own act asked for.
    """
    code, of = CouponCode, CouponBatch
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
            & (code.state == CodeState.ISSUED)
            & (code.expires_at > now)
            & (code.expires_at < before)
            & code.claimed_at.is_null(False)
            & code.reminded_at.is_null()
            & code.follower.is_null(False)
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

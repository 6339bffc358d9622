"""Who gives coupons out and takes them: our own store, or a wallet elsewhere behind the same calls.

A provider reserves and issues for purposes ("send:12", "event:34"), so that every call can be
repeated; whatever stands behind it, a code is one follower's, once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.coupon import redeeming, service, voiding
from bot.coupon.service import CouponView
from bot.store import coupons
from bot.store.coupons import CodeRef, Coupon, Redemption, Use
from bot.values.audience import Skip


class CouponProvider(Protocol):
    """Reserve with a lease, issue or return, redeem, void, query."""

    def reserve(
        self, batch_id: int, wants: Sequence[tuple[int, str]], until: datetime, now: datetime
    ) -> Mapping[str, CodeRef | Skip]:
        """A code for each (follower id, purpose), until then; or why there is none."""
        ...

    def issue(self, purposes: Sequence[str], now: datetime) -> int:
        """What is reserved for these purposes is the followers' own; how many changed."""
        ...

    def release(self, purposes: Sequence[str]) -> int:
        """What is reserved goes back; how many did. Issued ones stay."""
        ...

    def redeem(
        self,
        code: str,
        *,
        order_number: str,
        amount_fen: int | None,
        now: datetime,
        account_id: int,
        use: Use,
    ) -> Redemption:
        """Use it up, once."""
        ...

    def void(self, account_id: int, code: str, why: str) -> Coupon:
        """Out of use for good; the coupon as it was. Raises NotFound, Conflict."""
        ...

    def query(self, code_id: int, now: datetime) -> CouponView:
        """As it stands. Raises NotFound."""
        ...


class OwnCoupons:
    """Our own store."""

    def reserve(
        self, batch_id: int, wants: Sequence[tuple[int, str]], until: datetime, now: datetime
    ) -> Mapping[str, CodeRef | Skip]:
        return coupons.reserve_many(batch_id, wants, until, now)

    def issue(self, purposes: Sequence[str], now: datetime) -> int:
        return coupons.hand_over(purposes, now)

    def release(self, purposes: Sequence[str]) -> int:
        return coupons.release_many(purposes)

    def redeem(
        self,
        code: str,
        *,
        order_number: str,
        amount_fen: int | None,
        now: datetime,
        account_id: int,
        use: Use,
    ) -> Redemption:
        return redeeming.redeem(
            code, order_number=order_number, amount_fen=amount_fen, now=now,
            account_id=account_id, use=use,
        )  # fmt: skip

    def void(self, account_id: int, code: str, why: str) -> Coupon:
        return voiding.void(account_id, code, why)

    def query(self, code_id: int, now: datetime) -> CouponView:
        return service.view(code_id, now)

"""A coupon's way: given in answer to an act, opened, redeemed; and what becomes of the forgotten.

Each use case is one transaction: the change of state, the event that tells the profile, and the
credit to the campaign stand or fall together.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.store import coupon_void, coupons, links
from bot.store.coupon_use import usable_from
from bot.store.coupons import CodeRef, Coupon, UsableCoupon
from bot.store.db import again, transaction
from bot.values.audience import SendState, Skip
from bot.values.coupons import WALLET, CodeState, Terms

logger = logging.getLogger(__name__)

# A code in the follower's hands proves that a message of one of these came.
_MAY_HAVE_ARRIVED = (SendState.CLAIMED, SendState.UNKNOWN, SendState.SENT)


@dataclass(frozen=True, slots=True)
class LowStock:
    """A batch that will soon have nothing to give."""

    batch: str  # slug
    title: str
    available: int
    total: int


@dataclass(frozen=True, slots=True)
class CouponView:
    """What a follower's coupon page shows. `state` as bot.values.coupons.CodeState.

    in_wallet   it is used by paying with WeChat, and by no code
    """

    title: str
    face_value_fen: int
    threshold_fen: int
    valid_from: datetime | None
    expires_at: datetime | None
    state: str
    claimed: bool
    code: str = field(repr=False)
    terms: Terms = field(default_factory=Terms)
    in_wallet: bool = False


@again
def issue_for_event(
    account_id: int, follower_id: int, batch_slug: str, event_id: int, now: datetime
) -> UsableCoupon | Skip:
    """The code that answers this event, the same for every repetition; or why there is none.

    Raises NotFound for a batch that the account does not have.
    """
    of = coupons.batch_by_slug(account_id, batch_slug)
    purpose = f"event:{event_id}"
    with transaction():
        given = coupons.issue_now(of.id, follower_id, purpose, now)
        if isinstance(given, Skip):
            logger.info("coupon outcome=%s batch=%s event=%d", given, batch_slug, event_id)
            return given
        issued_events([given], now)
        return UsableCoupon(
            given.id,
            coupons.code_text(given.id),
            of.title,
            of.face_value_fen,
            of.threshold_fen,
            given.expires_at,
            usable_from(of.valid_from, now, of.start_seconds),
            of.terms,
        )


def issued_events(refs: Sequence[CodeRef], now: datetime) -> int:
    """Tell the event log of issued codes, each once; how many it had not known."""
    return coupons.record_issued([ref.purpose for ref in refs], now)


def view(code_id: int, now: datetime | None = None) -> CouponView:
    """The coupon for its follower's eyes; looking changes nothing. Raises NotFound.

    now   given, a coupon past its end reads as expired, whether or not the sweeper has been by
    """
    found = coupons.coupon(code_id)
    over = now is not None and found.expires_at is not None and found.expires_at <= now
    return CouponView(
        found.title,
        found.face_value_fen,
        found.threshold_fen,
        found.valid_from,
        found.expires_at,
        _shown_state(found, over),
        found.claimed_at is not None,
        coupons.code_text(code_id),
        found.terms,
        found.held_why == WALLET,
    )


def _shown_state(found: Coupon, over: bool) -> str:
    if found.state != CodeState.ISSUED:
        return found.state
    if found.withdrawn_at is not None:
        return CodeState.VOID.value
    return CodeState.EXPIRED.value if over else found.state


@again
def claim(code_id: int, now: datetime, address: str = "") -> bool:
    """The follower opened the coupon by an own act. False: opened before, or not usable.

    address   the keyed hash of where from (bot.tracking.hashed_address); "" unknown

    Raises NotFound.
    """
    with transaction():
        take_as_arrived(coupons.coupon(code_id), now, "claimed")
        won = coupons.claim(code_id, now, address)
        if won:
            coupons.record("claimed", coupons.coupon(code_id), now)
    return won


def take_as_arrived(found: Coupon, now: datetime, evidence: str) -> bool:
    """Issue a reserved code that the follower has in hand; settle its send where it was unknown."""
    send_id = coupons.send_of(found.purpose)
    if found.state != CodeState.RESERVED or found.purpose is None or send_id is None:
        return False
    if coupons.send_states([found.purpose]).get(found.purpose) not in _MAY_HAVE_ARRIVED:
        return False
    if not links.settle_unknown_as_sent(send_id, now, evidence):
        coupons.hand_over([found.purpose], now)
    return True


def sweep(now: datetime) -> int:
    """Give back reservations that nobody settled, end what is over and what was withdrawn; how
    many it changed."""
    released, expired = coupons.release_expired(now), coupons.expire_due(now)
    voided = coupon_void.void_withdrawn()
    if released or expired or voided:
        logger.info("coupons swept released=%d expired=%d void=%d", released, expired, voided)
    return released + expired + voided


def low_stock(account_id: int) -> list[LowStock]:
    """Batches with less than their share (`low_permille`) of codes left."""
    found = []
    for batch in coupons.batches(account_id):
        states = coupons.stock(batch.id)
        available, total = states[CodeState.AVAILABLE], sum(states.values())
        if available * 1000 < total * batch.low_permille:
            found.append(LowStock(batch.slug, batch.title, available, total))
    return found

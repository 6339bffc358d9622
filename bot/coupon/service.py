"""A coupon's way: given in answer to an act, opened, redeemed; and what becomes of the forgotten.

Each use case is one transaction: the change of state, the event that tells the profile, and the
credit to the campaign stand or fall together.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.errors import InvalidInput
from bot.store import coupons, links
from bot.store.coupons import CodeRef, Coupon, Redemption, UsableCoupon
from bot.store.db import again, transaction
from bot.values.audience import SendState, Skip
from bot.values.coupons import CodeState, RedeemOutcome

logger = logging.getLogger(__name__)

# A code in the follower's hands proves that a message of one of these came.
_MAY_HAVE_ARRIVED = (SendState.CLAIMED, SendState.UNKNOWN, SendState.SENT)
LOW = 0.1  # of all codes of the batch


@dataclass(frozen=True, slots=True)
class LowStock:
    """A batch that will soon have nothing to give."""

    batch: str  # slug
    title: str
    available: int
    total: int


@dataclass(frozen=True, slots=True)
class CouponView:
    """What a follower's coupon page shows. `state` as bot.values.coupons.CodeState."""

    title: str
    face_value_fen: int
    threshold_fen: int
    valid_from: datetime | None
    expires_at: datetime | None
    state: str
    claimed: bool
    code: str = field(repr=False)


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
            of.valid_from,
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
        CodeState.EXPIRED.value if over and found.state == CodeState.ISSUED else found.state,
        found.claimed_at is not None,
        coupons.code_text(code_id),
    )


@again
def claim(code_id: int, now: datetime) -> bool:
    """The follower opened the coupon by an own act. False: opened before, or not usable.

    Raises NotFound.
    """
    with transaction():
        _take_as_arrived(coupons.coupon(code_id), now, "claimed")
        won = coupons.claim(code_id, now)
        if won:
            coupons.record("claimed", coupons.coupon(code_id), now)
    return won


@again
def redeem(
    code: str, *, order_number: str = "", amount_fen: int = 0, now: datetime, account_id: int
) -> Redemption:
    """Use a code up for an order, once; the same code with the same order again: the same answer.

    amount_fen   what the order paid. It may lie below the coupon's threshold, being what is left
                 after the discount; the till knows the basket.

    Raises InvalidInput for a negative amount and an order number of more than 64 characters.
    """
    if amount_fen < 0:
        raise InvalidInput("amount_fen: wants 0 or more", "amount_fen")
    if len(order_number) > 64:
        raise InvalidInput("order_number: wants at most 64 characters", "order_number")
    with transaction():
        answer = _redeem(code, order_number, amount_fen, now, account_id)
        if answer.first and answer.coupon is not None:
            _tell(answer.coupon, order_number, amount_fen, now)
    found = answer.coupon.code_id if answer.coupon else None
    logger.info("redeem outcome=%s code_id=%s first=%s", answer.outcome, found, answer.first)
    return answer


def _redeem(
    code: str, order_number: str, amount_fen: int, now: datetime, account_id: int
) -> Redemption:
    """Once more where the code itself proves that the message with it arrived."""
    for _ in range(2):
        answer = coupons.redeem(
            code, order_number=order_number, amount_fen=amount_fen, now=now, account_id=account_id
        )
        if answer.outcome is not RedeemOutcome.NOT_ISSUED or answer.coupon is None:
            break
        if not _take_as_arrived(answer.coupon, now, "redeemed"):
            break
    return answer


def _take_as_arrived(found: Coupon, now: datetime, evidence: str) -> bool:
    """Issue a reserved code that the follower has in hand; settle its send where it was unknown."""
    send_id = coupons.send_of(found.purpose)
    if found.state != CodeState.RESERVED or found.purpose is None or send_id is None:
        return False
    if coupons.send_states([found.purpose]).get(found.purpose) not in _MAY_HAVE_ARRIVED:
        return False
    if not links.settle_unknown_as_sent(send_id, now, evidence):
        coupons.hand_over([found.purpose], now)
    return True


def _tell(found: Coupon, order_number: str, amount_fen: int, now: datetime) -> None:
    """The profile learns of the redemption and the order, the campaign gets its credit.

    The credit hangs on the order: one that the shop reports too is one thing bought, not two.
    """
    coupons.record("redeemed", found, now, amount_fen)
    order = coupons.record_order(found, order_number, amount_fen, now)
    send_id = coupons.send_of(found.purpose)
    if send_id is not None:
        coupons.credit(send_id, order, now, amount_fen)


def sweep(now: datetime) -> int:
    """Give back reservations that nobody settled, and end what is over; how many it changed."""
    released, expired = coupons.release_expired(now), coupons.expire_due(now)
    if released or expired:
        logger.info("coupons swept released=%d expired=%d", released, expired)
    return released + expired


def low_stock(account_id: int) -> list[LowStock]:
    """Batches with less than a tenth of their codes left."""
    found = []
    for batch in coupons.batches(account_id):
        states = coupons.stock(batch.id)
        available, total = states[CodeState.AVAILABLE], sum(states.values())
        if available < total * LOW:
            found.append(LowStock(batch.slug, batch.title, available, total))
    return found

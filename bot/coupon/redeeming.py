"""A coupon at the till: looked at, used up for an order, and taken back where the till was wrong.

A redemption is one transaction: the change of state, the event that tells the profile, the order,
and the credit to the campaign stand or fall together. Taking it back is one, too.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.coupon import worth
from bot.coupon.codes import is_mistyped
from bot.coupon.service import take_as_arrived
from bot.errors import Conflict, InvalidInput, NotFound
from bot.store import accounts, coupon_redeem, coupons
from bot.store.coupons import Basket, Coupon, Redemption, Use
from bot.store.db import again, transaction
from bot.values.coupons import RedeemOutcome, Terms

logger = logging.getLogger(__name__)
UNDO_WITHIN = timedelta(minutes=2)
ANY_TIME = timedelta.max
LONGEST_ORDER, LONGEST_SHOP = 64, 32
MOST_FEN = 10**12


@again
def redeem(
    code: str,
    *,
    order_number: str = "",
    amount_fen: int | None = 0,
    now: datetime,
    account_id: int,
    use: Use | None = None,
) -> Redemption:
    """Use a code up for an order, once; the same code with the same order again: the same answer.

    amount_fen   what the order paid; None: the basket without what coupons took off. It may lie
                 below the coupon's threshold, being what is left after the discount
    use          where it is shown, and the basket before any coupon, which the terms are held
                 against; without a basket the threshold is the till's to check

    Raises InvalidInput for a negative amount and for texts that are too long.
    """
    use = use or Use()
    _check(order_number, amount_fen, use)
    with transaction():
        answer = _redeem(code, order_number, amount_fen, now, account_id, use)
        if answer.first:
            _tell(answer, order_number, now)
        elif code and answer.outcome in (RedeemOutcome.UNKNOWN, RedeemOutcome.MISTYPED):
            coupon_redeem.note_attempt(account_id, use, answer.outcome, now)
    found = answer.coupon.code_id if answer.coupon else None
    logger.info("redeem outcome=%s code_id=%s first=%s", answer.outcome, found, answer.first)
    return answer


def _check(order_number: str, amount_fen: int | None, use: Use) -> None:
    for field, value in (("amount_fen", amount_fen), ("basket_fen", use.basket_fen)):
        if value is not None and not 0 <= value <= MOST_FEN:
            raise InvalidInput(f"{field}: wants 0 or more", field)
    if len(order_number) > LONGEST_ORDER:
        raise InvalidInput(
            f"order_number: wants at most {LONGEST_ORDER} characters", "order_number"
        )
    if len(use.shop) > LONGEST_SHOP:
        raise InvalidInput(f"shop: wants at most {LONGEST_SHOP} characters", "shop")


def _redeem(
    code: str, order_number: str, amount_fen: int | None, now: datetime, account_id: int, use: Use
) -> Redemption:
    """Once more where the code itself proves that the message with it arrived."""

    def judge(found: Coupon, basket: Basket) -> RedeemOutcome | int:
        return _judged(found, basket, use, amount_fen, now)

    for _ in range(2):
        answer = coupons.redeem(
            code, order_number=order_number, amount_fen=amount_fen, now=now,
            account_id=account_id, use=use, judge=judge,
        )  # fmt: skip
        if answer.outcome is not RedeemOutcome.NOT_ISSUED or answer.coupon is None:
            break
        if not take_as_arrived(answer.coupon, now, "redeemed"):
            break
    if answer.outcome is RedeemOutcome.UNKNOWN and is_mistyped(code):
        return Redemption(RedeemOutcome.MISTYPED)
    return answer


def _judged(
    found: Coupon, basket: Basket, use: Use, amount_fen: int | None, now: datetime
) -> RedeemOutcome | int:
    against = _objection(found, use.shop, basket.basket_fen, now)
    if against is not None:
        return against
    if not worth.legal([found.terms, *basket.beside]):
        return RedeemOutcome.NOT_STACKABLE
    if basket.basket_fen is None:
        return worth.estimated(found.terms, amount_fen or 0)
    return worth.worth(found.terms, basket.basket_fen, basket.basket_fen - basket.off_fen)


def _objection(
    found: Coupon, shop: str, basket_fen: int | None, now: datetime
) -> RedeemOutcome | None:
    local = now.astimezone(_zone(found)) if _is_timed(found.terms) else now
    return worth.objection(found.terms, shop, basket_fen, local)


def _is_timed(terms: Terms) -> bool:
    return bool(terms.hours or terms.weekdays)


def _zone(found: Coupon) -> ZoneInfo:
    return ZoneInfo(accounts.by_id(found.account_id).timezone)


def _tell(answer: Redemption, order_number: str, now: datetime) -> None:
    """The profile learns of the redemption and the order, the campaign gets its credit.

    The credit hangs on the order: one that the shop reports too is one thing bought, not two.
    """
    found, use_id = answer.coupon, answer.use_id
    assert found is not None
    assert use_id is not None
    if found.follower_id is None:  # on paper, or of somebody forgotten: no profile is told
        return
    paid = found.amount_fen or 0
    if not coupons.record("redeemed", found, now, paid):  # of a use that was taken back since
        coupons.record("redeemed", found, now, paid, coupon_redeem.times_undone(found.code_id))
    order, told = coupons.record_order(found, order_number, paid, now)
    if not told and (turn := _taken_back(found, order_number)):
        order, told = coupons.record_order(found, order_number, paid, now, turn)
    coupon_redeem.note_order(use_id, order, told)
    send_id = coupons.send_of(found.purpose)
    if send_id is not None:
        coupons.credit(send_id, order, now, paid)


def _taken_back(found: Coupon, order_number: str) -> int:
    """How often a till told the order and took it back; 0: the shop told it, and it stands."""
    return coupon_redeem.orders_taken_back(found.account_id, order_number, found.code_id)


# --- looking, and taking back --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """A code as a till sees it before it is used. `outcome` None: it can be used here and now."""

    outcome: RedeemOutcome | None
    coupon: Coupon | None = None


def look(code: str, account_id: int, now: datetime, use: Use) -> Look:
    """What would stand against using it, the basket aside. A code that is none is written down."""
    found = coupons.find(code, account_id)
    if found is None:
        outcome = RedeemOutcome.MISTYPED if is_mistyped(code) else RedeemOutcome.UNKNOWN
        coupon_redeem.note_attempt(account_id, use, outcome, now)
        return Look(outcome)
    verdict = coupon_redeem.verdict(found, "\0", now)
    if verdict is RedeemOutcome.NOT_ISSUED:
        verdict = None if coupons.send_of(found.purpose) is not None else verdict
    return Look(verdict or _objection(found, use.shop, None, now), found)


@again
def undo(
    use_id: int,
    account_id: int,
    now: datetime,
    *,
    till_id: int | None = None,
    within: timedelta = UNDO_WITHIN,
) -> bool:
    """Take a redemption back: the code is its follower's again. False: it was taken back before.

    till_id   only what this till redeemed; None: an operator, who may take back any

    Raises NotFound for a redemption that is not there, Conflict when it is too late.
    """
    with transaction():
        used = coupon_redeem.use_of(use_id, account_id)
        if used is None or (till_id is not None and used.till_id != till_id):
            raise NotFound(f"there is no redemption {use_id}")
        if used.undone_at is not None:
            return False
        if now - used.at > within:
            raise Conflict("it is too late to take this redemption back")
        before = coupons.coupon(used.code_id)
        undone = coupon_redeem.undo(use_id, now)
        if undone is None:
            return False
        coupons.record_returned(before, undone, now)
    logger.info("redemption taken back use_id=%d code_id=%d", use_id, used.code_id)
    return True


def undo_by_code(
    code: str, order_number: str, account_id: int, now: datetime, within: timedelta = UNDO_WITHIN
) -> bool:
    """The same for whoever knows the code and the order it was redeemed for.

    False: it is not redeemed, for all that is known it was taken back. Raises NotFound for a code
    that is none, Conflict for another order, and when it is too late.
    """
    found = coupons.find(code, account_id)
    if found is None:
        raise NotFound("there is no such code")
    use_id = coupon_redeem.standing_use(found.code_id)
    if use_id is None:
        return False
    if (found.order_number or "") != order_number:
        raise Conflict("it was redeemed for another order")
    return undo(use_id, account_id, now, within=within)

"""The till of a shop: a link for its staff, and what they may do with it.

The link is signed, ends by itself, and can be revoked. Wrong codes are counted: after WRONG_MOST of
them the till waits, so that nobody finds a code by trying.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.coupon.redeeming import LONGEST_SHOP, Look, look, redeem, undo
from bot.errors import InvalidInput, NotFound
from bot.store import audit, coupon_redeem, coupon_tills, rates
from bot.store.coupon_tills import Till
from bot.store.coupons import Redemption, Use
from bot.store.db import transaction
from bot.tracking.tokens import page_token, read_page
from bot.values.coupons import RedeemOutcome

PAGE, FORM = "till", "till.post"
LONGEST_DAYS = 366
FORM_LIVES = timedelta(hours=12)
WRONG_MOST, WRONG_WITHIN = 10, timedelta(minutes=10)
LOOKS_A_MINUTE = 60


def open_till(
    account_id: int, shop: str, days: int, now: datetime, public_url: str
) -> tuple[Till, str]:
    """A new till and its link. Raises InvalidInput."""
    if not 1 <= len(shop.strip()) <= LONGEST_SHOP:
        raise InvalidInput(f"shop: wants 1 to {LONGEST_SHOP} characters", "shop")
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInput(f"days: wants 1 to {LONGEST_DAYS}", "days")
    till = coupon_tills.make(account_id, shop.strip(), now + timedelta(days=days), now)
    return till, link(till, public_url)


def link(till: Till, public_url: str) -> str:
    return f"{public_url}/h5/till/{page_token(PAGE, till.id, till.until)}"


def till_of(token: str, now: datetime) -> Till | None:
    """The till whose link this is; None for any other link, an ended and a revoked one."""
    till_id = read_page(token, PAGE, now)
    if till_id is None:
        return None
    try:
        till = coupon_tills.get(till_id)
    except NotFound:
        return None
    return till if till.open_at(now) else None


def form_token(till: Till, now: datetime) -> str:
    """What a form of this till's page carries: a page elsewhere has none."""
    return page_token(FORM, till.id, now + FORM_LIVES)


def is_own_form(token: str, till: Till, now: datetime) -> bool:
    return read_page(token, FORM, now) == till.id


def waits(till: Till, now: datetime) -> bool:
    """Whether the till has to wait: too many wrong codes, or too many looks a minute."""
    if coupon_redeem.attempts(till.id, now - WRONG_WITHIN) >= WRONG_MOST:
        return True
    return rates.take(f"till:{till.id}", now, 60, LOOKS_A_MINUTE) is not None


def seen(till: Till, code: str, now: datetime) -> Look:
    """The coupon of this code, and what stands against it here; on record."""
    found = look(code, till.account_id, now, _use(till))
    if till.held_at is not None and found.outcome is None:
        found = Look(RedeemOutcome.HELD, found.coupon)
    _record(till, "coupon_look", found.outcome or "usable", found, now)
    return found


def redeem_at(
    till: Till, code: str, order_number: str, basket_fen: int | None, now: datetime
) -> Redemption:
    """Redeem at this till; on record, in the same transaction. Raises InvalidInput."""
    use = _use(till, basket_fen)
    with transaction():
        if till.held_at is not None:
            done = Redemption(RedeemOutcome.HELD)
        else:
            done = redeem(
                code, order_number=order_number, amount_fen=None, now=now,
                account_id=till.account_id, use=use,
            )  # fmt: skip
        _record(till, "coupon_redeem", done.outcome, done, now)
    return done


def undo_at(till: Till, use_id: int, now: datetime) -> bool:
    """Take back what this till redeemed a moment ago. False: done before.

    Raises NotFound, and Conflict when it is too late.
    """
    with transaction():
        done = undo(use_id, till.account_id, now, till_id=till.id)
        detail = {"till": till.id, "shop": till.shop, "use": use_id, "done": done}
        audit.record(f"till:{till.id}", "coupon_undo", now, detail=detail)
    return done


def _use(till: Till, basket_fen: int | None = None) -> Use:
    return Use("till", till.shop, till.id, basket_fen)


def _record(till: Till, action: str, word: str, about: Look | Redemption, now: datetime) -> None:
    follower_id = about.coupon.follower_id if about.coupon else None
    detail = {"till": till.id, "shop": till.shop, "outcome": str(word)}
    audit.record(f"till:{till.id}", action, now, follower_id=follower_id, detail=detail)

"""A code at the till: used up for an order, once; and taken back, where the till was wrong.

An order's basket is one row, which whoever adds a coupon to the order holds: two tills cannot use
two coupons for one order that may not stand side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.clock import from_ms, instant, to_ms
from bot.store.coupon_batches import TERMS, terms_of
from bot.store.coupon_use import Coupon, coupon, find
from bot.store.db import fetch, insert_new, locking, run
from bot.store.fields import Holder
from bot.values.coupons import WALLET, CodeState, RedeemOutcome, Terms

PAY = "pay"
_ORDER_PLACE = "coupon_use.order"


@dataclass(frozen=True, slots=True)
class Use:
    """Where a code is shown. source: api, till, file, cli, pay.

    basket_fen   the order before any coupon; None: the till does not say
    """

    source: str = "api"
    shop: str = ""
    till_id: int | None = None
    basket_fen: int | None = None

    @property
    def told_later(self) -> bool:
        """By a file, or by the platform: at another moment than it happened."""
        return self.source in ("file", PAY)


@dataclass(frozen=True, slots=True)
class Basket:
    """The order as it stands: the terms of the coupons used for it, and what they took off."""

    basket_fen: int | None
    beside: tuple[Terms, ...] = ()
    off_fen: int = 0


Judge = Callable[[Coupon, Basket], RedeemOutcome | int]
"""What stands against the use, or the fen that the coupon takes off."""


@dataclass(frozen=True, slots=True)
class Redemption:
    """The answer to a till: equal for every repetition of the same code with the same order.

    first         this call did it; no part of the answer
    coupon        None where the code is unknown; otherwise as the call left it
    discount_fen  what it took off the basket
    use_id        of a redemption that stands
    """

    outcome: RedeemOutcome
    coupon: Coupon | None = None
    first: bool = field(default=False, compare=False)
    discount_fen: int = 0
    use_id: int | None = None
    shop: str = ""

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
            "kind": str(of.terms.kind),
            "face_value_fen": of.face_value_fen,
            "threshold_fen": of.threshold_fen,
            "discount_permille": of.terms.discount_permille,
            "max_discount_fen": of.terms.max_discount_fen,
            "exchange": of.terms.exchange,
            "discount_fen": self.discount_fen,
            "shop": self.shop,
            "order_number": of.order_number,
            "amount_fen": of.amount_fen,
            "redeemed_at": of.redeemed_at.isoformat() if of.redeemed_at else None,
            "expires_at": of.expires_at.isoformat() if of.expires_at else None,
        }


def redeem(
    code: str,
    *,
    order_number: str,
    amount_fen: int | None,
    now: datetime,
    account_id: int,
    use: Use | None = None,
    judge: Judge = lambda found, _: found.face_value_fen,
) -> Redemption:
    """Use the code up, for this order. Of any number of callers at once exactly one does it.

    Inside a transaction: the order's basket is held until it ends.

    amount_fen   what the order paid; None: the basket without what coupons took off
    """
    use = use or Use()
    found = find(code, account_id)
    if found is None:
        return Redemption(RedeemOutcome.UNKNOWN)
    outcome = verdict(found, order_number, now, use)
    if outcome is not None:
        return _ended(outcome, found)
    basket = _basket(found, order_number, use.basket_fen)
    judged = judge(found, basket)
    if isinstance(judged, RedeemOutcome):
        return Redemption(judged, found)
    left = (basket.basket_fen or 0) - basket.off_fen - judged
    paid = max(0, left) if amount_fen is None else amount_fen
    return _settle(found, order_number, paid, judged, use, now)


def _settle(
    found: Coupon, order_number: str, paid: int, off_fen: int, use: Use, now: datetime
) -> Redemption:
    """Used up by this call; or, where another was faster, what it left has a verdict."""
    if not _use_up(found, order_number, paid, now, use):
        left = coupon(found.code_id)
        # Held when we tried and free again now: for this call it was held.
        return _ended(verdict(left, order_number, now, use) or RedeemOutcome.HELD, left)
    use_id = _note(found, order_number, use, off_fen, now)
    settled = replace(
        found,
        state=CodeState.REDEEMED.value,
        redeemed_at=from_ms(to_ms(now)),
        order_number=order_number,
        amount_fen=paid,
    )
    return Redemption(RedeemOutcome.REDEEMED, settled, True, off_fen, use_id, use.shop)


def _use_up(found: Coupon, order_number: str, amount_fen: int, now: datetime, use: Use) -> bool:
    """Compares before it sets. Of a use that is told later the code may have expired meanwhile."""
    free = "" if use.source == PAY else " AND held_at IS NULL"
    since = (CodeState.ISSUED, CodeState.EXPIRED if use.told_later else CodeState.ISSUED)
    changed = run(
        "UPDATE coupon_code SET state = ?, redeemed_at = ?, order_number = ?, amount_fen = ?"
        f" WHERE id = ? AND state IN (?, ?){free}",
        (CodeState.REDEEMED, to_ms(now), order_number, amount_fen, found.code_id, *since),
    )
    return changed == 1


def _ended(outcome: RedeemOutcome, found: Coupon) -> Redemption:
    """With what the redemption that stands took off."""
    if outcome is not RedeemOutcome.REDEEMED:
        return Redemption(outcome, found)
    last = fetch(
        "SELECT id, discount_fen, shop FROM coupon_use WHERE code_id = ? AND undone_at IS NULL"
        " ORDER BY id DESC LIMIT 1",
        (found.code_id,),
    )
    use_id, off, shop = last[0] if last else (None, found.face_value_fen, "")
    return Redemption(outcome, found, False, off, use_id, shop)


def verdict(
    found: Coupon, order_number: str, now: datetime, use: Use | None = None
) -> RedeemOutcome | None:
    """What stands against redeeming it now, or that it was done for this order; None: go ahead.

    now   the moment of the use. Of one that is told afterwards it counts that the coupon was good
          then; and what lies in the wallet is used by the platform's word alone
    """
    if found.state == CodeState.REDEEMED:
        same = found.order_number == order_number
        return RedeemOutcome.REDEEMED if same else RedeemOutcome.ALREADY_REDEEMED
    if found.state == CodeState.VOID or found.withdrawn_at is not None:
        return RedeemOutcome.VOID
    use = use or Use()
    if found.state == CodeState.EXPIRED and not use.told_later:
        return RedeemOutcome.EXPIRED
    if found.state not in (CodeState.ISSUED, CodeState.EXPIRED):
        return RedeemOutcome.NOT_ISSUED
    # Who tells of it later tells whole seconds: a use in the second of the issue came after it.
    issued_at = found.issued_at.replace(microsecond=0) if found.issued_at is not None else None
    if use.told_later and issued_at is not None and now < issued_at:
        return RedeemOutcome.NOT_ISSUED
    if found.expires_at is not None and found.expires_at <= now:
        return RedeemOutcome.EXPIRED
    if found.valid_from is not None and found.valid_from > now:
        return RedeemOutcome.NOT_YET_VALID
    if found.held_at is None or (use.source == PAY and found.held_why == WALLET):
        return None
    return RedeemOutcome.IN_WALLET if found.held_why == WALLET else RedeemOutcome.HELD


# --- the basket of an order ----------------------------------------------------------------------


def order_hash(order_number: str) -> str:
    """How an order is found without its number; "" for none."""
    return Holder.vault.blind(order_number, _ORDER_PLACE) if order_number else ""


def _basket(found: Coupon, order_number: str, basket_fen: int | None) -> Basket:
    """The order's, held until the transaction ends; what the first till said of it counts."""
    if not order_number:
        return Basket(basket_fen)
    hashed = order_hash(order_number)
    held = _held(found.account_id, hashed)
    if held is None:
        columns = ("account_id", "order_hash", "basket_fen")
        if insert_new("coupon_basket", columns, (found.account_id, hashed, basket_fen)) is not None:
            return Basket(basket_fen)  # nobody has used a coupon for an order that is new
        held = _held(found.account_id, hashed)
    assert held is not None
    row, known = held
    used = fetch(
        f"SELECT u.discount_fen, {','.join(f'b.{name}' for name in TERMS)} FROM coupon_use u"
        " JOIN coupon_code c ON c.id = u.code_id JOIN coupon_batch b ON b.id = c.batch_id"
        " WHERE u.account_id = ? AND u.order_hash = ? AND u.undone_at IS NULL",
        (found.account_id, hashed),
    )
    # Of a basket without a coupon nothing was settled: the till may have corrected itself.
    if basket_fen is not None and basket_fen != known and (known is None or not used):
        run("UPDATE coupon_basket SET basket_fen = ? WHERE id = ?", (basket_fen, row))
        known = basket_fen
    return Basket(known, tuple(terms_of(one[1:]) for one in used), sum(one[0] for one in used))


def _held(account_id: int, hashed: str) -> tuple[int, int | None] | None:
    sql = "SELECT id, basket_fen FROM coupon_basket WHERE account_id = ? AND order_hash = ?"
    found = fetch(sql + locking(), (account_id, hashed))
    return (found[0][0], found[0][1]) if found else None


def _note(found: Coupon, order_number: str, use: Use, off_fen: int, now: datetime) -> int:
    columns = (
        "account_id", "code_id", "till_id", "source", "shop", "order_hash", "basket_fen",
        "discount_fen", "at", "told",
    )  # fmt: skip
    values = (
        found.account_id, found.code_id, use.till_id, use.source, use.shop,
        order_hash(order_number), use.basket_fen, off_fen, to_ms(now), False,
    )  # fmt: skip
    return int(insert_new("coupon_use", columns, values))


def note_order(use_id: int, event_id: int, told: bool) -> None:
    """The event of the order that this use was for, and whether the use told it."""
    run("UPDATE coupon_use SET order_event_id = ?, told = ? WHERE id = ?", (event_id, told, use_id))


def note_attempt(account_id: int, use: Use, outcome: RedeemOutcome, now: datetime) -> None:
    """Somebody showed a code that is none."""
    columns = ("account_id", "till_id", "source", "outcome", "at")
    values = (account_id, use.till_id, use.source, outcome.value, to_ms(now))
    insert_new("coupon_attempt", columns, values)


# --- taking back ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Undone:
    """A use that was taken back. `order_event_id` None: the order needs no word.

    heir   the code of another coupon that stands for the same order: the order goes on
    """

    use_id: int
    code_id: int
    order_event_id: int | None
    told: bool
    heir: int | None


@dataclass(frozen=True, slots=True)
class UseState:
    """A redemption as it stands."""

    id: int
    code_id: int
    till_id: int | None
    shop: str
    discount_fen: int
    at: datetime
    undone_at: datetime | None


def use_of(use_id: int, account_id: int) -> UseState | None:
    found = fetch(
        "SELECT id, code_id, till_id, shop, discount_fen, at, undone_at FROM coupon_use"
        " WHERE id = ? AND account_id = ?",
        (use_id, account_id),
    )
    if not found:
        return None
    number, code_id, till_id, shop, off, at, undone = found[0]
    return UseState(number, code_id, till_id, shop, off, from_ms(at), instant(undone))


def standing_use(code_id: int) -> int | None:
    """The redemption of a code that was not taken back."""
    sql = "SELECT id FROM coupon_use WHERE code_id = ? AND undone_at IS NULL ORDER BY id DESC"
    found = fetch(sql, (code_id,))
    return int(found[0][0]) if found else None


def undo(use_id: int, now: datetime) -> Undone | None:
    """The code is its follower's again, unused. None: it was taken back before. In a transaction.

    What nobody has used meanwhile: a redeemed code is used up, so nobody could.
    """
    if not run(
        "UPDATE coupon_use SET undone_at = ? WHERE id = ? AND undone_at IS NULL",
        (to_ms(now), use_id),
    ):
        return None
    code_id, event_id, told, account_id, hashed = fetch(
        "SELECT code_id, order_event_id, told, account_id, order_hash FROM coupon_use WHERE id = ?",
        (use_id,),
    )[0]
    run(
        "UPDATE coupon_code SET state = ?, redeemed_at = NULL, order_number = NULL,"
        " amount_fen = NULL WHERE id = ? AND state = ?",
        (CodeState.ISSUED, code_id, CodeState.REDEEMED),
    )
    heir = _heir(account_id, hashed, bool(told)) if hashed else None
    return Undone(use_id, code_id, event_id, bool(told), heir)


def _heir(account_id: int, hashed: str, told: bool) -> int | None:
    """The code of another coupon that stands for the same order; it tells the order from now on."""
    found = fetch(
        "SELECT id, code_id FROM coupon_use WHERE account_id = ? AND order_hash = ?"
        " AND undone_at IS NULL ORDER BY id",
        (account_id, hashed),
    )
    if found and told:
        run("UPDATE coupon_use SET told = ? WHERE id = ?", (True, found[0][0]))
    return int(found[0][1]) if found else None


def times_undone(code_id: int) -> int:
    """How often a redemption of it was taken back."""
    sql = "SELECT COUNT(*) FROM coupon_use WHERE code_id = ? AND undone_at IS NOT NULL"
    return int(fetch(sql, (code_id,))[0][0])


def orders_taken_back(account_id: int, order_number: str, code_id: int) -> int:
    """How often the order was told by a use that was taken back with it."""
    which, key = ("order_hash", order_hash(order_number)) if order_number else ("code_id", code_id)
    sql = (
        "SELECT COUNT(*) FROM coupon_use WHERE account_id = ? AND undone_at IS NOT NULL"
        f" AND told = ? AND {which} = ?"
    )
    return int(fetch(sql, (account_id, True, key))[0][0])


def attempts(till_id: int, since: datetime) -> int:
    """Codes that were none, shown at this till since then."""
    sql = "SELECT COUNT(*) FROM coupon_attempt WHERE account_id = ? AND till_id = ? AND at >= ?"
    account = "SELECT account_id FROM coupon_till WHERE id = ?"
    found = fetch(account, (till_id,))
    return int(fetch(sql, (found[0][0], till_id, to_ms(since)))[0][0]) if found else 0

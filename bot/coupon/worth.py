"""What coupons are worth in a basket, and which of them may stand side by side. Pure.

Every threshold is held against the basket as it was. Amounts come off first (满减), then
percentages of what is left (折扣), then cash (代金); a thing in exchange (兑换) changes no price. A
basket never falls below zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from itertools import combinations

from bot.values.coupons import Kind, RedeemOutcome, Terms

MOST_TOGETHER = 12  # coupons looked at for the best combination: 4,095 sets
_ORDER = (Kind.EXCHANGE, Kind.CUT, Kind.DISCOUNT, Kind.CASH)


def worth(terms: Terms, basket_fen: int, left_fen: int | None = None) -> int:
    """Fen that the coupon takes off a basket; 0 below its threshold, and for a thing in exchange.

    left_fen   what other coupons have left of the basket; None: all of it
    """
    left = basket_fen if left_fen is None else left_fen
    if basket_fen < terms.threshold_fen or left <= 0:
        return 0
    if terms.kind == Kind.EXCHANGE:
        return 0
    if terms.kind == Kind.DISCOUNT:
        off = left * terms.discount_permille // 1000  # whole fen, in the house's favour
        return off if terms.max_discount_fen is None else min(off, terms.max_discount_fen)
    return min(terms.face_value_fen, left)


def estimated(terms: Terms, paid_fen: int) -> int:
    """The same where only what was paid in the end is known, not the basket."""
    if terms.kind != Kind.DISCOUNT:
        return worth(terms, terms.threshold_fen + terms.face_value_fen)
    off = paid_fen * terms.discount_permille // (1000 - terms.discount_permille)
    return off if terms.max_discount_fen is None else min(off, terms.max_discount_fen)


def together(coupons: Sequence[Terms], basket_fen: int) -> int:
    """Fen that all of them take off one basket. Whether they may is asked by `legal`."""
    left = basket_fen
    for one in sorted(coupons, key=lambda one: _ORDER.index(Kind(one.kind))):
        left -= worth(one, basket_fen, left)
    return basket_fen - left


def stack(one: Terms, other: Terms) -> bool:
    """Whether both may be used for one order: each has to allow the other."""
    return _allows(one, other) and _allows(other, one)


def _allows(one: Terms, other: Terms) -> bool:
    names = {"*", other.slug} | ({other.stack_group} if other.stack_group else set())
    return not names.isdisjoint(one.stacks_with)


def legal(coupons: Sequence[Terms]) -> bool:
    """Whether every two of them may stand side by side."""
    return all(stack(one, other) for one, other in combinations(coupons, 2))


@dataclass(frozen=True, slots=True)
class Best:
    """`chosen`: places in the sequence that was given, ascending."""

    chosen: tuple[int, ...]
    discount_fen: int


def best(coupons: Sequence[Terms], basket_fen: int) -> Best:
    """The legal combination that takes most off; of equal ones the smallest, then the first.

    Only the MOST_TOGETHER that are worth most alone are combined.
    """
    alone = sorted(range(len(coupons)), key=lambda n: -worth(coupons[n], basket_fen))
    useful = sorted(n for n in alone[:MOST_TOGETHER] if worth(coupons[n], basket_fen))
    found = Best((), 0)
    for size in range(1, len(useful) + 1):
        for chosen in combinations(useful, size):
            of = [coupons[n] for n in chosen]
            if legal(of) and (off := together(of, basket_fen)) > found.discount_fen:
                found = Best(chosen, off)
    return found


def objection(
    terms: Terms, shop: str, basket_fen: int | None, local: datetime
) -> RedeemOutcome | None:
    """What the terms have against a use; None: nothing.

    shop         "" where the till does not say: a coupon of some shops is refused then
    basket_fen   None where the till does not say: the threshold is left to it
    local        the moment in the account's zone
    """
    if terms.shops and shop not in terms.shops:
        return RedeemOutcome.WRONG_SHOP
    if not open_at(terms, local):
        return RedeemOutcome.WRONG_TIME
    if basket_fen is not None and basket_fen < terms.threshold_fen:
        return RedeemOutcome.BELOW_THRESHOLD
    return None


def open_at(terms: Terms, local: datetime) -> bool:
    """Whether it counts at this hour of this weekday; a night belongs to the day it began on."""
    if not terms.hours:
        return not terms.weekdays or local.isoweekday() in terms.weekdays
    begin, end = (time.fromisoformat(part) for part in terms.hours.split("-"))
    at, day = local.time(), local.isoweekday()
    if begin < end:
        within = begin <= at < end
    else:
        within = at >= begin or at < end
        if at < end:
            day = (day - 2) % 7 + 1
    return within and (not terms.weekdays or day in terms.weekdays)

"""The lifecycle stage: where a follower stands, from a few facts and the time."""

from __future__ import annotations

from enum import StrEnum

from bot.values.interest import DAY_MS

NEW_DAYS = 7
SLEEPING_DAYS = 60
LOYAL_PURCHASES = 3


class Stage(StrEnum):
    """The first that applies, from the bottom up: gone before sleeping before loyal."""

    NEW = "new"  # nothing known yet, or first seen within NEW_DAYS, and no purchase
    ACTIVE = "active"  # seen within SLEEPING_DAYS, no purchase
    CUSTOMER = "customer"  # an order or a redeemed coupon
    LOYAL = "loyal"  # LOYAL_PURCHASES of either
    SLEEPING = "sleeping"  # not seen for SLEEPING_DAYS
    GONE = "gone"  # does not follow


def stage_of(
    subscribed: bool,
    orders: int,
    redeemed: int,
    first_seen: int | None,
    last_seen: int | None,
    now_ms: int,
) -> tuple[Stage, int | None]:
    """The stage, and the instant (ms) at which time alone ends it; None: never. Instants in ms."""
    if not subscribed:
        return Stage.GONE, None
    asleep = None if last_seen is None else last_seen + SLEEPING_DAYS * DAY_MS + 1
    if asleep is not None and asleep <= now_ms:
        return Stage.SLEEPING, None
    purchases = max(orders, redeemed)  # an order paid with a coupon is one purchase
    if purchases:
        return (Stage.LOYAL if purchases >= LOYAL_PURCHASES else Stage.CUSTOMER), asleep
    settled = None if first_seen is None else first_seen + NEW_DAYS * DAY_MS + 1
    if settled is None:
        return Stage.NEW, asleep
    if settled > now_ms:
        return Stage.NEW, settled if asleep is None else min(settled, asleep)
    return Stage.ACTIVE, asleep

"""What is predicted of followers by themselves: a slug each, which segments and campaigns name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.errors import InvalidInput
from bot.profile.fold import is_own_act
from bot.store.learning_rows import Logged
from bot.store.predictions import LIKE
from bot.store.predictions import PURPOSES as SLUGS
from bot.values.facts import FoldEvent

__all__ = ["LIKE", "PURPOSES", "Purpose", "came_or_went", "purpose"]

Happened = Callable[[Sequence[Logged], int, int], bool]


@dataclass(frozen=True)
class Purpose:
    """What is to be known ahead.

    sort          message: before each message; trial: before each message, and before each that was
                  held back by luck; landmark: at each of the last month-ends; now: of everybody as
                  he stands; own: by a way of its own (bot.learning.ways)
    with_offer    the row also says what is offered
    answers       of `message`: acts inside the attribution window that count
    needs_coupon  of `message`: only messages with a coupon
    days          of `landmark`: how far ahead; happened, also of `trial`: whether it did,
                  after..until (ms)
    of_active     of `landmark`: only of those who did something in as many days before
    """

    slug: str
    sort: str
    kind: str = "propensity"
    with_offer: bool = False
    answers: frozenset[str] = frozenset()
    needs_coupon: bool = False
    days: int = 0
    step_days: int = 30
    landmarks: int = 6
    of_active: bool = False
    happened: Happened = lambda log, after, until: False


def _bought(log: Sequence[Logged], after: int, until: int) -> bool:
    kinds = ("order", "coupon.redeemed")
    return any(one.event.kind in kinds and after < one.event.at_ms <= until for one in log)


def _left(log: Sequence[Logged], after: int, until: int) -> bool:
    """Went, refused to hear more, or did nothing at all."""
    mine = [one.event for one in log if after < one.event.at_ms <= until]
    if any(event.kind == "opt_out" or came_or_went(event) is False for event in mine):
        return True
    return not any(is_own_act(event.kind) for event in mine)


def came_or_went(event: FoldEvent) -> bool | None:
    """True: began to follow; False: stopped; None: neither."""
    if event.kind == "follow.synced":
        found = event.facts.get("subscribed") if isinstance(event.facts, dict) else None
        return found if isinstance(found, bool) else None
    return {"subscribe": True, "unsubscribe": False}.get(event.kind)


_ANSWERS = frozenset({"clicked", "claimed", "redeemed", "credited"})

PURPOSES = {
    one.slug: one
    for one in (
        Purpose("redeem", "message", with_offer=True, answers=frozenset({"redeemed"}),
                needs_coupon=True),
        Purpose("answer", "message", with_offer=True, answers=_ANSWERS),
        Purpose("buy", "landmark", days=30, happened=_bought),
        Purpose("churn", "landmark", days=60, of_active=True, happened=_left),
        Purpose("uplift", "trial", kind="uplift", with_offer=True, happened=_bought),
        Purpose("next_order", "own", kind="churn"),
        Purpose("clusters", "own", kind="clusters"),
        Purpose("hours", "own", kind="hours"),
        Purpose("fatigue", "own", kind="fatigue"),
        Purpose("recommend", "own", kind="recommend"),
    )
}  # fmt: skip
assert tuple(PURPOSES) == SLUGS


def purpose(slug: str) -> Purpose:
    """Raises InvalidInput with the purposes there are."""
    if slug.startswith(LIKE):
        return Purpose(slug, "now", kind="lookalike")
    if slug not in PURPOSES:
        raise InvalidInput(f"no purpose {slug}; there are {', '.join(PURPOSES)}")
    return PURPOSES[slug]

"""The kinds of events of a timeline, in the groups that a reader may pick.

Every kind that the program itself writes stands in one of them (a test holds that), and what forms
and other systems report under names of their own is the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bot.store import timeline as store
from bot.store.timeline import Happened, Place
from bot.values.facts import FAMILIES
from bot.values.reported import ACTS

OTHER = "other"
SEGMENTS = "segments"
PAGE = 30
_BASKET = ("cart.add", "cart.remove")

GROUPS: Mapping[str, tuple[str, ...]] = {
    "messages": (*FAMILIES["message.*"], "clarified", "satisfied", "overheard", "location"),
    "menu": FAMILIES["menu.*"],
    "visits": (*(kind for kind in ACTS if kind not in _BASKET), "click"),
    "purchases": (*_BASKET, "order", "refund", "card"),
    "coupons": FAMILIES["coupon.*"],
    "following": ("subscribe", "unsubscribe", "scan", "follow.synced"),
    "data": ("attribute", "tag", "preference", "interest.imported", "friends"),
    "wishes": ("consent", "opt_in", "opt_out", "subscription.popup", "subscription.change",
               "privacy", "privacy.modified", "privacy.revoked", "privacy.cancelled"),
    "service": ("agent", "desk.said", "desk.settled", "handoff_wanted", "delivery.template",
                "delivery.mass", "delivery.publish", "subscription.sent", "qualification",
                "event.unknown", "campaign.answered", "campaign.ignored"),
    SEGMENTS: ("segment.entered", "segment.left"),
}  # fmt: skip
_NAMED = tuple(kind for kinds in GROUPS.values() for kind in kinds)


class Timeline(NamedTuple):
    """A page of events, the newest first. `more`: where the next one begins."""

    events: list[Happened]
    more: Place | None


def shown(
    follower_id: int,
    group: str = "",
    place: Place | None = None,
    *,
    personal: bool = False,
    own: bool = False,
) -> Timeline:
    """A page of the follower's events; an unknown or empty group means all.

    own        for himself: which segments he came into is the house's own business
    personal   with the sealed part: what he wrote
    """
    kinds, but = _wanted(group, own)
    found = store.page(follower_id, place or Place(), PAGE, kinds, but, personal)
    return Timeline(*found)


def _wanted(group: str, own: bool) -> tuple[tuple[str, ...] | None, bool]:
    if group == OTHER:
        return _NAMED, True
    if group in GROUPS and not (own and group == SEGMENTS):
        return GROUPS[group], False
    return (GROUPS[SEGMENTS], True) if own else (None, False)


def groups(own: bool) -> tuple[str, ...]:
    """The groups that a reader may pick."""
    return (*(name for name in GROUPS if not (own and name == SEGMENTS)), OTHER)


def read_place(text: str) -> Place | None:
    """From an address: "<ms>" or "<ms>-<skip>"; None for anything else."""
    at, _, skip = text.partition("-")
    parts = (at, skip or "0")
    if not all(part.isascii() and part.isdecimal() and len(part) <= 15 for part in parts):
        return None
    return Place(int(at), min(int(parts[1]), 10**6))


def written(place: Place) -> str:
    """The same for an address."""
    return f"{place.at}-{place.skip}" if place.skip else str(place.at)

"""Eight static segments of customers by recency, frequency and money, against their own medians.

Above the median of the account's buyers is high; the median itself is not, so that where most
bought once, twice is often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from bot.segment import lists
from bot.store import groupings
from bot.store.db import transaction
from bot.store.groupings import Buyer

KIND = "rfm"

# (recent, often, much) -> slug, name
CLASSES: dict[tuple[bool, bool, bool], tuple[str, str]] = {
    (True, True, True): ("rfm-champions", "重要价值客户"),
    (True, False, True): ("rfm-growing", "重要发展客户"),
    (False, True, True): ("rfm-keep", "重要保持客户"),
    (False, False, True): ("rfm-win-back", "重要挽留客户"),
    (True, True, False): ("rfm-regular", "一般价值客户"),
    (True, False, False): ("rfm-new", "一般发展客户"),
    (False, True, False): ("rfm-fading", "一般保持客户"),
    (False, False, False): ("rfm-lost", "一般挽留客户"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """A reckoned segment; `said` is one Chinese sentence about who is in it."""

    slug: str
    name: str
    size: int
    said: str


def classed(buyers: Sequence[Buyer]) -> dict[int, tuple[bool, bool, bool]]:
    """Follower id -> (recent, often, much)."""
    if not buyers:
        return {}
    recent, often, much = (
        median(values)
        for values in (
            [one.last_seen for one in buyers],
            [one.times for one in buyers],
            [one.spent_fen for one in buyers],
        )
    )
    return {
        one.follower_id: (one.last_seen > recent, one.times > often, one.spent_fen > much)
        for one in buyers
    }


def make(account_id: int, now: datetime) -> list[Group]:
    """Make the eight segments of the account, or bring their lists up to date.

    Raises InvalidInput where a segment with a rule has one of these slugs; then none is changed.
    """
    buyers = groupings.buyers(account_id)
    of = classed(buyers)
    found: list[Group] = []
    with transaction():
        for high, (slug, name) in CLASSES.items():
            wanted = {follower_id for follower_id, one in of.items() if one == high}
            lists.change(lists.static(account_id, slug, name, now, author="rfm"), wanted)
            found.append(
                Group(slug, name, len(wanted), _said(name, high, len(wanted), len(buyers)))
            )
        groupings.note(account_id, KIND, {"sizes": {one.slug: one.size for one in found}}, now)
    return found


def _said(name: str, high: tuple[bool, bool, bool], size: int, everybody: int) -> str:
    recent, often, much = high
    share = 100 * size / everybody if everybody else 0
    words = (
        "近来有互动" if recent else "久未互动",
        "买得比一半人多" if often else "买得不多",
        "花费高于中位数" if much else "花费不高",
    )
    return f"{name} {size:,} 人（占顾客 {share:.0f}%）：{'，'.join(words)}"

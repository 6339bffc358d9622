"""The token of the marketer's page of one follower: whom, until when, and by whose link.

Like every token it holds row numbers only, signed for this one purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import from_ms, to_ms
from bot.store.links import signed
from bot.tracking.tokens import numbers_of, packed

FOLLOWER_PAGE = "console.follower.v1"
PAGE_OPEN = timedelta(minutes=30)
_PERSONAL = 1


@dataclass(frozen=True, slots=True)
class FollowerPage:
    """`entry`: the number of the audit log's entry that says who made the link.

    personal   the texts that the follower wrote and what names him are shown, too
    """

    follower_id: int
    until: datetime
    entry: int
    personal: bool


def follower_page_token(page: FollowerPage) -> str:
    flags = _PERSONAL if page.personal else 0
    numbers = [page.follower_id, to_ms(page.until) // 1000, page.entry, flags]
    return signed(packed(numbers), FOLLOWER_PAGE)


def read_follower_page(token: str, now: datetime) -> FollowerPage | None:
    """None for a token that we did not make for this page, or that is past its time."""
    numbers = numbers_of(token, FOLLOWER_PAGE, 4)
    if numbers is None:
        return None
    follower_id, until_s, entry, flags = numbers
    until = from_ms(until_s * 1000)
    return None if until <= now else FollowerPage(follower_id, until, entry, bool(flags))

"""Tokens for URLs: row numbers as varints, signed, as url-safe text. No personal data.

The signature makes a token unguessable and unchangeable. A token made for one purpose is none for
another: a tracked link does not open a coupon page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import from_ms, to_ms
from bot.store.links import opened, signed

LINK = "link.v1"
COUPON = "coupon.v1"
PAGE = "page.v1"
ME = "profile"  # the page of a follower's own data
ME_OPEN = timedelta(days=1)
_LONGEST = 64  # characters; nothing of ours is longer, so longer texts are not looked at


@dataclass(frozen=True, slots=True)
class LinkIds:
    """What a link token names. No send: a link outside a campaign's message."""

    link_id: int
    send_id: int | None
    follower_id: int | None


def link_token(link_id: int, send_id: int | None, follower_id: int | None) -> str:
    return signed(packed([link_id, send_id or 0, follower_id or 0]), LINK)


def read_link(token: str) -> LinkIds | None:
    """None for a token that we did not make."""
    numbers = numbers_of(token, LINK, 3)
    return LinkIds(numbers[0], numbers[1] or None, numbers[2] or None) if numbers else None


def coupon_token(code_id: int) -> str:
    return signed(packed([code_id]), COUPON)


def read_coupon(token: str) -> int | None:
    """The code's id; None for a token that we did not make."""
    numbers = numbers_of(token, COUPON, 1)
    return numbers[0] if numbers else None


def page_token(page: str, follower_id: int, until: datetime) -> str:
    """Opens one follower's own page (`page`: "preferences", "profile") until then."""
    return signed(packed([follower_id, to_ms(until) // 1000]), f"{PAGE}.{page}")


def read_page(token: str, page: str, now: datetime) -> int | None:
    """The follower's id; None for a token of another page, of another maker, or past its time."""
    numbers = numbers_of(token, f"{PAGE}.{page}", 2)
    if numbers is None or from_ms(numbers[1] * 1000) <= now:
        return None
    return numbers[0]


def me_url(public_url: str, follower_id: int, now: datetime) -> str:
    """The follower's own page, for a day."""
    return f"{public_url}/h5/me/{page_token(ME, follower_id, now + ME_OPEN)}"


def link_url(public_url: str, link_id: int, send_id: int | None, follower_id: int | None) -> str:
    return f"{public_url}/t/{link_token(link_id, send_id, follower_id)}"


def coupon_path(code_id: int) -> str:
    return f"/h5/coupon/{coupon_token(code_id)}"


def coupon_url(public_url: str, code_id: int) -> str:
    return public_url + coupon_path(code_id)


def numbers_of(token: str, purpose: str, count: int) -> list[int] | None:
    """The numbers of a token of ours for this purpose; None for any other."""
    payload = opened(token, purpose) if len(token) <= _LONGEST else None
    if payload is None:
        return None
    numbers = _unpack(payload)
    return numbers if len(numbers) == count else None


def packed(numbers: Iterable[int]) -> bytes:
    """Seven bits a byte, the least first; the high bit says that more follows."""
    found = bytearray()
    for number in numbers:
        while number > 127:
            found.append(number & 127 | 128)
            number >>= 7
        found.append(number)
    return bytes(found)


def _unpack(packed: bytes) -> list[int]:
    numbers, number, shift = [], 0, 0
    for byte in packed:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(number)
            number, shift = 0, 0
    return numbers

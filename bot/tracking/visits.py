"""From a follower's tap to the web page that it leads to: who came is told by a short-lived token.

It stands in the address of the page, only on sites that the owner has named, and holds row numbers
only: the link, the send that carried it, the follower. The page's script takes it out of the
address, and hands it back once with the visitor's own random number (bot.collect.visiting).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.clock import from_ms, to_ms
from bot.store import followers
from bot.store.links import signed
from bot.tracking.tokens import numbers_of, packed

VISIT = "visit.v1"
VISIT_OPEN = timedelta(minutes=10)
PARAMETER = "hy_visit"


@dataclass(frozen=True, slots=True)
class Visit:
    """Whose link was opened: `evidence` names it and the message that carried it."""

    link_id: int
    send_id: int
    follower_id: int

    @property
    def evidence(self) -> str:
        return f"link:{self.link_id}:{self.send_id}"


def visit_token(visit: Visit, until: datetime) -> str:
    numbers = [visit.link_id, visit.send_id, visit.follower_id, to_ms(until) // 1000]
    return signed(packed(numbers), VISIT)


def read_visit(token: str, now: datetime) -> Visit | None:
    """None for a token that we did not make, or that is past its time."""
    numbers = numbers_of(token, VISIT, 4)
    if numbers is None or from_ms(numbers[3] * 1000) <= now:
        return None
    return Visit(*numbers[:3])


def marked(url: str, visit: Visit, now: datetime, origins: Collection[str]) -> str:
    """The target with the token in it, where it lies on one of these origins and the follower has
    not switched personalisation off; else as it is."""
    if not visit.follower_id or origin_of(url) not in origins:
        return url
    if not followers.get(visit.follower_id).personalised:
        return url
    parts = urlsplit(url)
    added = f"{PARAMETER}={visit_token(visit, now + VISIT_OPEN)}"
    return parts._replace(query=f"{parts.query}&{added}" if parts.query else added).geturl()


def origin_of(url: str) -> str:
    """scheme://host[:port], as browsers say it; "" for what has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    usual = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != usual else "")

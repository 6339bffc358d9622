"""The marketer's page of one follower: links that open it for half an hour, and who opened it.

The entry in the audit log that says who made a link is part of its token: a token whose entry is
not there, or is about another follower, opens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.errors import NotFound
from bot.profile.rights import known
from bot.store import audit, portrait
from bot.store.db import transaction
from bot.tracking.pages import (
    PAGE_OPEN,
    FollowerPage,
    follower_page_token,
    read_follower_page,
)
from bot.values.audience import FollowerState

LINK, OPEN = "page.link", "page.open"
WITHIN = timedelta(minutes=10)
MOST_LOOKS = 120


@dataclass(frozen=True, slots=True)
class PageLink:
    url: str
    expires_at: datetime

    def to_json(self) -> dict[str, str]:
        return {"url": self.url, "expires_at": self.expires_at.isoformat(timespec="seconds")}


class TooManyLooks(Exception):
    """More than MOST_LOOKS at one follower by one maker's links within WITHIN."""


def page_link(
    public_url: str, follower_id: int, actor: str, now: datetime, personal: bool = False
) -> PageLink:
    """A link to the page; whoever has it sees the page until it ends. Raises NotFound.

    actor   who makes it, as the audit log names him
    """
    with transaction():
        known(follower_id)
        until = now + PAGE_OPEN
        detail = {"personal": personal, "until": until.isoformat(timespec="seconds")}
        entry = audit.record(actor, LINK, now, follower_id=follower_id, detail=detail)
    token = follower_page_token(FollowerPage(follower_id, until, entry, personal))
    return PageLink(f"{public_url}/console/followers/{token}", until)


def opened(token: str, now: datetime) -> tuple[FollowerState, FollowerPage] | None:
    """Whom the token shows, with the look in the audit log; None: the token opens nothing.

    Raises TooManyLooks.
    """
    page = read_follower_page(token, now)
    maker = portrait.maker(page.entry, page.follower_id, LINK) if page else ""
    if page is None or not maker:
        return None
    try:
        person = known(page.follower_id)
    except NotFound:
        return None
    look(person.id, maker, now, {"link": page.entry, "personal": page.personal})
    return person, page


def look(follower_id: int, actor: str, now: datetime, detail: Mapping[str, Any]) -> None:
    """Somebody looks at a follower: into the audit log. Raises TooManyLooks."""
    if audit.count(follower_id, actor, OPEN, now - WITHIN) >= MOST_LOOKS:
        raise TooManyLooks
    audit.record(actor, OPEN, now, follower_id=follower_id, detail=detail)

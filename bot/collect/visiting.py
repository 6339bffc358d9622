"""What a page's script reports of a visitor of the owner's site, whom nobody has to know.

Everybody on the net can call this: what is taken is little, cannot speak for anybody else, and says
nothing back. A visitor is a random number of the browser's; he becomes a follower only by a token
that a tracked link of that follower has put into the address (bot.tracking.visits).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.collect import judging, naming
from bot.errors import InvalidInput
from bot.profile import identity, persons
from bot.profile.parties import Verdict
from bot.store import events
from bot.store.db import transaction
from bot.tracking.visits import read_visit
from bot.values.identity import Key, Named
from bot.values.reported import CUSTOM

logger = logging.getLogger(__name__)
SOURCE = "web"
KINDS = frozenset({"page.view", "product.view", "cart.add"})
MOST_EVENTS = 20


@dataclass(frozen=True, slots=True)
class Visited:
    """What became of one report; `link`: of the token in it, None where there was none."""

    accepted: int
    rejected: int
    link: Verdict | None = None


def take(account_id: int, document: Any, now: datetime) -> Visited:
    """{"visitor", "events": [{"id", "kind", "facts"}], "link"}. Raises InvalidInput.

    An event out of order is left out, and kept nowhere: anybody may have made it up.
    """
    visitor, items, token = _parts(document)
    told = [one for one in (_judged(item, visitor, now) for item in items) if one is not None]
    link = _opened(account_id, visitor, token, now) if token else None
    accepted = _appended(account_id, visitor, told, now) if told else 0
    logger.info("visited accepted=%d of=%d link=%s", accepted, len(items), link)
    return Visited(accepted, len(items) - len(told), link)


def _parts(document: Any) -> tuple[Key, list[Any], str]:
    if not isinstance(document, Mapping):
        raise InvalidInput("a JSON object")
    visitor = naming.person_of({"visitor": document.get("visitor")}).keys[0]
    items, token = document.get("events", []), document.get("link", "")
    if not isinstance(items, list) or len(items) > MOST_EVENTS:
        raise InvalidInput(f"a list of at most {MOST_EVENTS}", "events")
    if not isinstance(token, str):
        raise InvalidInput("a text", "link")
    return visitor, items, token


def _judged(item: Any, visitor: Key, now: datetime) -> judging.Event | None:
    """The time is ours: nobody's clock can be trusted, and nothing is told late."""
    if not isinstance(item, Mapping) or not set(item) <= {"id", "kind", "facts"}:
        return None
    kind = item.get("kind")
    if not isinstance(kind, str) or (kind not in KINDS and not CUSTOM.fullmatch(kind)):
        return None
    whole = {**item, "at": now.isoformat(), "follower": {"visitor": visitor.value}}
    try:
        return judging.event(whole, now, now)
    except InvalidInput:
        return None


def _opened(account_id: int, visitor: Key, token: str, now: datetime) -> Verdict | None:
    visit = read_visit(token, now)
    if visit is None:
        return None
    return identity.opened_link(account_id, visitor, visit.follower_id, visit.evidence, now)


def _appended(account_id: int, visitor: Key, told: list[judging.Event], now: datetime) -> int:
    """How many were new. A visitor's events are named within his own: nobody takes another's."""
    with transaction():
        who = persons.whose(account_id, [Named(None, (visitor,))], now)[0]
        new = [
            events.append(
                account_id, who.follower, one.kind, at=one.at, received_at=now, source=SOURCE,
                key=f"{visitor.value}:{one.id}", facts=one.facts, identity_id=who.identity,
            )
            for one in told
        ]  # fmt: skip
    return sum(one is not None for one in new)

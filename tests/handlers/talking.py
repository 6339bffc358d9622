"""What tests teach the house to say, and what it then understands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.store import followers, talk
from bot.store.db import fetch
from bot.talk.answers import read_answer
from bot.talk.live import Live
from bot.values.audience import Understanding
from handlers.say import say
from tests.conftest import NOON


def teach(house: Any, kind: str, slug: str, document: dict[str, Any]) -> None:
    """Keep a document; the house knows it at once."""
    talk.put(house.account.id, kind, slug, document, NOON)
    house.services = replace(house.services, talk_of=Live().of)


def setting(house: Any, slug: str, **document: Any) -> None:
    teach(house, "setting", slug, document)


def means(house: Any, text: str, **understood: Any) -> None:
    """This text is understood so from now on; others as before."""
    usual = house.services.understand

    def understand(said: str, account_id: int) -> Understanding:
        found = usual(said, account_id)
        return replace(found, **understood) if said == text else found

    house.services = replace(house.services, understand=understand)


def context(house: Any, **follower: Any) -> Any:
    """The context of the last message, its sender changed as named."""
    state = replace(followers.get(house.follower_id), **follower)
    event_id = fetch("SELECT MAX(event_id) FROM inbox")[0][0]
    return replace(house.context(), follower=state, event_id=event_id, now=house.now)


def answering(ctx: Any, *documents: dict[str, Any], give: str = "all", **more: Any) -> Any:
    """What `say` makes of these answers."""
    return say(ctx, [read_answer(one) for one in documents], give, **more)

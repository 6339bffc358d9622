"""What the control plane tells: the ledger, the followers, their screens, the truth.

All of it is JSON-ready. Instants are milliseconds since 1970; `since` may also be an ISO time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.sandbox.crowd import truth as ground_truth
from bot.sandbox.crowd.scripts import Scripts
from bot.sandbox.ledger import Record
from bot.sandbox.people import Person
from bot.sandbox.platform import Platform
from bot.sandbox.world import World

Fields = dict[str, Any]
Query = Mapping[str, str]
MOST = 10_000
LONGEST = 18  # digits of a number
FILTERS = ("kind", "openid", "since", "limit", "format")


class Nobody(LookupError):
    """No such person."""


def number(query: Query, name: str, default: int) -> int:
    """A whole number from 0 on. Raises ValueError."""
    text = query.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or len(text) > LONGEST:
        raise ValueError(f"{name}: wants a whole number")
    return int(text)


def instant(text: str) -> int:
    """Milliseconds as they are, or an ISO time with zone. Raises ValueError."""
    if text.isdecimal() and len(text) <= LONGEST:
        return int(text)
    try:
        return to_ms(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise ValueError("since: wants milliseconds or an ISO time with zone") from None


# --- the ledger ------------------------------------------------------------------------------


def records(world: World, query: Query) -> list[Record]:
    """The ledger's records, oldest first.

    kind    one or several, between commas
    openid  whose
    since   from this instant on, it included
    limit   only the last so many
    """
    kinds = [kind for kind in query.get("kind", "").split(",") if kind]
    since, openid = instant(query.get("since") or "0"), query.get("openid", "")
    limit = number(query, "limit", MOST)
    found = [
        record
        for record in world.ledger.records(*kinds)
        if record["at"] >= since and (not openid or record.get("openid") == openid)
    ]
    return found[len(found) - limit :] if 0 < limit < len(found) else found


def json_lines(found: Iterable[Record]) -> str:
    return "".join(
        json.dumps(one, ensure_ascii=False, separators=(",", ":"), default=str) + "\n"
        for one in found
    )


# --- the people ------------------------------------------------------------------------------


def person_of(world: World, openid: str) -> Person:
    person = world.people.get(openid)
    if person is None:
        raise Nobody(openid)
    return person


def follower(world: World, person: Person) -> Fields:
    """As the platform knows this person, with what no API tells."""
    followed, acted = person.subscribe_at, person.last_act_at
    return {
        "openid": person.openid,
        "unionid": person.unionid,
        "name": person.name,
        "subscribed": person.subscribed,
        "subscribe_at": to_ms(followed) if followed else None,
        "subscribe_scene": person.subscribe_scene,
        "scene": person.scene,
        "remark": person.remark,
        "tags": sorted(person.tags),
        "blacklisted": person.blacklisted,
        "last_act_at": to_ms(acted) if acted else None,
        "interests": list(person.interests),
        "window": window(world, person),
        "shown": person.shown,
    }


def window(world: World, person: Person) -> Fields:
    """How many customer-service messages may go now, and until when."""
    found = person.window
    open_ = found.refusal(world.clock()) == 0
    return {
        "open": open_,
        "left": found.left if open_ else 0,
        "until": to_ms(found.until) if found.until else None,
    }


def followers(world: World, query: Query) -> Fields:
    """A page of all who ever followed, in that order. `next`: the `after` of the next page.

    after       the openid after which the page begins
    limit       people on it, 100 where nothing is said
    subscribed  1: only who follows now
    """
    limit = max(1, min(number(query, "limit", 100), MOST))
    with world.lock:
        known = world.subscribed() if query.get("subscribed") == "1" else world.followers
        begins = 0
        if after := query.get("after", ""):
            if after not in known:
                raise ValueError("after: is not one of them")
            begins = known.index(after) + 1
        page = known[begins : begins + limit]
        return {
            "total": len(known),
            "followers": [follower(world, world.people[openid]) for openid in page],
            "next": page[-1] if begins + limit < len(known) else "",
        }


def screen(world: World, person: Person, query: Query) -> Fields:
    """What this phone shows. Bubbles are numbered from 1 on; only those after `since`."""
    since = number(query, "since", 0)
    with world.lock:
        first = person.shown - len(person.chat) + 1
        bubbles = [
            {"number": at, **bubble.as_json()}
            for at, bubble in enumerate(person.chat, first)
            if at > since
        ]
        return {
            "openid": person.openid,
            "name": person.name,
            "subscribed": person.subscribed,
            "window": window(world, person),
            "shown": person.shown,
            "bubbles": bubbles,
        }


# --- the rest -------------------------------------------------------------------------------


def truth(platform: Platform) -> list[Fields]:
    """What no API tells: who the people are, and what each offer they got was worth."""
    offers = platform.world.ledger.records("offer")
    return [*ground_truth.export(platform.config), *ground_truth.offers(offers)]


def failures(scripts: Scripts) -> list[Fields]:
    """The steps of scripts that could not be done."""
    return [
        {"name": one.name, "at": to_ms(one.at), "act": one.act, "reason": one.reason}
        for one in scripts.failures
    ]


def clock(platform: Platform) -> Fields:
    """The platform's time. `virtual`: it moves only when it is run."""
    now = platform.world.clock()
    return {"now": now.isoformat(), "at": to_ms(now), "virtual": platform.stepper is not None}

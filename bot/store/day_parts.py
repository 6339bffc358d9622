"""A day's messages, menu taps and callbacks, told apart: what the figures of a day are made of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import to_ms
from bot.store.db import fetch
from bot.store.spans import qmarks
from bot.values import inbound
from bot.values.facts import FAMILIES

# Every kind of event that a push of the platform is kept as.
PUSHED = tuple(
    sorted(
        {
            one.kind
            for one in vars(inbound).values()
            if isinstance(one, type) and issubclass(one, inbound.Inbound)
        }
    )
)


class Said(NamedTuple):
    """A message that came in. `handler` "": none has answered it yet."""

    facts: dict[str, Any]
    handler: str


class Tapped(NamedTuple):
    """A button of the menu: its key, the address that it opens, else the kind of event."""

    button: str
    taps: int
    people: int


class Calls(NamedTuple):
    """Pushes of the platform. failed: their handler broke, or the answer was too late for the
    callback; times in ms."""

    calls: int
    failed: int
    late: int
    total_ms: int
    most_ms: int


def messages(account_id: int, since: datetime, until: datetime) -> Iterator[Said]:
    kinds = FAMILIES["message.*"]
    rows = fetch(
        "SELECT e.facts, i.handler FROM event e LEFT JOIN inbox i ON i.event_id = e.id"
        f" WHERE e.kind IN ({qmarks(kinds)}) AND e.at >= ? AND e.at < ? AND e.account_id = ?",
        (*kinds, to_ms(since), to_ms(until), account_id),
    )
    return (Said(_facts(facts), handler or "") for facts, handler in rows)


def taps(account_id: int, since: datetime, until: datetime) -> list[Tapped]:
    """The most tapped first."""
    kinds = FAMILIES["menu.*"]
    rows = fetch(
        "SELECT kind, facts, COUNT(*), COUNT(DISTINCT follower_id) FROM event"
        f" WHERE kind IN ({qmarks(kinds)}) AND at >= ? AND at < ? AND account_id = ?"
        " GROUP BY kind, facts ORDER BY 3 DESC, 1, 2",
        (*kinds, to_ms(since), to_ms(until), account_id),
    )
    return [
        Tapped(_button(_facts(facts)) or kind, int(many), int(people))
        for kind, facts, many, people in rows
    ]


def calls(account_id: int, since: datetime, until: datetime) -> Calls:
    """How our own side handled what the platform pushed."""
    rows = fetch(
        "SELECT COUNT(*), SUM(CASE WHEN i.state IN ('failed', 'dead') THEN 1 ELSE 0 END),"
        " SUM(CASE WHEN i.answer NOT IN ('passive', 'none', '') THEN 1 ELSE 0 END),"
        " SUM(i.handled_ms), MAX(i.handled_ms) FROM event e JOIN inbox i ON i.event_id = e.id"
        f" WHERE e.kind IN ({qmarks(PUSHED)}) AND e.at >= ? AND e.at < ? AND e.account_id = ?",
        (*PUSHED, to_ms(since), to_ms(until), account_id),
    )
    return Calls(*(int(value or 0) for value in rows[0]))


def _facts(text: str) -> dict[str, Any]:
    found = json.loads(text)
    return found if isinstance(found, dict) else {}


def _button(facts: dict[str, Any]) -> str:
    return str(facts.get("key") or facts.get("url") or "")

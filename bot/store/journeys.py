"""Journeys and their versions. A change of state compares before it sets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import instant, to_ms
from bot.errors import NotFound
from bot.store.db import fetch, insert_new, locking, run, transaction

DRAFT, RUNNING, PAUSED, STOPPED = "draft", "running", "paused", "stopped"
KEEP, MOVE, STOP = "keep", "move", "stop"
_COLUMNS = (
    "id, account_id, slug, name, state, version, started_at, dated_on, dated_after, error,"
    " created_at, updated_at"
)
_OF_VERSION = "id, journey_id, number, definition, actions, policy, settled, author, at"


@dataclass(frozen=True, slots=True)
class JourneyState:
    """A journey. `version`: the latest, by which people enter.

    dated_on, dated_after   see bot.store.models.journeys
    """

    id: int
    account_id: int
    slug: str
    name: str
    state: str
    version: int
    started_at: datetime | None
    dated_on: str
    dated_after: int | None
    error: str
    created_at: datetime | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Version:
    """`definition` as text: equal texts are the same journey. `actions`: sending step -> slug of
    its standing campaign. `settled`: its policy has been done for everybody on the way."""

    id: int
    journey_id: int
    number: int
    definition: str
    actions: Mapping[str, str]
    policy: str
    settled: bool
    author: str
    at: datetime | None

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.definition)
        return found


def _state(row: Sequence[Any]) -> JourneyState:
    id_, account_id, slug, name, state, version, started, dated_on, dated_after, error = row[:10]
    return JourneyState(
        id_, account_id, slug, name, state, version, instant(started), dated_on, dated_after,
        error, instant(row[10]), instant(row[11]),
    )  # fmt: skip


def _version(row: Sequence[Any]) -> Version:
    id_, journey_id, number, definition, actions, policy, settled, author, at = row
    return Version(
        id_, journey_id, number, definition, json.loads(actions), policy, bool(settled), author,
        instant(at),
    )  # fmt: skip


def get(journey_id: int, *, hold: bool = False) -> JourneyState:
    """With `hold` nobody else enters or changes it until the transaction ends. Raises NotFound."""
    end = locking() if hold else ""
    rows = fetch(f"SELECT {_COLUMNS} FROM journey WHERE id = ?{end}", (journey_id,))
    if not rows:
        raise NotFound(f"there is no journey {journey_id}")
    return _state(rows[0])


def by_slug(account_id: int, slug: str) -> JourneyState:
    """Raises NotFound."""
    rows = fetch(
        f"SELECT {_COLUMNS} FROM journey WHERE account_id = ? AND slug = ?", (account_id, slug)
    )
    if not rows:
        raise NotFound(f"there is no journey {slug!r}")
    return _state(rows[0])


def of_account(account_id: int) -> list[JourneyState]:
    """By slug."""
    rows = fetch(
        f"SELECT {_COLUMNS} FROM journey WHERE account_id = ? ORDER BY slug", (account_id,)
    )
    return [_state(row) for row in rows]


def in_states(states: Sequence[str]) -> list[JourneyState]:
    """Of every account, the oldest first."""
    marks = ",".join("?" * len(states))
    rows = fetch(f"SELECT {_COLUMNS} FROM journey WHERE state IN ({marks}) ORDER BY id", states)
    return [_state(row) for row in rows]


def create(account_id: int, slug: str, name: str, now: datetime) -> JourneyState:
    """A draft without a version, or the journey that is there."""
    columns = (
        "account_id", "slug", "name", "state", "version", "dated_on", "error", "created_at",
        "updated_at",
    )  # fmt: skip
    insert_new("journey", columns, (account_id, slug, name, DRAFT, 0, "", "", *[to_ms(now)] * 2))
    return by_slug(account_id, slug)


def add_version(
    journey_id: int,
    name: str,
    definition: str,
    actions: Mapping[str, str],
    policy: str,
    author: str,
    now: datetime,
) -> int:
    """The next version's number; people enter by it from now on. In a transaction that holds it."""
    with transaction():
        number = get(journey_id).version + 1
        columns = (
            "journey_id", "number", "definition", "actions", "policy", "settled", "author", "at",
        )  # fmt: skip
        values = (
            journey_id, number, definition, json.dumps(actions), policy, policy == KEEP,
            author[:64], to_ms(now),
        )  # fmt: skip
        insert_new("journey_version", columns, values)
        run(
            "UPDATE journey SET version = ?, name = ?, updated_at = ? WHERE id = ?",
            (number, name, to_ms(now), journey_id),
        )
    return number


def version(journey_id: int, number: int) -> Version:
    """Raises NotFound."""
    rows = fetch(
        f"SELECT {_OF_VERSION} FROM journey_version WHERE journey_id = ? AND number = ?",
        (journey_id, number),
    )
    if not rows:
        raise NotFound(f"the journey has no version {number}")
    return _version(rows[0])


def versions(journey_id: int) -> list[Version]:
    """The newest first."""
    rows = fetch(
        f"SELECT {_OF_VERSION} FROM journey_version WHERE journey_id = ? ORDER BY number DESC",
        (journey_id,),
    )
    return [_version(row) for row in rows]


def settle(version_id: int) -> None:
    """The version's policy has been done for everybody who was on the way."""
    run("UPDATE journey_version SET settled = ? WHERE id = ?", (True, version_id))


def move(journey_id: int, origins: Sequence[str], state: str, now: datetime) -> bool:
    """Move from one of `origins`. False: it was in none of them. Its first start is kept."""
    marks = ",".join("?" * len(origins))
    return (
        run(
            "UPDATE journey SET state = ?, updated_at = ?, error = '', started_at ="
            " CASE WHEN started_at IS NULL AND ? = 'running' THEN ? ELSE started_at END"
            f" WHERE id = ? AND state IN ({marks})",
            (state, to_ms(now), state, to_ms(now), journey_id, *origins),
        )
        == 1
    )


def complain(journey_id: int, error: str) -> None:
    """Say what is wrong ("" nothing any more) without changing the state."""
    said = error[:190]
    run("UPDATE journey SET error = ? WHERE id = ? AND error <> ?", (said, journey_id, said))


def set_dated(journey_id: int, day: str, after: int | None) -> None:
    """How far the dates of `day` have been entered; None: they all have."""
    run("UPDATE journey SET dated_on = ?, dated_after = ? WHERE id = ?", (day, after, journey_id))


def naming_segment(account_id: int, slug: str) -> list[str]:
    """Slugs of the journeys, those that are stopped left out, whose latest version names it."""
    return [
        state.slug
        for state in of_account(account_id)
        if state.version
        and state.state != STOPPED
        and _names(version(state.id, state.version).document, slug)
    ]


def _names(document: Any, slug: str) -> bool:
    """Some part of the document says {segment: slug} or {list: slug}."""
    if isinstance(document, dict):
        said = slug in (document.get("segment"), document.get("list"))
        return said or any(_names(part, slug) for part in document.values())
    return isinstance(document, list) and any(_names(part, slug) for part in document)

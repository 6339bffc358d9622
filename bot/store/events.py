"""The event log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from bot.clock import to_ms
from bot.errors import NotFound
from bot.store.db import fetch, insert_new, is_mysql, run
from bot.store.fields import Holder

COLUMNS = (
    "account_id",
    "follower_id",
    "kind",
    "at",
    "received_at",
    "source",
    "dedupe",
    "facts",
    "sealed",
    "identity_id",
    "folded",
)
PLACE = "event.sealed"


def append(
    account_id: int,
    follower_id: int | None,
    kind: str,
    *,
    at: datetime,
    received_at: datetime,
    source: str,
    key: str,
    facts: Mapping[str, Any] | None = None,
    sealed: Mapping[str, Any] | None = None,
    identity_id: int | None = None,
) -> int | None:
    """Append one event; its id, or None when `key` was appended before.

    key     names the happening within (account, source): "optout:17", a callback's dedupe_key
    facts   plain and impersonal; sealed: whatever is personal (texts, places, raw fields)
    identity_id   by which identity it came (bot.store.identities); None: the follower's own name
    """
    values = row(account_id, follower_id, kind, at, received_at, source, key, facts, sealed,
                 identity_id)  # fmt: skip
    new: int | None = insert_new("event", COLUMNS, values)
    return new


def row(
    account_id: int,
    follower_id: int | None,
    kind: str,
    at: datetime,
    received_at: datetime,
    source: str,
    key: str,
    facts: Mapping[str, Any] | None,
    sealed: Mapping[str, Any] | None,
    identity_id: int | None = None,
) -> tuple[Any, ...]:
    """The values of COLUMNS for one event."""
    return (
        account_id,
        follower_id,
        kind,
        to_ms(at),
        to_ms(received_at),
        source,
        dedupe(account_id, source, key),
        json.dumps(facts or {}, ensure_ascii=False),
        Holder.vault.seal_json(sealed, PLACE) if sealed else None,
        identity_id,
        False,
    )


def dedupe(account_id: int, source: str, key: str) -> str:
    """The unique column's 32 hex digits."""
    return blake2b(f"{account_id}\0{source}\0{key}".encode(), digest_size=16).hexdigest()


def append_many(rows: Sequence[tuple[Any, ...]]) -> int:
    """Append events made by `row`, some hundreds at most; how many were not appended before."""
    if not rows:
        return 0
    verb, end = ("INSERT IGNORE", "") if is_mysql() else ("INSERT", " ON CONFLICT DO NOTHING")
    marks = ",".join([f"({','.join('?' * len(COLUMNS))})"] * len(rows))
    values = [value for one in rows for value in one]
    return run(f"{verb} INTO event ({','.join(COLUMNS)}) VALUES {marks}{end}", values)


def id_of(account_id: int, source: str, key: str) -> int:
    """The event that was appended under this key. Raises NotFound."""
    found = fetch("SELECT id FROM event WHERE dedupe = ?", (dedupe(account_id, source, key),))
    if not found:
        raise NotFound(f"there is no event {key!r} of {source}")
    return int(found[0][0])


def own(account_id: int, source: str, key: str, follower_id: int) -> bool:
    """The follower is named himself for what came by another name of his, or of nobody known yet.

    Then it stays his when that name is parted from him. False: it was his own, or another's.
    """
    return (
        run(
            "UPDATE event SET folded = CASE WHEN follower_id IS NULL THEN FALSE ELSE folded END,"
            " follower_id = ?, identity_id = NULL WHERE dedupe = ? AND identity_id IS NOT NULL"
            " AND (follower_id IS NULL OR follower_id = ?)",
            (follower_id, dedupe(account_id, source, key), follower_id),
        )
        == 1
    )


class Found(NamedTuple):
    """An event as its key finds it. `follower_id` None: of nobody, or of somebody erased, or it
    waits: then it came by an identity."""

    id: int
    follower_id: int | None
    facts: dict[str, Any]
    identity_id: int | None = None
    at_ms: int = 0


def find(account_id: int, source: str, key: str) -> Found | None:
    """The event that was appended under this key."""
    rows = fetch(
        "SELECT id, follower_id, facts, identity_id, at, received_at FROM event WHERE dedupe = ?",
        (dedupe(account_id, source, key),),
    )
    if not rows:
        return None
    id_, follower_id, facts, identity_id, at, received_at = rows[0]
    return Found(id_, follower_id, json.loads(facts), identity_id, min(at, received_at))

"""Names that other systems know people by, as operators and the people themselves see them, and how
they are forgotten."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import from_ms, to_ms
from bot.store.db import fetch, run
from bot.store.fields import Holder
from bot.store.identities import PLACE, hold
from bot.store.spans import qmarks, spans


class Shown(NamedTuple):
    """An identity opened, for who may see it; `events` that came by it."""

    id: int
    kind: str
    system: str
    value: str
    contact: int
    follower: int | None
    since: datetime
    events: int


def shown(account_id: int, ids: Collection[int]) -> list[Shown]:
    """Opened identities with how many events came by each."""
    return [
        Shown(
            row[0], row[1], row[2], Holder.vault.open(bytes(row[3]), PLACE).decode(),
            row[4] or row[0], row[5], from_ms(row[6]), row[7],
        )
        for part in spans(sorted(ids))
        for row in fetch(
            "SELECT i.id, i.kind, i.of_system, i.value, i.contact, i.follower_id, i.created_at,"
            " (SELECT COUNT(*) FROM event e WHERE e.identity_id = i.id) FROM identity i"
            f" WHERE i.account_id = ? AND i.id IN ({qmarks(part)}) ORDER BY i.id",
            (account_id, *part),
        )
    ]  # fmt: skip


class Waiting(NamedTuple):
    """A contact whom nothing joined to a follower yet: how many names, events, since when."""

    contact: int
    names: int
    kinds: str
    events: int
    since: datetime


def held(follower_id: int) -> list[dict[str, Any]]:
    """Names that were joined to a follower, opened, for himself."""
    rows = fetch(
        "SELECT kind, of_system, value, created_at FROM identity WHERE follower_id = ? ORDER BY id",
        (follower_id,),
    )
    return [
        {
            "kind": kind,
            "system": system,
            "value": Holder.vault.open(bytes(value), PLACE).decode(),
            "since": from_ms(since),
        }
        for kind, system, value, since in rows
    ]


def waiting(account_id: int, limit: int) -> list[Waiting]:
    """Contacts without a follower, those with the most events of the newest first."""
    rows = fetch(
        "SELECT COALESCE(contact, id), id, kind, created_at FROM identity"
        " WHERE account_id = ? AND follower_id IS NULL ORDER BY id DESC LIMIT ?",
        (account_id, limit),
    )
    counts = dict(
        pair
        for part in spans([row[1] for row in rows])
        for pair in fetch(
            "SELECT identity_id, COUNT(*) FROM event"
            f" WHERE identity_id IN ({qmarks(part)}) GROUP BY identity_id",
            part,
        )
    )
    by_contact: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        by_contact.setdefault(row[0], []).append(row)
    people = [
        Waiting(
            contact,
            len(names),
            ",".join(sorted({name[2] for name in names})),
            sum(counts.get(name[1], 0) for name in names),
            from_ms(min(name[3] for name in names)),
        )
        for contact, names in by_contact.items()
    ]
    return sorted(people, key=lambda one: (-one.events, one.contact))


def count_waiting(account_id: int, before: datetime | None = None) -> int:
    """Names that wait for a follower; `before`: kept since before then, and nothing came since."""
    sql = "SELECT COUNT(*) FROM identity i WHERE i.account_id = ? AND i.follower_id IS NULL"
    if before is None:
        return int(fetch(sql, (account_id,))[0][0])
    old = (
        f"{sql} AND i.created_at < ? AND NOT EXISTS (SELECT 1 FROM event e"
        " WHERE e.identity_id = i.id AND e.received_at >= ?)"
    )
    return int(fetch(old, (account_id, to_ms(before), to_ms(before)))[0][0])


def elsewhere(follower_id: int) -> list[tuple[str, int, bool]]:
    """(account, follower, subscribed) of the same unionid in the owner's other accounts."""
    return [
        (row[0], row[1], bool(row[2]))
        for row in fetch(
            "SELECT a.slug, o.id, o.subscribed FROM follower f JOIN follower o"
            " ON o.unionid_hash = f.unionid_hash AND o.account_id <> f.account_id"
            " JOIN account a ON a.id = o.account_id"
            " WHERE f.id = ? AND f.unionid_hash IS NOT NULL AND o.erased_at IS NULL ORDER BY o.id",
            (follower_id,),
        )
    ]


# --- forgotten -----------------------------------------------------------------------------------


def stale(account_id: int, before: datetime, after: int, limit: int) -> list[int]:
    """Names kept since before then that wait still, ascending after `after`."""
    return [
        row[0]
        for row in fetch(
            "SELECT id FROM identity WHERE account_id = ? AND follower_id IS NULL"
            " AND created_at < ? AND id > ? ORDER BY id LIMIT ?",
            (account_id, to_ms(before), after, limit),
        )
    ]


def kept_since(account_id: int, ids: Collection[int], since: datetime) -> set[int]:
    """Those that were made since then."""
    return {
        row[0]
        for part in spans(sorted(ids))
        for row in fetch(
            "SELECT id FROM identity WHERE account_id = ? AND created_at >= ?"
            f" AND id IN ({qmarks(part)})",
            (account_id, to_ms(since), *part),
        )
    }


def lively(ids: Collection[int], since: datetime) -> set[int]:
    """Those by which something came since then."""
    return {
        row[0]
        for part in spans(sorted(ids))
        for row in fetch(
            "SELECT DISTINCT identity_id FROM event WHERE received_at >= ?"
            f" AND identity_id IN ({qmarks(part)})",
            (to_ms(since), *part),
        )
    }


def gather(follower_id: int) -> None:
    """Before somebody is erased: what has yet to follow him to here is his, and nothing more comes.

    Holds the account until the transaction ends.
    """
    for (account_id,) in fetch("SELECT account_id FROM follower WHERE id = ?", (follower_id,)):
        hold(account_id)
    run(
        "UPDATE event SET follower_id = ? WHERE follower_id IS NULL AND identity_id IN"
        " (SELECT id FROM identity WHERE follower_id = ?)",
        (follower_id, follower_id),
    )


def forget(ids: Collection[int]) -> tuple[int, int]:
    """Delete these identities with the events that wait for them; how many of each."""
    names = events = 0
    for part in spans(sorted(ids)):
        marks = qmarks(part)
        events += run(
            f"DELETE FROM event WHERE follower_id IS NULL AND identity_id IN ({marks})", part
        )
        run(f"UPDATE event SET identity_id = NULL WHERE identity_id IN ({marks})", part)
        names += run(f"DELETE FROM identity WHERE id IN ({marks})", part)
    return names, events

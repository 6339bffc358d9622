"""Joins of identities: why each was made, what contradicts, and events that follow a person.

A join's `state`: open (its events follow still), done, parting (its events go back still), undone.
A join that was undone stays as the mark that sets both apart.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import from_ms, instant, to_ms
from bot.errors import NotFound
from bot.store.db import fetch, insert_new, run, run_many
from bot.store.fields import Holder
from bot.store.spans import qmarks, spans
from bot.values.identity import Why

REASON = "identity_join.reason"
OPEN, DONE, PARTING, UNDONE = "open", "done", "parting", "undone"
_COLUMNS = ("account_id", "identity_id", "other_id", "follower_id", "why", "evidence", "actor",
            "reason", "moved", "state", "at", "undone_by")  # fmt: skip
_READ = (
    "id, account_id, identity_id, other_id, follower_id, why, evidence, actor, reason, moved,"
    " state, at, undone_at, undone_by, left_id"
)


class Edge(NamedTuple):
    """A join to be written: `identity` is the same person as `other`, or as `follower`.

    moved   identities whose events follow it
    """

    identity: int
    other: int | None
    follower: int | None
    why: Why
    evidence: str
    moved: tuple[int, ...]


class Contradiction(NamedTuple):
    """Evidence that was not followed: `identity` against another one, or against a follower."""

    identity: int
    other: int | None
    follower: int | None
    why: Why
    evidence: str


@dataclass(frozen=True, slots=True)
class Join:
    """A join as it is kept. One of `other` and `follower` is set.

    left   while it is parting: the follower whose profile is to be folded anew at the end
    """

    id: int
    account_id: int
    identity: int
    other: int | None
    follower: int | None
    why: Why
    evidence: str
    actor: str
    reason: str
    moved: tuple[int, ...]
    state: str
    at: datetime
    undone_at: datetime | None
    undone_by: str
    left: int | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A contradiction as it is kept; `times` it was told."""

    id: int
    identity: int
    other: int | None
    follower: int | None
    why: Why
    evidence: str
    at: datetime
    last_at: datetime
    times: int


def add(
    account_id: int, edges: Sequence[Edge], now: datetime, actor: str = "", reason: str = ""
) -> None:
    """Write joins, in a transaction that holds the account."""
    sealed = Holder.vault.seal(reason.encode(), REASON) if reason else None
    run_many(
        f"INSERT INTO identity_join ({','.join(_COLUMNS)}) VALUES ({qmarks(_COLUMNS)})",
        [
            (
                account_id, edge.identity, edge.other, edge.follower, edge.why, edge.evidence[:64],
                actor, sealed, json.dumps(edge.moved), OPEN if edge.moved else DONE, to_ms(now), "",
            )
            for edge in edges
        ],
    )  # fmt: skip


def get(account_id: int, join_id: int) -> Join:
    """Raises NotFound."""
    rows = fetch(
        f"SELECT {_READ} FROM identity_join WHERE id = ? AND account_id = ?", (join_id, account_id)
    )
    if not rows:
        raise NotFound(f"there is no join {join_id}")
    return _join(rows[0])


def between(account_id: int, identities: Collection[int]) -> list[Join]:
    """Every join, undone ones too, that one of these is in, as they came."""
    found = {
        row[0]: _join(row)
        for column in ("identity_id", "other_id")
        for part in spans(sorted(identities))
        for row in fetch(
            f"SELECT {_READ} FROM identity_join WHERE account_id = ?"
            f" AND {column} IN ({qmarks(part)})",
            (account_id, *part),
        )
    }
    return [found[id_] for id_ in sorted(found)]


def of_follower(account_id: int, follower_id: int) -> list[Join]:
    """Joins that name this follower, undone ones too."""
    rows = fetch(
        f"SELECT {_READ} FROM identity_join WHERE account_id = ? AND follower_id = ? ORDER BY id",
        (account_id, follower_id),
    )
    return [_join(row) for row in rows]


def by_evidence(account_id: int, evidence: str, follower_id: int) -> list[Join]:
    """Joins to this follower that were made, and perhaps undone, on this ground."""
    rows = fetch(
        f"SELECT {_READ} FROM identity_join WHERE account_id = ? AND evidence = ?"
        " AND follower_id = ? ORDER BY id",
        (account_id, evidence, follower_id),
    )
    return [_join(row) for row in rows]


def unfinished(after: int, limit: int) -> list[Join]:
    """Joins whose events have still to follow or to go back, ascending after `after`."""
    rows = fetch(
        f"SELECT {_READ} FROM identity_join WHERE state IN (?, ?) AND id > ? ORDER BY id LIMIT ?",
        (OPEN, PARTING, after, limit),
    )
    return [_join(row) for row in rows]


def still(join_ids: Collection[int], state: str) -> set[int]:
    """Those that are in this state."""
    return {
        row[0]
        for part in spans(sorted(join_ids))
        for row in fetch(
            f"SELECT id FROM identity_join WHERE state = ? AND id IN ({qmarks(part)})",
            (state, *part),
        )
    }


def done(join_ids: Collection[int]) -> None:
    """All their events have followed."""
    for part in spans(sorted(join_ids)):
        run(
            f"UPDATE identity_join SET state = ? WHERE state = ? AND id IN ({qmarks(part)})",
            (DONE, OPEN, *part),
        )


def undo(join_id: int, moved: Sequence[int], left: int | None, now: datetime, by: str) -> None:
    """From now on it is no join; the events of `moved` are to leave this follower."""
    run(
        "UPDATE identity_join SET state = ?, moved = ?, left_id = ?, undone_at = ?, undone_by = ?"
        " WHERE id = ?",
        (PARTING, json.dumps(list(moved)), left, to_ms(now), by[:64], join_id),
    )


def undone(join_id: int) -> None:
    """The events left, and the profile was folded anew."""
    run(
        "UPDATE identity_join SET state = ?, left_id = NULL WHERE id = ? AND state = ?",
        (UNDONE, join_id, PARTING),
    )


def set_apart(identities: Collection[int]) -> list[tuple[int, int | None, int | None]]:
    """(identity, other, follower) of joins that were undone."""
    if not fetch("SELECT 1 FROM identity_join WHERE state IN (?, ?) LIMIT 1", (PARTING, UNDONE)):
        return []
    return [
        (row[0], row[1], row[2])
        for part in spans(sorted(identities))
        for row in fetch(
            "SELECT identity_id, other_id, follower_id FROM identity_join"
            f" WHERE state IN (?, ?) AND identity_id IN ({qmarks(part)})",
            (PARTING, UNDONE, *part),
        )
    ]


def _join(row: Sequence[Any]) -> Join:
    reason = Holder.vault.open(bytes(row[8]), REASON).decode() if row[8] is not None else ""
    return Join(
        id=row[0], account_id=row[1], identity=row[2], other=row[3], follower=row[4],
        why=Why(row[5]), evidence=row[6], actor=row[7], reason=reason,
        moved=tuple(json.loads(row[9])), state=row[10], at=from_ms(row[11]),
        undone_at=instant(row[12]), undone_by=row[13], left=row[14],
    )  # fmt: skip


# --- contradictions ------------------------------------------------------------------------------


def contradict(account_id: int, found: Sequence[Contradiction], now: datetime) -> None:
    """Keep what contradicts, each pair once, in a transaction that holds the account."""
    ms = to_ms(now)
    columns = ("account_id", "identity_id", "against", "other_id", "follower_id", "why",
               "evidence", "at", "last_at", "times")  # fmt: skip
    for one in found:
        against = f"identity:{one.other}" if one.other else f"follower:{one.follower}"
        values = (account_id, one.identity, against, one.other, one.follower, one.why,
                  one.evidence[:64], ms, ms, 1)  # fmt: skip
        if insert_new("identity_conflict", columns, values) is None:
            run(
                "UPDATE identity_conflict SET last_at = ?, times = times + 1"
                " WHERE identity_id = ? AND against = ?",
                (ms, one.identity, against),
            )


def contested(identities: Collection[int]) -> set[int]:
    """Those of these that something contradicts."""
    if not fetch("SELECT 1 FROM identity_conflict LIMIT 1"):
        return set()
    return {
        row[0]
        for part in spans(sorted(identities))
        for row in fetch(
            f"SELECT DISTINCT identity_id FROM identity_conflict"
            f" WHERE identity_id IN ({qmarks(part)})",
            part,
        )
    }


def conflicts(
    account_id: int, limit: int, identities: Collection[int] = (), follower: int | None = None
) -> list[Conflict]:
    """What contradicts, the latest first; only of these identities, or against this follower,
    where they are named."""
    mine = f" AND identity_id IN ({qmarks(identities)})" if identities else ""
    mine += " AND follower_id = ?" if follower is not None else ""
    rows = fetch(
        "SELECT id, identity_id, other_id, follower_id, why, evidence, at, last_at, times"
        f" FROM identity_conflict WHERE account_id = ?{mine} ORDER BY last_at DESC, id DESC"
        " LIMIT ?",
        (account_id, *identities, *([] if follower is None else [follower]), limit),
    )
    return [
        Conflict(
            row[0], row[1], row[2], row[3], Why(row[4]), row[5], from_ms(row[6]), from_ms(row[7]),
            row[8],
        )
        for row in rows
    ]  # fmt: skip


def settle_conflicts(identity: int) -> int:
    """An operator has decided whose it is."""
    return run("DELETE FROM identity_conflict WHERE identity_id = ?", (identity,))


# --- grounds -------------------------------------------------------------------------------------


def event_of(dedupe: str) -> tuple[int, str, datetime] | None:
    """(id, kind, when) of the event whose report was the ground of a join."""
    rows = fetch("SELECT id, kind, at FROM event WHERE dedupe = ?", (dedupe,))
    return (int(rows[0][0]), rows[0][1], from_ms(rows[0][2])) if rows else None


def import_of(account_id: int, started_ms: int) -> int | None:
    """The number of the import that began then."""
    rows = fetch(
        "SELECT id FROM import_run WHERE account_id = ? AND started_at = ?",
        (account_id, started_ms),
    )
    return int(rows[0][0]) if rows else None


# --- events follow -------------------------------------------------------------------------------


def astray(identities: Sequence[int], after: int, limit: int) -> list[tuple[int, int | None]]:
    """(event, whose it is to be) of events that stand elsewhere than their identity does."""
    if not identities:
        return []
    return [
        (row[0], row[1])
        for row in fetch(
            "SELECT e.id, i.follower_id FROM event e JOIN identity i ON i.id = e.identity_id"
            f" WHERE e.identity_id IN ({qmarks(identities)}) AND e.id > ?"
            " AND (e.follower_id <> i.follower_id"
            " OR (e.follower_id IS NULL) <> (i.follower_id IS NULL)) ORDER BY e.id LIMIT ?",
            (*identities, after, limit),
        )
    ]


def bring(events: Sequence[tuple[int, int | None]]) -> None:
    """Put events where they are to be: with a follower the fold takes them up anew."""
    for whose in {to for _, to in events}:
        fold = "" if whose is None else ", folded = FALSE"
        for part in spans([event for event, to in events if to == whose]):
            run(
                f"UPDATE event SET follower_id = ?{fold} WHERE id IN ({qmarks(part)})",
                (whose, *part),
            )

"""The audit log: who looked at whose data, who changed whose rights, which keys changed.

One chain a store. Each entry carries the keyed hash of itself and of the entry before it, and the
head carries the sealed end, so that a changed, removed, inserted or cut-off entry is found by
`check`. The key is the store's own: who can write to the tables but has not the master keys cannot
mend the chain. (An older copy of the whole database is whole in itself: keep the printed reports.)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.clock import from_ms, to_ms
from bot.store.db import fetch, insert_new, locking, run, transaction
from bot.store.fields import Holder

COLUMNS = ("number", "at", "actor", "action", "subject", "detail", "previous", "hash")
_HEAD = "log"
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """`subject` is a pseudonym; `detail` is plain JSON and holds nothing personal."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat(timespec="seconds")}


def pseudonym(follower_id: int) -> str:
    """The name of a follower in the log: 16 hex digits, equal at every call, nobody's without the
    key; of an erased person it leads to the empty tombstone."""
    return Holder.vault.blind(str(follower_id), "audit.subject")[:16]


def record(
    actor: str,
    action: str,
    now: datetime,
    *,
    follower_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> int:
    """Append one entry, in the transaction of what it tells where there is one; its number.

    actor   "operator:NAME", "follower", "platform", "job"
    """
    with transaction():
        number, last = _hold_head()
        subject = "" if follower_id is None else pseudonym(follower_id)
        text = json.dumps(dict(detail or {}), ensure_ascii=False, sort_keys=True)
        values = (number + 1, to_ms(now), actor[:64], action[:32], subject, text, last)
        sealed = _hash(values)
        insert_new("audit_entry", COLUMNS, (*values, sealed))
        run(
            "UPDATE audit_head SET number = ?, hash = ?, seal = ? WHERE name = ?",
            (number + 1, sealed, _seal(number + 1, sealed), _HEAD),
        )
    return number + 1


def _hold_head() -> tuple[int, str]:
    """The end of the chain, ours until the transaction ends: entries are appended one by one."""
    found = _head(locking())
    if found is None:
        columns = ("name", "number", "hash", "seal")
        insert_new("audit_head", columns, (_HEAD, 0, "", _seal(0, "")), key="name")
        found = _head(locking())
    assert found is not None
    return found[0], found[1]


def _head(lock: str = "") -> tuple[int, str, str] | None:
    sql = f"SELECT number, hash, seal FROM audit_head WHERE name = ?{lock}"
    rows = fetch(sql, (_HEAD,))
    return (int(rows[0][0]), rows[0][1], rows[0][2]) if rows else None


def head() -> tuple[int, str]:
    """The number and the hash of the last entry; (0, "") where there is none."""
    found = _head()
    return found[:2] if found is not None else (0, "")


def _hash(values: tuple[Any, ...]) -> str:
    return Holder.vault.blind(json.dumps(values, ensure_ascii=False), "audit_entry.hash")


def _seal(number: int, last: str) -> str:
    return Holder.vault.blind(f"{number} {last}", "audit_head.seal")


# --- reading -----------------------------------------------------------------------------------


def entries(
    limit: int = 100,
    *,
    follower_id: int | None = None,
    action: str = "",
    actor: str = "",
    but: str = "",
    since: datetime | None = None,
    within: int | None = None,
) -> list[Entry]:
    """The latest entries, the newest first.

    actor, but   who did it, and who did not
    within       so many entries before the last are looked at: bounds what is rare
    """
    wanted = ["at >= ?"]
    params: list[Any] = [to_ms(since) if since else 0]
    if within is not None:
        wanted.append("number > ?")
        params.append(head()[0] - within)
    for sign, who in (("=", actor), ("<>", but)):
        if who:
            wanted.append(f"actor {sign} ?")
            params.append(who)
    if follower_id is not None:
        wanted.append("subject = ?")
        params.append(pseudonym(follower_id))
    if action:
        wanted.append("action = ?")
        params.append(action)
    rows = fetch(
        "SELECT number, at, actor, action, subject, detail FROM audit_entry"
        f" WHERE {' AND '.join(wanted)} ORDER BY number DESC LIMIT ?",
        (*params, limit),
    )
    return [
        Entry(row[0], from_ms(row[1]), row[2], row[3], row[4], json.loads(row[5])) for row in rows
    ]


def actions(since: datetime) -> list[str]:
    """Every act that the log has since then."""
    rows = fetch("SELECT DISTINCT action FROM audit_entry WHERE at >= ?", (to_ms(since),))
    return sorted(row[0] for row in rows)


def looks(since: datetime) -> list[dict[str, Any]]:
    """Who did what how often since then, and to how many people."""
    rows = fetch(
        "SELECT actor, action, COUNT(*), COUNT(DISTINCT subject) FROM audit_entry WHERE at >= ?"
        " GROUP BY actor, action ORDER BY actor, action",
        (to_ms(since),),
    )
    return [dict(zip(("actor", "action", "times", "people"), row, strict=True)) for row in rows]


def count(follower_id: int, actor: str, action: str, since: datetime) -> int:
    """How often somebody did that about a follower since then."""
    rows = fetch(
        "SELECT COUNT(*) FROM audit_entry WHERE subject = ? AND at >= ? AND actor = ?"
        " AND action = ?",
        (pseudonym(follower_id), to_ms(since), actor, action),
    )
    return int(rows[0][0])


def check() -> tuple[int, list[str]]:
    """(entries read, what is wrong with the chain); [] for a whole one.

    Holds nothing: what is appended meanwhile lies behind the head that was read first.
    """
    head = _head() or (0, "", _seal(0, ""))
    faults: list[str] = []
    number, previous = 0, ""
    for row in _chain(head[0]):
        faults += _faults_of(row, number + 1, previous)
        number, previous = row[0], row[7]
    if (number, previous) != head[:2]:
        faults.append(f"the log ends with entry {number}, and should with another")
    if head[2] != _seal(head[0], head[1]):
        faults.append("the head of the log was changed")
    last = int(fetch("SELECT COALESCE(MAX(number), 0) FROM audit_entry")[0][0])
    end = _head() or (0, "", "")
    if last > end[0]:
        faults.append(f"entries {end[0] + 1} to {last} stand behind the end of the log")
    return number, faults


def _faults_of(row: tuple[Any, ...], number: int, previous: str) -> Iterator[str]:
    if row[0] != number:
        yield f"entries {number} to {row[0] - 1} are missing"
    elif row[6] != previous:
        yield f"entry {row[0]} does not follow the one before it"
    if row[7] != _hash(tuple(row[:7])):
        yield f"entry {row[0]} was changed"


def _chain(until: int) -> Iterator[tuple[Any, ...]]:
    after = 0
    while True:
        rows = fetch(
            f"SELECT {', '.join(COLUMNS)} FROM audit_entry WHERE number > ? AND number <= ?"
            " ORDER BY number LIMIT ?",
            (after, until, _PAGE),
        )
        yield from rows
        if len(rows) < _PAGE:
            return
        after = rows[-1][0]

"""Old events go; what they came to stays as the base on which a profile is folded anew.

The law: a profile is fold(base, events that are left). An event row is deleted in the transaction
that folds it into the base, so it counts once, wherever a run is interrupted. Events that something
else stands on (a credited order, a learnt example, an unfinished message) stay and lose only what
was said in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import to_ms
from bot.store import identities
from bot.store.db import fetch, insert_new, locking, run
from bot.values.facts import FoldEvent

# Something else stands on these: they are not deleted.
_NEEDED = (
    "(EXISTS (SELECT 1 FROM conversion c WHERE c.event_id = event.id)"
    " OR EXISTS (SELECT 1 FROM example x WHERE x.event_id = event.id)"
    " OR EXISTS (SELECT 1 FROM inbox i WHERE i.event_id = event.id AND i.state <> 'done'))"
)


class Old(NamedTuple):
    """An event whose time is over."""

    id: int
    follower_id: int | None
    event: FoldEvent


def old(kind: str, before: datetime, limit: int) -> list[Old]:
    """The oldest folded events of a kind from before, on which nothing stands; held."""
    rows = fetch(
        "SELECT id, follower_id, dedupe, kind, at, received_at, facts FROM event"
        f" WHERE kind = ? AND at < ? AND folded = TRUE AND NOT {_NEEDED}"
        f" ORDER BY at, id LIMIT ?{locking()}",
        (kind, to_ms(before), limit),
    )
    return [
        Old(row[0], row[1], FoldEvent(row[2], row[3], min(row[4], row[5]), json.loads(row[6])))
        for row in rows
    ]


def count_old(kind: str, before: datetime) -> int:
    """How many events of a kind are still there whose time is over."""
    sql = f"SELECT COUNT(*) FROM event WHERE kind = ? AND at < ? AND NOT {_NEEDED}"
    return int(fetch(sql, (kind, to_ms(before)))[0][0])


def delete(event_ids: Sequence[int]) -> int:
    """Delete events, some hundreds at most."""
    if not event_ids:
        return 0
    identities.went_into_base(event_ids)
    marks = ",".join("?" * len(event_ids))
    run(f"DELETE FROM inbox WHERE event_id IN ({marks})", event_ids)
    return run(f"DELETE FROM event WHERE id IN ({marks})", event_ids)


def silence(kind: str, before: datetime) -> int:
    """Take what was said out of old events that have to stay; how many."""
    return run(
        f"UPDATE event SET sealed = NULL WHERE kind = ? AND at < ? AND sealed IS NOT NULL"
        f" AND {_NEEDED} AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.event_id = event.id"
        " AND i.state <> 'done')",
        (kind, to_ms(before)),
    )


# --- the base ----------------------------------------------------------------------------------


def bases(follower_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """State of the removed events by follower id; who has none is left out."""
    if not follower_ids:
        return {}
    marks = ",".join("?" * len(follower_ids))
    sql = f"SELECT follower_id, state FROM profile_base WHERE follower_id IN ({marks})"
    return {row[0]: json.loads(row[1]) for row in fetch(sql, list(follower_ids))}


def put_base(follower_id: int, state: Mapping[str, Any], events: int) -> None:
    """Keep the base, in which so many more events are folded."""
    text = json.dumps(state, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    changed = run(
        "UPDATE profile_base SET state = ?, events = events + ? WHERE follower_id = ?",
        (text, events, follower_id),
    )
    if not changed:
        columns, values = ("follower_id", "state", "events"), (follower_id, text, events)
        insert_new("profile_base", columns, values, key="follower_id")


# --- marks -------------------------------------------------------------------------------------


def marks() -> dict[str, int]:
    """Kind -> ms: older events of the kind were removed, so one that comes now may be a repeat."""
    return {row[0]: row[1] for row in fetch("SELECT kind, removed_before FROM retention_mark")}


def set_mark(kind: str, before: datetime) -> None:
    """A mark only moves on."""
    ms = to_ms(before)
    if insert_new("retention_mark", ("kind", "removed_before"), (kind, ms), key="kind") is None:
        run(
            "UPDATE retention_mark SET removed_before = ? WHERE kind = ? AND removed_before < ?",
            (ms, kind, ms),
        )


def unneeded(event_ids: Iterable[int]) -> list[int]:
    """Of these events, those on which nothing stands."""
    ids = list(event_ids)
    if not ids:
        return []
    found = ",".join("?" * len(ids))
    sql = f"SELECT id FROM event WHERE id IN ({found}) AND NOT {_NEEDED}"
    return [row[0] for row in fetch(sql, ids)]

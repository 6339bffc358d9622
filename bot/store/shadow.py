"""A trial: which set is decided by beside the live one, how far it has come, where they differ."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from bot.clock import from_ms, to_ms
from bot.store.db import fetch, insert_new, run, transaction

_TRIAL = "trial"  # a stage of its own: it is no document that anybody edits or publishes
_WHERE = "account_id = ? AND stage = 'trial' AND kind = 'setting' AND slug = 'trial'"


@dataclass(frozen=True, slots=True)
class Trial:
    """`seen`: the last message that was decided twice; `decided`: how many were."""

    name: str
    since: datetime
    seen: int
    decided: int


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A message that the two sets decide otherwise; keys as in bot.talk.preview."""

    event_id: int
    trial: str
    live: str
    shadow: str
    at: datetime


def start(account_id: int, name: str, now: datetime) -> None:
    """Begin a trial in place of the one that runs; earlier disagreements go."""
    with transaction():
        stop(account_id)
        run("DELETE FROM shadow_answer WHERE account_id = ?", (account_id,))
        document = json.dumps({"name": name, "since": to_ms(now), "seen": 0, "decided": 0})
        columns = ("account_id", "stage", "kind", "slug", "document", "origin", "updated_at")
        values = (account_id, _TRIAL, "setting", _TRIAL, document, "", to_ms(now))
        insert_new("talk_document", columns, values)


def stop(account_id: int) -> bool:
    """End the trial; its disagreements stay. False: none runs."""
    return run(f"DELETE FROM talk_document WHERE {_WHERE}", (account_id,)) == 1


def running(account_id: int) -> Trial | None:
    """The trial that runs."""
    rows = fetch(f"SELECT document FROM talk_document WHERE {_WHERE}", (account_id,))
    if not rows:
        return None
    found = json.loads(rows[0][0])
    return Trial(found["name"], from_ms(found["since"]), found["seen"], found["decided"])


def advance(account_id: int, seen: int, count: int) -> None:
    """So many more messages, up to `seen`, were decided twice."""
    with transaction():
        trial = running(account_id)
        if trial is not None:
            document = {
                "name": trial.name,
                "since": to_ms(trial.since),
                "seen": seen,
                "decided": trial.decided + count,
            }
            run(
                f"UPDATE talk_document SET document = ? WHERE {_WHERE}",
                (json.dumps(document), account_id),
            )


def note(account_id: int, event_id: int, trial: str, live: str, shadow: str, now: datetime) -> None:
    """Keep one disagreement; a message that has one keeps it."""
    columns = ("event_id", "account_id", "trial", "live", "shadow", "at")
    values = (event_id, account_id, trial[:64], live[:96], shadow[:96], to_ms(now))
    insert_new("shadow_answer", columns, values, key="event_id")


def disagreements(account_id: int, limit: int = 100) -> list[Disagreement]:
    """The latest first."""
    rows = fetch(
        "SELECT event_id, trial, live, shadow, at FROM shadow_answer WHERE account_id = ?"
        " ORDER BY event_id DESC LIMIT ?",
        (account_id, limit),
    )
    return [
        Disagreement(event, trial, live, other, from_ms(at))
        for event, trial, live, other, at in rows
    ]


def counted(account_id: int) -> list[tuple[str, str, int]]:
    """(live, shadow, messages), the most frequent first."""
    rows = fetch(
        "SELECT live, shadow, COUNT(*) FROM shadow_answer WHERE account_id = ?"
        " GROUP BY live, shadow ORDER BY COUNT(*) DESC, live, shadow",
        (account_id,),
    )
    return [(live, other, int(count)) for live, other, count in rows]

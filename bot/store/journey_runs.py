"""Who stands where in journeys: one row for each entry of a follower into a journey."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.clock import from_ms, instant, to_ms
from bot.store.db import fetch, insert_new, locking, run, run_many, transaction
from bot.store.spans import qmarks, spans

_COLUMNS = (
    "id, journey_id, follower_id, entry, version, step, since, wake_at, held_out, heeds,"
    " entered_by, outcome, trace, entered_at, ended_at, goal_until, converted_at"
)
_MARKS = ",".join("?" * 16)
_ROWS = 50  # of one INSERT


@dataclass(slots=True)
class Run:
    """A follower's way through a journey, changed in memory and written back by `write`.

    since    None: the step is still to be begun; wake_at None: nobody wakes him any more
    outcome  "" on the way
    trace    [[step, ms, way], ...], the oldest first
    """

    id: int
    journey_id: int
    follower_id: int
    entry: int
    version: int
    step: str
    since: datetime | None
    wake_at: datetime | None
    held_out: bool
    heeds: bool
    entered_by: str
    outcome: str
    entered_at: datetime
    ended_at: datetime | None
    goal_until: datetime
    converted_at: datetime | None
    trace: list[list[Any]] = field(default_factory=list)

    @property
    def on_the_way(self) -> bool:
        return self.outcome == ""


def _run(row: Sequence[Any]) -> Run:
    return Run(
        id=row[0],
        journey_id=row[1],
        follower_id=row[2],
        entry=row[3],
        version=row[4],
        step=row[5],
        since=instant(row[6] or None),  # 0: not begun
        wake_at=instant(row[7]),
        held_out=bool(row[8]),
        heeds=bool(row[9]),
        entered_by=row[10],
        outcome=row[11],
        entered_at=from_ms(row[13]),
        ended_at=instant(row[14]),
        goal_until=from_ms(row[15]),
        converted_at=instant(row[16]),
        trace=json.loads(row[12]),
    )


def _ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)


# --- finding -----------------------------------------------------------------------------------


def due(journey_id: int, now: datetime, limit: int) -> list[Run]:
    """Whose time has come, the longest due first, held; what others hold is left to them."""
    return [_run(row) for row in fetch(*due_query(journey_id, now, limit))]


def due_query(journey_id: int, now: datetime, limit: int) -> tuple[str, tuple[Any, ...]]:
    return (
        f"SELECT {_COLUMNS} FROM journey_run WHERE journey_id = ? AND wake_at <= ?"
        f" ORDER BY wake_at LIMIT ?{locking(skip_locked=True)}",
        (journey_id, to_ms(now), limit),
    )


def heeding(follower_ids: Sequence[int]) -> list[Run]:
    """The rows of these followers that an event may change, held, by id."""
    rows: list[Any] = []
    for ids in spans(sorted(follower_ids)):
        rows += fetch(
            f"SELECT {_COLUMNS} FROM journey_run WHERE heeds = TRUE AND follower_id IN"
            f" ({qmarks(ids)}) ORDER BY id{locking()}",
            ids,
        )
    return sorted((_run(row) for row in rows), key=lambda one: one.id)


def on_the_way(
    journey_id: int,
    limit: int,
    *,
    before: int | None = None,
    steps: Sequence[str] = (),
    hold: bool = True,
) -> list[Run]:
    """Some who are on the way, held; what others hold is left to them. Without `hold` as others
    left them last, whoever holds them now.

    before   only by versions before this one; steps: only at one of these
    """
    params: list[Any] = [journey_id]
    wanted = ""
    if before is not None:
        wanted += " AND version < ?"
        params.append(before)
    if steps:
        wanted += f" AND step IN ({qmarks(steps)})"
        params += steps
    end = locking(skip_locked=True) if hold else ""
    rows = fetch(
        f"SELECT {_COLUMNS} FROM journey_run WHERE journey_id = ? AND wake_at IS NOT NULL"
        f" AND outcome = ''{wanted} ORDER BY wake_at LIMIT ?{end}",
        (*params, limit),
    )
    return [_run(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Last:
    """A follower's latest entry into a journey."""

    entry: int
    entered_at: datetime
    on_the_way: bool


def latest(journey_id: int, follower_ids: Sequence[int]) -> dict[int, Last]:
    """By follower; who never was in it is left out."""
    return {
        who: Last(entry, from_ms(at), outcome == "")
        for ids in spans(sorted(follower_ids))
        for who, entry, at, outcome in fetch(
            "SELECT follower_id, entry, entered_at, outcome FROM journey_run r"
            f" WHERE journey_id = ? AND follower_id IN ({qmarks(ids)}) AND entry ="
            " (SELECT MAX(entry) FROM journey_run m WHERE m.journey_id = r.journey_id"
            " AND m.follower_id = r.follower_id)",
            (journey_id, *ids),
        )
    }


def count_active(journey_id: int) -> int:
    rows = fetch(
        "SELECT COUNT(*) FROM journey_run WHERE journey_id = ? AND wake_at IS NOT NULL"
        " AND outcome = ''",
        (journey_id,),
    )
    return int(rows[0][0])


def count_entered(journey_id: int, since: datetime) -> int:
    rows = fetch(
        "SELECT COUNT(*) FROM journey_run WHERE journey_id = ? AND entered_at >= ?",
        (journey_id, to_ms(since)),
    )
    return int(rows[0][0])


def of_follower(follower_id: int) -> list[Run]:
    """Every way of theirs, the latest first. Journey by journey: runs have no index of followers
    alone."""
    rows = fetch(
        f"SELECT {_COLUMNS} FROM journey_run WHERE follower_id = ? AND journey_id IN"
        " (SELECT j.id FROM journey j JOIN follower f ON f.account_id = j.account_id"
        " WHERE f.id = ?) ORDER BY entered_at DESC, id DESC",
        (follower_id, follower_id),
    )
    return [_run(row) for row in rows]


def at_step(journey_id: int, step: str, after: int, limit: int) -> list[Run]:
    """Who is on the way, at `step` ("" any), by id."""
    wanted, params = (" AND step = ?", (step,)) if step else ("", ())
    rows = fetch(
        f"SELECT {_COLUMNS} FROM journey_run WHERE journey_id = ? AND outcome = '' AND id > ?"
        f"{wanted} ORDER BY id LIMIT ?",
        (journey_id, after, *params, limit),
    )
    return [_run(row) for row in rows]


# --- writing -----------------------------------------------------------------------------------


def enter(runs: Sequence[Run]) -> list[Run]:
    """Write new rows, in a transaction that holds the journey; the same runs with their ids."""
    for part in spans(runs, _ROWS):
        values = [value for one in part for value in _values(one)]
        marks = ",".join([f"({_MARKS})"] * len(part))
        names = _COLUMNS.removeprefix("id, ")
        run(f"INSERT INTO journey_run ({names}) VALUES {marks}", values)
    for journey_id in {one.journey_id for one in runs}:
        mine = {(one.follower_id, one.entry): one for one in runs if one.journey_id == journey_id}
        for ids in spans(sorted({who for who, _ in mine})):
            for id_, who, entry in fetch(
                "SELECT id, follower_id, entry FROM journey_run WHERE journey_id = ?"
                f" AND follower_id IN ({qmarks(ids)})",
                (journey_id, *ids),
            ):
                if (who, entry) in mine:
                    mine[who, entry].id = id_
    return list(runs)


def _values(one: Run) -> tuple[Any, ...]:
    return (
        one.journey_id, one.follower_id, one.entry, one.version, one.step, _ms(one.since) or 0,
        _ms(one.wake_at), one.held_out, one.heeds, one.entered_by, one.outcome, _dumped(one.trace),
        to_ms(one.entered_at), _ms(one.ended_at), to_ms(one.goal_until), _ms(one.converted_at),
    )  # fmt: skip


def _dumped(trace: list[list[Any]]) -> str:
    return json.dumps(trace, separators=(",", ":"))


def write(runs: Sequence[Run]) -> int:
    """Write changed rows back, in the transaction that holds them."""
    return run_many(
        "UPDATE journey_run SET version = ?, step = ?, since = ?, wake_at = ?, heeds = ?,"
        " outcome = ?, trace = ?, ended_at = ?, converted_at = ? WHERE id = ?",
        [
            (
                one.version, one.step, _ms(one.since) or 0, _ms(one.wake_at), one.heeds,
                one.outcome, _dumped(one.trace), _ms(one.ended_at), _ms(one.converted_at), one.id,
            )
            for one in runs
        ],
    )  # fmt: skip


Passed = tuple[int, int, str, str, bool]  # journey, version, step, way, held out


def count_passed(counts: Mapping[Passed, int]) -> None:
    """Add to the figures of the steps; in one order, so that two batches never wait for each other
    in a circle."""
    with transaction():
        for key in sorted(counts):
            if not _add(key, counts[key]):
                columns = ("journey_id", "version", "step", "way", "held_out", "people")
                if insert_new("journey_passed", columns, (*key, counts[key])) is None:
                    _add(key, counts[key])


def _add(key: Passed, people: int) -> int:
    return run(
        "UPDATE journey_passed SET people = people + ? WHERE journey_id = ? AND version = ?"
        " AND step = ? AND way = ? AND held_out = ?",
        (people, *key),
    )


def candidates_on(
    account_id: int, attribute: str, days: Iterable[str], after: int, limit: int
) -> list[int]:
    """Followers whose attribute is one of these days, ascending after an id.

    days   2026-11-21, or --11-21 for that day of any year
    """
    wanted, params = [], []
    for day in days:
        wanted.append("SUBSTR(a.text, 6, 5) = ?" if day.startswith("--") else "a.text = ?")
        params.append(day.removeprefix("--"))
    rows = fetch(
        "SELECT a.follower_id FROM follower_attribute a JOIN follower f ON f.id = a.follower_id"
        f" WHERE a.name = ? AND ({' OR '.join(wanted)}) AND LENGTH(a.text) = 10"
        " AND f.account_id = ? AND f.subscribed = TRUE AND f.erased_at IS NULL"
        " AND a.follower_id > ? ORDER BY a.follower_id LIMIT ?",
        (attribute, *params, account_id, after, limit),
    )
    return [row[0] for row in rows]


def subscribed(account_id: int, follower_ids: Sequence[int]) -> set[int]:
    """Of these, the account's followers who follow and were not erased."""
    return {
        row[0]
        for ids in spans(sorted(follower_ids))
        for row in fetch(
            f"SELECT id FROM follower WHERE id IN ({qmarks(ids)}) AND account_id = ?"
            " AND subscribed = TRUE AND erased_at IS NULL",
            (*ids, account_id),
        )
    }

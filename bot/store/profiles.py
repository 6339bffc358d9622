"""Profiles: the fold's state, and the tables that segments read, which are projected from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import to_ms
from bot.errors import NotFound
from bot.store import segments
from bot.store.db import fetch, is_mysql, locking, run, run_many
from bot.values.facts import FoldEvent

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_SPAN = 500  # ids in one IN list, events in one page


class Unfolded(NamedTuple):
    event_id: int
    follower_id: int | None
    event: FoldEvent


class Held(NamedTuple):
    """A profile whose row is ours until the transaction ends."""

    state: dict[str, Any]
    subscribed: bool
    stage: str
    personalised: bool = True
    fresh: bool = False  # never written: the tables show nothing of the state yet


@dataclass(frozen=True, slots=True)
class Projection:
    """What the tables show of a state. Instants are ms.

    attributes  name -> (text, number or None)     tags  tag -> (source, since)
    interests   topic -> level
    """

    first_seen: int | None = None
    last_seen: int | None = None
    messages: int = 0
    orders: int = 0
    redeemed: int = 0
    spent_fen: int = 0
    attributes: dict[str, tuple[str, float | None]] = field(default_factory=dict)
    tags: dict[str, tuple[str, int]] = field(default_factory=dict)
    interests: dict[str, float] = field(default_factory=dict)


class Change(NamedTuple):
    """A profile to be written. `before` None: all its rows are written anew."""

    follower_id: int
    state: dict[str, Any]
    before: Projection | None
    after: Projection
    stage: str
    held_stage: str


# --- the log -----------------------------------------------------------------------------------


def unfolded(limit: int) -> list[Unfolded]:
    """The oldest events not folded yet, ours until the transaction ends."""
    rows = fetch(
        "SELECT id, follower_id, dedupe, kind, at, received_at, facts FROM event"
        f" WHERE folded = FALSE ORDER BY id LIMIT ?{locking(skip_locked=True)}",
        (limit,),
    )
    return [Unfolded(row[0], row[1], _event(row[2:])) for row in rows]


def backlog() -> int:
    """How many events the fold has not seen; a figure for metrics."""
    return int(fetch("SELECT COUNT(*) FROM event WHERE folded = FALSE")[0][0])


def count(account_id: int) -> int:
    """Followers of the account who have a profile."""
    rows = fetch(
        "SELECT COUNT(*) FROM profile JOIN follower ON follower.id = profile.follower_id"
        " WHERE follower.account_id = ?",
        (account_id,),
    )
    return int(rows[0][0])


def mark_folded(event_ids: Sequence[int]) -> None:
    for ids in _pages(event_ids):
        run(f"UPDATE event SET folded = TRUE WHERE id IN ({_marks(ids)})", ids)


def folded_events(follower_id: int) -> Iterator[FoldEvent]:
    """The follower's events that his profile holds, page by page."""
    after = 0
    while True:
        rows = fetch(
            "SELECT id, dedupe, kind, at, received_at, facts FROM event"
            " WHERE follower_id = ? AND folded = TRUE AND id > ? ORDER BY id LIMIT ?",
            (follower_id, after, _SPAN),
        )
        yield from (_event(row[1:]) for row in rows)
        if len(rows) < _SPAN:
            return
        after = rows[-1][0]


def _event(row: Sequence[Any]) -> FoldEvent:
    """A clock that runs ahead must not age everything else: no event is later than its receipt."""
    key, kind, at, received_at, facts = row
    return FoldEvent(key, kind, min(at, received_at), json.loads(facts))


# --- profiles ----------------------------------------------------------------------------------


def hold(follower_ids: Sequence[int]) -> dict[int, Held]:
    """Take these profiles, made where missing, until the transaction ends; not of the erased."""
    held: dict[int, Held] = {}
    for ids in _pages(sorted(follower_ids)):
        marks = _marks(ids)
        ignore, end = ("IGNORE ", "") if is_mysql() else ("", " ON CONFLICT DO NOTHING")
        run(
            f"INSERT {ignore}INTO profile"
            " (follower_id, state, version, messages, orders, redeemed, spent_fen)"
            " SELECT f.id, COALESCE(b.state, '{}'), 0, 0, 0, 0, 0 FROM follower f"
            " LEFT JOIN profile_base b ON b.follower_id = f.id"
            f" WHERE f.id IN ({marks}) AND f.erased_at IS NULL AND NOT EXISTS"
            f" (SELECT 1 FROM profile p WHERE p.follower_id = f.id) ORDER BY f.id{end}",
            ids,
        )
        states = fetch(
            f"SELECT follower_id, state, version FROM profile WHERE follower_id IN ({marks})"
            f" ORDER BY follower_id{locking()}",
            ids,
        )
        people = {
            row[0]: row[1:]
            for row in fetch(
                "SELECT id, subscribed, stage, personalised FROM follower"
                f" WHERE id IN ({marks}) AND erased_at IS NULL",
                ids,
            )
        }
        for follower_id, state, version in states:
            if follower_id in people:
                subscribed, stage, personalised = people[follower_id]
                held[follower_id] = Held(
                    json.loads(state), bool(subscribed), stage, bool(personalised), version == 0
                )
    return held


def write(changes: Sequence[Change], now: datetime) -> None:
    """Write states and what differs of their projections; their followers become dirty."""
    at = to_ms(now)
    run_many(
        "UPDATE profile SET state = ?, version = version + 1, first_seen_at = ?, last_seen_at = ?,"
        " messages = ?, orders = ?, redeemed = ?, spent_fen = ?, folded_at = ?"
        " WHERE follower_id = ?",
        [
            (
                dumped(change.state),
                change.after.first_seen,
                change.after.last_seen,
                change.after.messages,
                change.after.orders,
                change.after.redeemed,
                change.after.spent_fen,
                at,
                change.follower_id,
            )
            for change in changes
        ],
    )
    _write_rows("follower_attribute", ("name", "text", "number"), "attributes", changes)
    _write_rows("follower_tag", ("tag", "source", "since"), "tags", changes, {"weight": 1.0})
    _write_rows("follower_interest", ("topic", "level"), "interests", changes)
    set_stages([(c.follower_id, c.held_stage, c.stage) for c in changes if c.stage != c.held_stage])
    segments.mark_dirty([change.follower_id for change in changes])


def set_stages(stages: Sequence[tuple[int, str, str]]) -> int:
    """Move followers from one stored stage to the next, in a transaction; how many moved."""
    return run_many(
        "UPDATE follower SET stage = ? WHERE id = ? AND stage = ?",
        [(new, follower_id, old) for follower_id, old, new in stages],
    )


def _write_rows(
    table: str,
    columns: tuple[str, ...],
    part: str,
    changes: Sequence[Change],
    constant: dict[str, Any] | None = None,
) -> None:
    """Replace the rows of `part` that differ between before and after."""
    constant = constant or {}
    gone: list[tuple[int, str]] = []
    new: list[tuple[Any, ...]] = []
    anew = [(change.follower_id,) for change in changes if change.before is None]
    for change in changes:
        before = getattr(change.before, part) if change.before else {}
        after = getattr(change.after, part)
        for name, value in after.items():
            if before.get(name) != value:
                values = value if isinstance(value, tuple) else (value,)
                new.append((change.follower_id, name, *values, *constant.values()))
                if name in before:
                    gone.append((change.follower_id, name))
        gone += [(change.follower_id, name) for name in before if name not in after]
    run_many(f"DELETE FROM {table} WHERE follower_id = ?", anew)
    run_many(f"DELETE FROM {table} WHERE follower_id = ? AND {columns[0]} = ?", gone)
    names = ("follower_id", *columns, *constant)
    run_many(f"INSERT INTO {table} ({','.join(names)}) VALUES ({_marks(names)})", new)


def dumped(state: dict[str, Any]) -> str:
    """The one text of a state: equal states are equal bits."""
    return _ENCODER.encode(state)


def state_of(follower_id: int) -> dict[str, Any]:
    """The stored state; {} before the first event. Raises NotFound: no such follower, or erased."""
    rows = fetch(
        "SELECT p.state FROM follower f LEFT JOIN profile p ON p.follower_id = f.id"
        " WHERE f.id = ? AND f.erased_at IS NULL",
        (follower_id,),
    )
    if not rows:
        raise NotFound(f"there is no follower {follower_id}")
    return json.loads(rows[0][0]) if rows[0][0] else {}


def states_of(follower_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Stored states by follower id, for a batch; who has none is left out."""
    return {
        row[0]: json.loads(row[1])
        for ids in _pages(follower_ids)
        for row in fetch(
            f"SELECT follower_id, state FROM profile WHERE follower_id IN ({_marks(ids)})", ids
        )
    }


def interests_of(follower_ids: Sequence[int]) -> dict[int, dict[str, float]]:
    """Topic levels by follower id (bot.values.interest), for a batch of offers."""
    found: dict[int, dict[str, float]] = {id_: {} for id_ in follower_ids}
    for ids in _pages(follower_ids):
        for follower_id, topic, held in fetch(
            "SELECT follower_id, topic, level FROM follower_interest"
            f" WHERE follower_id IN ({_marks(ids)})",
            ids,
        ):
            found[follower_id][topic] = held
    return found


def with_profile(after: int, limit: int) -> list[int]:
    """Follower ids that may have a profile, ascending after `after`. The erased are left out."""
    rows = fetch(
        "SELECT id FROM follower WHERE id > ? AND erased_at IS NULL ORDER BY id LIMIT ?",
        (after, limit),
    )
    return [row[0] for row in rows]


class Aging(NamedTuple):
    """What a stage is made of."""

    follower_id: int
    stage: str
    subscribed: bool
    orders: int
    redeemed: int
    first_seen: int | None
    last_seen: int | None


def aging(asleep_before: int, settled_before: int, after: int, limit: int) -> list[Aging]:
    """Followers whose stored stage time may have ended, ascending after `after`. Edges in ms."""
    rows = fetch(
        "SELECT f.id, f.stage, f.subscribed, p.orders, p.redeemed, p.first_seen_at, p.last_seen_at"
        " FROM profile p JOIN follower f ON f.id = p.follower_id"
        " WHERE f.id > ? AND f.erased_at IS NULL AND ("
        "  (p.last_seen_at < ? AND f.stage NOT IN ('sleeping', 'gone'))"
        "  OR (p.first_seen_at < ? AND f.stage = 'new')) ORDER BY f.id LIMIT ?",
        (after, asleep_before, settled_before, limit),
    )
    return [Aging(row[0], row[1], bool(row[2]), *row[3:]) for row in rows]


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def _pages(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _SPAN):
        yield ids[start : start + _SPAN]

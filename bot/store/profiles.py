"""Profiles: the fold's state, and the tables that segments read, which are projected from it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import to_ms
from bot.errors import NotFound
from bot.store import segments
from bot.store.db import fetch, is_mysql, locking, run, run_many, transaction
from bot.store.spans import qmarks, spans
from bot.store.waiting import (
    Unfolded,
    backlog,
    beginning,
    folded_between,
    folded_events,
    mark_folded,
    taking,
    unfolded,
    unfolded_of,
)

__all__ = [
    "Unfolded",
    "backlog",
    "beginning",
    "folded_between",
    "folded_events",
    "mark_folded",
    "taking",
    "unfolded",
    "unfolded_of",
]

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))

# What segments read of a projection: part -> table and its columns, the first two being the key.
_PARTS: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "attributes": ("follower_attribute", ("name", "text", "number"), {}),
    "tags": ("follower_tag", ("tag", "source", "since", "until_at"), {"weight": 1.0}),
    "interests": ("follower_interest", ("topic", "level"), {}),
}


class Standing(NamedTuple):
    """What a change is reckoned from beside the events: if it is another when the change is to be
    written, the change is void.

    version  grows with each writing of the profile and never comes again
    base     how many removed events the profile's base holds
    """

    version: int
    subscribed: bool
    stage: str
    personalised: bool
    base: int


class Held(NamedTuple):
    """A profile as it stands: ours until the transaction ends, if there is one."""

    text: str
    standing: Standing
    fresh: bool = False  # never written: the tables show nothing of the state yet

    @property
    def state(self) -> dict[str, Any]:
        """The state, parsed anew at each call."""
        found: dict[str, Any] = json.loads(self.text)
        return found


@dataclass(frozen=True, slots=True)
class Projection:
    """What the tables show of a state. Instants are ms.

    attributes  name -> (text, number or None)     tags  tag -> (source, since, until)
    interests   topic -> level
    """

    first_seen: int | None = None
    last_seen: int | None = None
    messages: int = 0
    orders: int = 0
    redeemed: int = 0
    spent_fen: int = 0
    attributes: dict[str, tuple[str, float | None]] = field(default_factory=dict)
    tags: dict[str, tuple[str, int, int | None]] = field(default_factory=dict)
    interests: dict[str, float] = field(default_factory=dict)


class Change(NamedTuple):
    """A profile to be written. `before` None: all its rows are written anew."""

    follower_id: int
    text: str
    before: Projection | None
    after: Projection
    stage: str
    held: Standing


# --- profiles ----------------------------------------------------------------------------------


def count(account_id: int) -> int:
    """Followers of the account who have a profile."""
    rows = fetch(
        "SELECT COUNT(*) FROM profile JOIN follower ON follower.id = profile.follower_id"
        " WHERE follower.account_id = ?",
        (account_id,),
    )
    return int(rows[0][0])


def hold(follower_ids: Sequence[int]) -> dict[int, Held]:
    """Take these profiles, made where missing; not of the erased. See Held."""
    held: dict[int, Held] = {}
    for ids in spans(sorted(follower_ids)):
        rows = _rows(ids)
        if missing := sorted(set(ids) - rows.keys()):
            _make(missing)
            rows |= _rows(missing)
        held |= _with_standing(rows)
    return held


def look(follower_ids: Sequence[int]) -> dict[int, Held]:
    """These profiles, as far as they are there, without holding them."""
    return {
        follower_id: held
        for ids in spans(follower_ids)
        for follower_id, held in _with_standing(_rows(ids, "")).items()
    }


def unmade(follower_ids: Sequence[int]) -> list[int]:
    """Those without a profile whose log says that they should have one."""
    found: list[int] = []
    for ids in spans(follower_ids):
        marks = qmarks(ids)
        found += [
            row[0]
            for row in fetch(
                f"SELECT f.id FROM follower f WHERE f.id IN ({marks}) AND f.erased_at IS NULL"
                " AND NOT EXISTS (SELECT 1 FROM profile p WHERE p.follower_id = f.id)"
                " AND (EXISTS (SELECT 1 FROM profile_base b WHERE b.follower_id = f.id)"
                " OR EXISTS"
                " (SELECT 1 FROM event e WHERE e.follower_id = f.id AND e.folded = TRUE))",
                ids,
            )
        ]
    return found


def _rows(ids: Sequence[int], lock: str | None = None) -> dict[int, tuple[Any, ...]]:
    """Follower id -> state, version, when it was written last."""
    rows = fetch(
        "SELECT follower_id, state, version, folded_at FROM profile"
        f" WHERE follower_id IN ({qmarks(ids)})"
        f" ORDER BY follower_id{locking() if lock is None else lock}",
        ids,
    )
    return {row[0]: row[1:] for row in rows}


def _make(ids: Sequence[int]) -> None:
    """Empty profiles, or what their bases hold; their versions begin where none has been before."""
    ignore, end = ("IGNORE ", "") if is_mysql() else ("", " ON CONFLICT DO NOTHING")
    run(
        f"INSERT {ignore}INTO profile"
        " (follower_id, state, version, messages, orders, redeemed, spent_fen)"
        f" SELECT f.id, COALESCE(b.state, '{{}}'), {secrets.randbelow(2**30)}, 0, 0, 0, 0"
        " FROM follower f LEFT JOIN profile_base b ON b.follower_id = f.id"
        f" WHERE f.id IN ({qmarks(ids)}) AND f.erased_at IS NULL AND NOT EXISTS"
        f" (SELECT 1 FROM profile p WHERE p.follower_id = f.id) ORDER BY f.id{end}",
        ids,
    )


def _with_standing(rows: dict[int, tuple[Any, ...]]) -> dict[int, Held]:
    found: dict[int, Held] = {}
    if not rows:
        return found
    ids = list(rows)
    people = fetch(
        "SELECT f.id, f.subscribed, f.stage, f.personalised, b.events FROM follower f"
        " LEFT JOIN profile_base b ON b.follower_id = f.id"
        f" WHERE f.id IN ({qmarks(ids)}) AND f.erased_at IS NULL",
        ids,
    )
    for id_, subscribed, stage, personalised, base in people:
        state, version, folded_at = rows[id_]
        standing = Standing(version, bool(subscribed), stage, bool(personalised), base or 0)
        found[id_] = Held(state, standing, folded_at is None)
    return found


def projected(follower_ids: Sequence[int]) -> dict[int, Projection]:
    """What the tables show of these profiles now; who has no profile is left out."""
    found: dict[int, Projection] = {}
    for ids in spans(follower_ids):
        marks = qmarks(ids)
        for row in fetch(
            "SELECT follower_id, first_seen_at, last_seen_at, messages, orders, redeemed, spent_fen"
            f" FROM profile WHERE follower_id IN ({marks})",
            ids,
        ):
            found[row[0]] = Projection(*row[1:])
        for part, (table, columns, _) in _PARTS.items():
            for follower_id, name, *value in fetch(
                f"SELECT follower_id, {', '.join(columns)} FROM {table}"
                f" WHERE follower_id IN ({marks})",
                ids,
            ):
                if follower_id in found:
                    shown = tuple(value) if len(value) > 1 else value[0]
                    getattr(found[follower_id], part)[name] = shown
    return found


def write(changes: Sequence[Change], now: datetime) -> set[int]:
    """Write states and what differs of their projections; their followers become dirty.

    Whose standing is not any more what the change was reckoned from is left out; the others' ids.
    """
    with transaction():
        standing = {
            follower_id: held.standing
            for ids in spans(sorted(change.follower_id for change in changes))
            for follower_id, held in _with_standing(_rows(ids)).items()
        }
        valid = [one for one in changes if standing.get(one.follower_id) == one.held]
        _write_states(valid, to_ms(now))
        for part, (table, columns, constant) in _PARTS.items():
            _write_rows(table, columns, part, valid, constant)
        set_stages(
            [(c.follower_id, c.held.stage, c.stage) for c in valid if c.stage != c.held.stage]
        )
        written = {change.follower_id for change in valid}
        segments.mark_dirty(sorted(written))
    return written


def _write_states(changes: Sequence[Change], at: int) -> None:
    run_many(
        "UPDATE profile SET state = ?, version = version + 1, first_seen_at = ?, last_seen_at = ?,"
        " messages = ?, orders = ?, redeemed = ?, spent_fen = ?, folded_at = ?"
        " WHERE follower_id = ?",
        [
            (
                change.text,
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
    constant: dict[str, Any],
) -> None:
    """Replace the rows of `part` that differ between before and after."""
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
    run_many(f"INSERT INTO {table} ({','.join(names)}) VALUES ({qmarks(names)})", new)


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
        for ids in spans(follower_ids)
        for row in fetch(
            f"SELECT follower_id, state FROM profile WHERE follower_id IN ({qmarks(ids)})",
            ids,
        )
    }


def interests_of(follower_ids: Sequence[int]) -> dict[int, dict[str, float]]:
    """Topic levels by follower id (bot.values.interest), for a batch of offers."""
    found: dict[int, dict[str, float]] = {id_: {} for id_ in follower_ids}
    for ids in spans(follower_ids):
        for follower_id, topic, held in fetch(
            "SELECT follower_id, topic, level FROM follower_interest"
            f" WHERE follower_id IN ({qmarks(ids)})",
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

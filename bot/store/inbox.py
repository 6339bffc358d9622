"""The inbox: what arrived, once; who is being answered; what became of each answer.

An inbox row stands beside every event that a callback brought.

state   open    stored, not handled yet (its lease says until when somebody is at it)
        done    handled
        failed  the handler raised; lease_until says when it is tried again
        dead    failed too often; waits for a person
answer  ""       not decided        passive  in the HTTP answer       none  nothing to say
        late     due as a customer-service message, because the HTTP answer had to leave without it
        sending  that message is on its way     sent · lost (no window) · unknown (no word back)

A follower is held by one row at a time (`follower.busy_event`), so two messages of one follower
never race, whichever processes got them. These are the statements of the hot path: hand-written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.clock import to_ms
from bot.store import events, followers
from bot.store.db import again, available, fetch, insert_new, is_mysql, run, transaction
from bot.store.fields import Holder
from bot.store.handoff import AGENT
from bot.values.audience import FollowerState, WindowKind

REPLY = "inbox.reply"
DROPPED = "dropped"
WINDOWS = {
    WindowKind.MESSAGE: (timedelta(hours=48), 5),
    WindowKind.CLICK: (timedelta(minutes=1), 3),
    WindowKind.SUBSCRIBE: (timedelta(minutes=1), 3),
    WindowKind.SCAN: (timedelta(minutes=1), 3),
}
_SIGN = "last_inbound_at = ?, window_kind = ?, window_until = ?, window_left = ?"
_HOLD = "busy_event = ?, busy_until = ? WHERE id = ? AND (busy_event IS NULL OR busy_until <= ?)"
_INBOX = ("event_id", "state", "lease_until", "attempts", "handler", "answer", "repeats", "error",
          "reason", "trace")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arrival:
    """A stored callback. `held`: its follower is ours to answer until the lease ends."""

    event_id: int
    follower: FollowerState | None
    held: bool


@dataclass(frozen=True, slots=True)
class Repeat:
    """A callback that was stored before. `reply` is what it was answered with, None for nothing."""

    event_id: int
    reply: dict[str, Any] | None


def opened_window(
    follower: FollowerState, kind: WindowKind | None, now: datetime
) -> tuple[str, datetime, int] | None:
    """The customer-service window after an act of `kind`: (kind, until, messages left).

    None: it stays as it is. Allowances do not add up; a short one does not replace a long one that
    still has messages (platform rules since 2023-06; the reset rule is read conservatively).
    """
    if kind is None:
        return None
    lifetime, allowance = WINDOWS[kind]
    until = now + lifetime
    still_open = follower.window_until is not None and follower.window_until >= until
    if still_open and follower.window_left > 0:
        return None
    return kind.value, until, allowance


@again
def arrive(
    account_id: int,
    openid: str,
    kind: str,
    *,
    key: str,
    at: datetime,
    now: datetime,
    facts: Mapping[str, Any],
    raw: Mapping[str, Any],
    window: WindowKind | None,
    lease: timedelta,
    known_only: bool = False,
) -> Arrival | Repeat:
    """Store a callback and take its follower, in one transaction.

    `known_only` makes no follower for an unknown openid (privacy events are no sign of life).
    Raises StoreUnavailable: nothing was stored.
    """
    with available(), transaction():
        follower = followers.find(account_id, openid) if openid else None
        if follower is None and openid and not known_only:
            # A repeat from somebody erased meanwhile must not make him a follower again.
            dedupe = events.dedupe(account_id, "callback", key)
            if fetch("SELECT 1 FROM event WHERE dedupe = ?", (dedupe,)):
                return _repeated(dedupe)
            follower = followers.ensure(account_id, openid, now)
        values = events.row(
            account_id, follower.id if follower else None, kind, at, now, "callback", key, facts,
            {"raw": raw},
        )  # fmt: skip
        event_id = insert_new("event", events.COLUMNS, values)
        if event_id is None:
            return _repeated(values[6])
        until = to_ms(now + lease)
        held = follower is None or _take(follower, event_id, until, window, now)
        insert_new(
            "inbox",
            _INBOX,
            (event_id, "open", until if held else to_ms(now), 0, "", "", 0, "", "", "[]"),
            key="event_id",
        )
        return Arrival(event_id, follower, held)


def _take(
    follower: FollowerState, event_id: int, until: int, window: WindowKind | None, now: datetime
) -> bool:
    """Note the sign of life and take the follower unless another message holds it."""
    opened = opened_window(follower, window, now)
    if opened is None:
        return hold(follower.id, event_id, until, now)
    sign = (to_ms(now), opened[0], to_ms(opened[1]), opened[2])
    if run(f"UPDATE follower SET {_SIGN}, {_HOLD}", (*sign, event_id, until, follower.id, sign[0])):
        return True
    run(f"UPDATE follower SET {_SIGN} WHERE id = ?", (*sign, follower.id))
    return False


def hold(follower_id: int, event_id: int, until: int, now: datetime) -> bool:
    """Take the follower for this event. False: another message of the same follower holds it."""
    values = (event_id, until, follower_id, to_ms(now))
    return run(f"UPDATE follower SET {_HOLD}", values) == 1


@again
def hold_next(
    follower_id: int, event_id: int, lease: timedelta, now: datetime
) -> FollowerState | None:
    """Take the follower once its earlier messages are done; its present state, or None to wait."""
    with available(), transaction():
        waiting = fetch(
            "SELECT 1 FROM inbox JOIN event ON event.id = inbox.event_id"
            " WHERE event.follower_id = ? AND event.id < ? AND inbox.state = 'open' LIMIT 1",
            (follower_id, event_id),
        )
        until = to_ms(now + lease)
        if waiting or not hold(follower_id, event_id, until, now):
            return None
        run("UPDATE inbox SET lease_until = ? WHERE event_id = ?", (until, event_id))
        return followers.get(follower_id)


def _repeated(dedupe: str) -> Repeat:
    """Count the repeat. While the first is still being handled its HTTP answer counts as lost."""
    run(
        "UPDATE inbox SET repeats = repeats + 1,"
        " answer = CASE WHEN state = 'open' AND answer = '' THEN 'late' ELSE answer END"
        " WHERE event_id = (SELECT id FROM event WHERE dedupe = ?)",
        (dedupe,),
    )
    rows = fetch(
        "SELECT inbox.event_id, inbox.answer, inbox.reply FROM inbox"
        " JOIN event ON event.id = inbox.event_id WHERE event.dedupe = ?",
        (dedupe,),
    )
    if not rows:  # its sender was erased, and the inbox row with him
        return Repeat(0, None)
    event_id, answer, sealed = rows[0]
    said = answer == "passive" and sealed is not None
    return Repeat(event_id, Holder.vault.open_json(bytes(sealed), REPLY) if said else None)


@again
def finish(
    event_id: int,
    follower_id: int | None,
    *,
    handler: str,
    reason: str,
    reply: Mapping[str, Any] | None,
    took_ms: int,
    error: str = "",
    retry_at: datetime | None = None,
    trace: Sequence[Any] = (),
    passive: bool = True,
    owner: str = "",
    now: datetime | None = None,
) -> str:
    """Record the outcome and let the follower go; the answer's state: passive, none, late; or
    `dropped` where nothing may be said any more.

    error    with `retry_at`: the handler failed and is tried again then; without: it is given up
    passive  False: the reply can only travel as a customer-service message
    owner    who owned the chat when this was decided; an agent who took it since speaks alone
    """
    state = "done" if not error else ("failed" if retry_at else "dead")
    with available(), transaction():
        dropped = bool(
            reply and now and owner != AGENT and follower_id and _owner(follower_id, now) == AGENT
        )
        if dropped:
            reply, reason = None, f"{reason}; dropped: an agent took the chat"
        answer = ("passive" if passive else "late") if reply else "none"
        sealed = Holder.vault.seal_json(reply, REPLY) if reply else None
        told = _tell(
            "UPDATE inbox SET state = ?, handler = ?, reason = ?, reply = ?, handled_ms = ?,"
            " error = ?, lease_until = ?, attempts = attempts + 1, trace = ?,"
            " answer = CASE WHEN answer = 'late' AND ? = 'passive' THEN 'late' ELSE ? END"
            " WHERE event_id = ? AND state IN ('open', 'failed')",
            (state, handler, reason, sealed, took_ms, error,
             to_ms(retry_at) if retry_at else None, json.dumps(trace, ensure_ascii=False),
             answer, answer, event_id),
        )  # fmt: skip
        if follower_id is not None:
            run(
                "UPDATE follower SET busy_event = NULL, busy_until = NULL"
                " WHERE id = ? AND busy_event = ?",
                (follower_id, event_id),
            )
        found = told or fetch("SELECT answer FROM inbox WHERE event_id = ?", (event_id,))
        return DROPPED if dropped else str(found[0][0])


def _tell(update: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Change an inbox row; its answer, but nothing where no row was changed, or the engine cannot
    say it."""
    if is_mysql():
        run(update, values)
        return []
    return fetch(f"{update} RETURNING answer", values)


def _owner(follower_id: int, now: datetime) -> str:
    """Who owns the chat at this very moment."""
    rows = fetch("SELECT held_by, held_until FROM follower WHERE id = ?", (follower_id,))
    return rows[0][0] if rows and rows[0][1] is not None and rows[0][1] > to_ms(now) else ""


def give_up_waiting(event_id: int) -> bool:
    """The HTTP answer leaves without the reply. False: the reply is there after all."""
    with available():
        return (
            run(
                "UPDATE inbox SET answer = 'late'"
                " WHERE event_id = ? AND state = 'open' AND answer IN ('', 'late')",
                (event_id,),
            )
            == 1
        )


def leave_for_repair(event_id: int, now: datetime) -> None:
    """Nobody is at it any more: the repair job may take it at once."""
    with available():
        run(
            "UPDATE inbox SET lease_until = ? WHERE event_id = ? AND state = 'open'",
            (to_ms(now), event_id),
        )

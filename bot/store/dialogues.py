"""Questions that wait for an answer: at most one a follower, each with an end.

A later question replaces an earlier one; what has expired is as good as gone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.clock import from_ms, to_ms
from bot.store.db import fetch, insert_new, run, transaction
from bot.store.fields import Holder

FORM = "form"
FORM_KEPT = timedelta(days=1)  # after its end a form that is open still can be gone on with so long
_SEALED = "dialogue.sealed"


@dataclass(frozen=True, slots=True)
class Dialogue:
    """name: onboarding, erase, clarify, a form's. `state`: what its own handler needs to go on;
    `sealed` the same, kept encrypted: whatever people typed."""

    name: str
    expires_at: datetime
    state: Mapping[str, Any] = field(default_factory=dict)
    sealed: Mapping[str, Any] = field(default_factory=dict)


def current(follower_id: int, now: datetime) -> Dialogue | None:
    """The dialogue that is open at `now`."""
    found = latest(follower_id)
    return found if found is not None and found.expires_at > now else None


def latest(follower_id: int) -> Dialogue | None:
    """The dialogue that is or was open, expired or not, until it is forgotten."""
    rows = fetch(
        "SELECT name, state, expires_at, sealed FROM dialogue WHERE follower_id = ?", (follower_id,)
    )
    if not rows:
        return None
    name, state, expires_at, sealed = rows[0]
    opened = Holder.vault.open_json(bytes(sealed), _SEALED) if sealed is not None else {}
    return Dialogue(name, from_ms(expires_at), json.loads(state), opened)


def begin(
    follower_id: int,
    name: str,
    expires_at: datetime,
    state: Mapping[str, Any] | None = None,
    sealed: Mapping[str, Any] | None = None,
) -> None:
    """Open a dialogue, in place of whichever was open; or keep how far it has come."""
    text = json.dumps(dict(state or {}), ensure_ascii=False)
    secret = Holder.vault.seal_json(sealed, _SEALED) if sealed else None
    values = (name, text, to_ms(expires_at), secret)
    with transaction():
        changed = run(
            "UPDATE dialogue SET name = ?, state = ?, expires_at = ?, sealed = ?"
            " WHERE follower_id = ?",
            (*values, follower_id),
        )
        if not changed:  # MySQL also says 0 for an equal row: the insert then finds it there
            columns = ("follower_id", "name", "state", "expires_at", "sealed")
            insert_new("dialogue", columns, (follower_id, *values), key="follower_id")


def end(follower_id: int, name: str) -> bool:
    """Close the dialogue. False: it was not open under this name."""
    sql = "DELETE FROM dialogue WHERE follower_id = ? AND name = ?"
    return run(sql, (follower_id, name)) == 1


def drop(follower_id: int) -> None:
    """Close whatever is open."""
    run("DELETE FROM dialogue WHERE follower_id = ?", (follower_id,))


def forget_expired(now: datetime) -> int:
    """Drop what nobody answered; how many rows went. Of a closed form no state is left."""
    sql = (
        "DELETE FROM dialogue WHERE expires_at <= ?"
        " AND (name <> ? OR state = '{}' OR expires_at <= ?)"
    )
    return run(sql, (to_ms(now), FORM, to_ms(now - FORM_KEPT)))


def answered_by(
    follower_id: int, handlers: str | Sequence[str], now: datetime, within: timedelta
) -> bool:
    """Whether one of these handlers answered a text of this follower in the stretch before."""
    names = [handlers] if isinstance(handlers, str) else list(handlers)
    rows = fetch(
        "SELECT 1 FROM event JOIN inbox ON inbox.event_id = event.id"
        " WHERE event.follower_id = ? AND event.kind IN ('message.text', 'message.voice')"
        " AND event.at > ? AND event.at <= ?"
        f" AND inbox.handler IN ({','.join('?' * len(names))}) LIMIT 1",
        (follower_id, to_ms(now - within), to_ms(now), *names),
    )
    return bool(rows)

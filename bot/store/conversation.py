"""What was said and how it was decided, read back for people and for learning."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.clock import from_ms, to_ms
from bot.errors import NotFound
from bot.store.db import fetch
from bot.store.events import PLACE
from bot.store.fields import Holder
from bot.store.inbox import REPLY

TEXTS = "('message.text', 'message.voice')"
# Handlers that say that nothing was understood.
MISSES = ("fallback.default", "fallback.again", "fallback.out_of_scope", "clarify.ask",
          "clarify.neither")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decided:
    """A message and what became of it. `text` and `reply` only where they were asked for."""

    event_id: int
    follower_id: int | None
    kind: str
    at: datetime
    handler: str
    reason: str
    answer: str
    took_ms: int
    trace: Sequence[Sequence[Any]]
    facts: dict[str, Any]
    text: str = ""
    reply: dict[str, Any] | None = None


_COLUMNS = (
    "event.id, event.follower_id, event.kind, event.at, inbox.handler, inbox.reason, inbox.answer,"
    " inbox.handled_ms, inbox.trace, event.facts, event.sealed, inbox.reply"
)
_FROM = "FROM event JOIN inbox ON inbox.event_id = event.id"


def decided(event_id: int, *, opened: bool = False) -> Decided:
    """One message. `opened`: with what was said, which is personal. Raises NotFound."""
    rows = fetch(f"SELECT {_COLUMNS} {_FROM} WHERE event.id = ?", (event_id,))
    if not rows:
        raise NotFound(f"there is no message {event_id}")
    return _decided(rows[0], opened)


def latest(
    account_id: int, *, follower_id: int = 0, limit: int = 20, opened: bool = False
) -> list[Decided]:
    """The last texts, of everybody or of one follower; the newest first."""
    rows = fetch(
        f"SELECT {_COLUMNS} {_FROM} WHERE event.account_id = ? AND event.kind IN {TEXTS}"
        " AND (event.follower_id = ? OR ? = 0) ORDER BY event.id DESC LIMIT ?",
        (account_id, follower_id, follower_id, limit),
    )
    return [_decided(row, opened) for row in rows]


def between(
    account_id: int, since: datetime, until: datetime, *, after: int = 0, limit: int = 500
) -> list[Decided]:
    """A page of the texts received in [since, until), opened, by id; `after` the last id seen."""
    rows = fetch(
        f"SELECT {_COLUMNS} {_FROM} WHERE event.account_id = ? AND event.kind IN {TEXTS}"
        " AND event.at >= ? AND event.at < ? AND event.id > ? ORDER BY event.id LIMIT ?",
        (account_id, to_ms(since), to_ms(until), after, limit),
    )
    return [_decided(row, True) for row in rows]


def misses(follower_id: int, now: datetime, within: timedelta, most: int) -> int:
    """How many of this follower's last texts in a row, up to `most`, were not understood."""
    rows = fetch(
        f"SELECT inbox.handler {_FROM} WHERE event.follower_id = ? AND event.kind IN {TEXTS}"
        " AND event.at > ? AND event.at <= ? AND inbox.state = 'done'"
        " ORDER BY event.id DESC LIMIT ?",
        (follower_id, to_ms(now - within), to_ms(now), most),
    )
    count = 0
    for (handler,) in rows:
        if handler not in MISSES:
            break
        count += 1
    return count


def _decided(row: Sequence[Any], opened: bool) -> Decided:
    text, reply = "", None
    if opened:
        text = text_in(row[10])
        reply = Holder.vault.open_json(bytes(row[11]), REPLY) if row[11] is not None else None
    return Decided(
        event_id=row[0],
        follower_id=row[1],
        kind=row[2],
        at=from_ms(row[3]),
        handler=row[4],
        reason=row[5],
        answer=row[6],
        took_ms=row[7] or 0,
        trace=json.loads(row[8]),
        facts=json.loads(row[9]),
        text=text,
        reply=reply,
    )


def text_in(sealed: Any) -> str:
    """The words of a sealed callback, "" where there are none."""
    if sealed is None:
        return ""
    raw = Holder.vault.open_json(bytes(sealed), PLACE).get("raw", {})
    return str(raw.get("Content") or raw.get("Recognition") or "").strip()

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
OUT_OF_SCOPE = "fallback.out_of_scope"
# Handlers that say that nothing was understood.
MISSES = ("fallback.default", "fallback.again", OUT_OF_SCOPE, "clarify.ask", "clarify.neither")


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
    """How many of this follower's last texts in a row were not understood; out of scope counts
    half. At most 2 * `most` are looked at."""
    rows = fetch(
        f"SELECT inbox.handler {_FROM} WHERE event.follower_id = ? AND event.kind IN {TEXTS}"
        " AND event.at > ? AND event.at <= ? AND inbox.state = 'done'"
        " ORDER BY event.id DESC LIMIT ?",
        (follower_id, to_ms(now - within), to_ms(now), 2 * most),
    )
    halves = 0
    for (handler,) in rows:
        if handler not in MISSES:
            break
        halves += 1 if handler == OUT_OF_SCOPE else 2  # the former was understood, in a way
    return halves // 2


def talked(follower_id: int, before: int, since: datetime) -> bool:
    """Whether a text of theirs since then, before this event, was answered by anything but a
    right (privacy)."""
    rows = fetch(
        f"SELECT inbox.handler {_FROM} WHERE event.follower_id = ? AND event.kind IN {TEXTS}"
        " AND event.id < ? AND event.at >= ? AND inbox.state = 'done'"
        " ORDER BY event.id DESC LIMIT 1",
        (follower_id, before, to_ms(since)),
    )
    return bool(rows) and not rows[0][0].startswith("privacy.")


def said_word(follower_id: int, word: str, since: datetime, until: datetime) -> bool:
    """Whether a text of theirs to us, from `since` to `until`, was this command word."""
    rows = fetch(
        f"SELECT facts FROM event WHERE follower_id = ? AND kind IN {TEXTS}"
        " AND at >= ? AND at <= ?",
        (follower_id, to_ms(since), to_ms(until)),
    )
    return any(json.loads(facts).get("word") == word for (facts,) in rows)


def clarified(account_id: int, since: datetime, until: datetime) -> list[tuple[int, str]]:
    """Messages whose sender chose what was meant: (event id, intent), by id."""
    rows = fetch(
        "SELECT facts FROM event WHERE account_id = ? AND kind = 'clarified'"
        " AND at >= ? AND at < ? AND follower_id IS NOT NULL ORDER BY id",
        (account_id, to_ms(since), to_ms(until)),
    )
    found = (json.loads(facts) for (facts,) in rows)
    return [(int(one["event"]), str(one["intent"])) for one in found if "event" in one]


def said_lately(follower_id: int, before: int, most: int = 3) -> list[str]:
    """What this follower was told in the last few answers before the event `before`."""
    rows = fetch(
        f"SELECT inbox.reply {_FROM} WHERE event.follower_id = ? AND event.kind IN {TEXTS}"
        " AND event.id < ? AND inbox.reply IS NOT NULL ORDER BY event.id DESC LIMIT ?",
        (follower_id, before, most),
    )
    return [text for (sealed,) in rows for text in _texts(_opened(sealed))]


def happened_since(follower_id: int, kind: str, since: datetime) -> list[dict[str, Any]]:
    """The facts of this follower's events of a kind after `since`, the latest first."""
    rows = fetch(
        "SELECT facts FROM event WHERE follower_id = ? AND kind = ? AND at > ? ORDER BY at DESC",
        (follower_id, kind, to_ms(since)),
    )
    return [json.loads(facts) for (facts,) in rows]


def facts_of(follower_id: int, dedupe: str) -> dict[str, Any] | None:
    """The facts of one event of this follower, by its unique key (bot.store.events.dedupe)."""
    rows = fetch(
        "SELECT facts FROM event WHERE dedupe = ? AND follower_id = ?", (dedupe, follower_id)
    )
    return dict(json.loads(rows[0][0])) if rows else None


def _opened(sealed: Any) -> Any:
    return Holder.vault.open_json(bytes(sealed), REPLY)


def _texts(reply: Any) -> list[str]:
    """The words of a reply and of those inside it."""
    if not isinstance(reply, dict):
        return []
    inner = [reply.get("reply"), *(reply.get("replies") or ())]
    own = [reply[name] for name in ("text", "head") if reply.get(name)]
    return own + [text for one in inner for text in _texts(one)]


def _decided(row: Sequence[Any], opened: bool) -> Decided:
    text, reply = "", None
    if opened:
        text = text_in(row[10])
        reply = _opened(row[11]) if row[11] is not None else None
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

"""Groups of unanswered messages, waiting for somebody to say what they mean.

Only the ids of the messages are kept: whoever is erased is gone from here as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import from_ms, to_ms
from bot.errors import NotFound
from bot.store.conversation import text_in
from bot.store.db import fetch, insert_new, run, transaction
from bot.store.fields import Holder

_SEALED = "suggestion.sealed"
_COLUMNS = "id, made_at, kind, intent, size, coverage, sealed, state"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """kind: example (of `intent`), rule (by its keywords), intent (a new one, `intent` its slug and
    `title` its name)."""

    id: int
    made_at: datetime
    kind: str
    intent: str
    size: int
    coverage: float
    events: tuple[int, ...]
    keywords: tuple[str, ...]
    draft: Mapping[str, Any]
    state: str
    title: str = ""


def replace_open(account_id: int, found: Iterable[Suggestion], now: datetime) -> int:
    """Put new suggestions in place of those that nobody decided; how many there are."""
    count = 0
    with transaction():
        run("DELETE FROM suggestion WHERE account_id = ? AND state = 'open'", (account_id,))
        for one in found:
            columns = ("account_id", "made_at", "kind", "intent", "size", "coverage", "sealed",
                       "state")  # fmt: skip
            document = {
                "events": list(one.events),
                "keywords": list(one.keywords),
                "draft": dict(one.draft),
                "title": one.title,
            }
            sealed = Holder.vault.seal_json(document, _SEALED)
            values = (account_id, to_ms(now), one.kind, one.intent, one.size, one.coverage,
                      sealed, "open")  # fmt: skip
            insert_new("suggestion", columns, values)
            count += 1
    return count


def listed(account_id: int, state: str = "open") -> list[Suggestion]:
    """The greatest first."""
    rows = fetch(
        f"SELECT {_COLUMNS} FROM suggestion WHERE account_id = ? AND state = ?"
        " ORDER BY size DESC, id",
        (account_id, state),
    )
    return [_suggestion(row) for row in rows]


def count_open(account_id: int) -> int:
    """How many nobody decided."""
    sql = "SELECT COUNT(*) FROM suggestion WHERE account_id = ? AND state = 'open'"
    return int(fetch(sql, (account_id,))[0][0])


def get(account_id: int, suggestion_id: int) -> Suggestion:
    """Raises NotFound."""
    rows = fetch(
        f"SELECT {_COLUMNS} FROM suggestion WHERE account_id = ? AND id = ?",
        (account_id, suggestion_id),
    )
    if not rows:
        raise NotFound(f"there is no suggestion {suggestion_id}")
    return _suggestion(rows[0])


def settle(account_id: int, suggestion_id: int, state: str) -> bool:
    """accepted or dismissed. False: somebody decided before."""
    return (
        run(
            "UPDATE suggestion SET state = ? WHERE account_id = ? AND id = ? AND state = 'open'",
            (state, account_id, suggestion_id),
        )
        == 1
    )


def decided_events(account_id: int) -> set[int]:
    """Messages of suggestions that were accepted or dismissed: they are not brought up again."""
    rows = fetch(
        "SELECT sealed FROM suggestion WHERE account_id = ? AND state <> 'open'", (account_id,)
    )
    return {event for (sealed,) in rows for event in _opened(sealed)["events"]}


def texts(account_id: int, event_ids: Sequence[int]) -> dict[int, str]:
    """What was said, by event id. Personal data. The erased are left out."""
    found: dict[int, str] = {}
    for start in range(0, len(event_ids), 500):
        some = list(event_ids[start : start + 500])
        rows = fetch(
            "SELECT id, sealed FROM event WHERE account_id = ? AND follower_id IS NOT NULL"
            f" AND id IN ({','.join('?' * len(some))})",
            (account_id, *some),
        )
        found.update({event: text_in(sealed) for event, sealed in rows})
    return {event: text for event, text in found.items() if text}


def _opened(sealed: Any) -> dict[str, Any]:
    return dict(Holder.vault.open_json(bytes(sealed), _SEALED))


def _suggestion(row: Sequence[Any]) -> Suggestion:
    document = _opened(row[6])
    return Suggestion(
        id=row[0],
        made_at=from_ms(row[1]),
        kind=row[2],
        intent=row[3],
        size=row[4],
        coverage=row[5],
        events=tuple(document["events"]),
        keywords=tuple(document["keywords"]),
        draft=document["draft"],
        state=row[7],
        title=document.get("title", ""),
    )

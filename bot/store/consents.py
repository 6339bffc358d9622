"""Consents as evidence, and topics that people want or refuse. The latest word counts.

The flags of a follower (marketing_consent, opted_out_at, personalised) are what sends and answers
read; a consent row is the evidence of each change, written in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import from_ms, to_ms
from bot.store import predictions
from bot.store.db import fetch, insert_new, locking, run, transaction

MARKETING, PERSONALISATION, RESEARCH = "marketing", "personalisation", "research"
PURPOSES = (MARKETING, PERSONALISATION, RESEARCH)
WAYS = ("subscribe", "keyword", "h5", "import", "operator")


@dataclass(frozen=True, slots=True)
class Said:
    """One word about a purpose."""

    purpose: str
    given: bool
    at: datetime
    how: str
    wording: str

    def to_json(self) -> dict[str, Any]:
        return {
            "purpose": self.purpose,
            "given": self.given,
            "at": self.at.isoformat(timespec="seconds"),
            "how": self.how,
            "wording": self.wording,
        }


def note(
    follower_id: int,
    purpose: str,
    given: bool,
    *,
    at: datetime,
    received_at: datetime,
    how: str,
    wording: str = "",
) -> None:
    """Keep one word as evidence. Part of the transaction that acts on it."""
    columns = ("follower_id", "purpose", "given", "at", "received_at", "how", "wording")
    values = (follower_id, purpose, given, to_ms(at), to_ms(received_at), how, wording[:64])
    insert_new("consent", columns, values)


def history(follower_id: int) -> list[Said]:
    """Every word, the oldest first."""
    rows = fetch(
        "SELECT purpose, given, at, how, wording FROM consent WHERE follower_id = ?"
        " ORDER BY at, id",
        (follower_id,),
    )
    return [Said(row[0], bool(row[1]), from_ms(row[2]), row[3], row[4]) for row in rows]


def current(follower_id: int) -> dict[str, Said]:
    """The latest word on each purpose; a purpose of which nothing was said is left out."""
    return {said.purpose: said for said in history(follower_id)}


def set_personalised(follower_id: int, wanted: bool) -> bool:
    """False: it was so before, or they are erased. What is predicted of them goes."""
    with transaction():
        changed = run(
            "UPDATE follower SET personalised = ? WHERE id = ? AND erased_at IS NULL"
            " AND personalised <> ?",
            (wanted, follower_id, wanted),
        )
        if not wanted:
            predictions.forget(follower_id)
    return changed == 1


# --- topics ------------------------------------------------------------------------------------


def choose(follower_id: int, topic: str, wanted: bool, at: datetime, how: str) -> bool:
    """They want to hear about a topic, or do not. False: they said something else after `at`.

    Takes the follower's row first, as a claim does: a refusal that was answered holds for the next
    send.
    """
    ms = to_ms(at)
    with transaction():
        sql = f"SELECT id FROM follower WHERE id = ? AND erased_at IS NULL{locking()}"
        if not fetch(sql, (follower_id,)):
            return False
        columns = ("follower_id", "topic", "wanted", "at", "how")
        values = (follower_id, topic[:32], wanted, ms, how)
        if insert_new("topic_choice", columns, values, key="follower_id") is not None:
            return True
        return (
            run(
                "UPDATE topic_choice SET wanted = ?, at = ?, how = ?"
                " WHERE follower_id = ? AND topic = ? AND at <= ?",
                (wanted, ms, how, follower_id, topic[:32], ms),
            )
            == 1
        )


def choices(follower_id: int) -> dict[str, bool]:
    """Topic -> wanted."""
    rows = fetch(
        "SELECT topic, wanted FROM topic_choice WHERE follower_id = ? ORDER BY topic",
        (follower_id,),
    )
    return {row[0]: bool(row[1]) for row in rows}


def refusing(follower_ids: Sequence[int], topics: Iterable[str]) -> set[int]:
    """Of these followers, who does not want to hear about one of the topics."""
    names = sorted(set(topics))
    if not names or not follower_ids:
        return set()
    people, marks = ",".join("?" * len(follower_ids)), ",".join("?" * len(names))
    rows = fetch(
        f"SELECT DISTINCT follower_id FROM topic_choice WHERE follower_id IN ({people})"
        f" AND topic IN ({marks}) AND wanted = ?",
        (*follower_ids, *names, False),
    )
    return {row[0] for row in rows}

"""Who owns a chat, and the record of each time that a person was asked for.

Ownership stands in the follower's row, so that whoever decides about an answer sees it without
another look-up; it changes by one compare-and-set each time, never by reading first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.clock import from_ms, instant, to_ms
from bot.store.db import fetch, insert_new, run, transaction

QUEUE, AGENT = "queue", "agent"
DESK = "operator:"  # how the agents of our own console are named; others are the platform's
_HIS = (
    "EXISTS (SELECT 1 FROM handoff WHERE handoff.follower_id = follower.id"
    " AND handoff.ended_at IS NULL AND handoff.agent = ?)"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One time that a person was asked for. `outcome`: "" while it lasts."""

    id: int
    follower_id: int
    asked_at: datetime
    why: str
    agent: str
    accepted_at: datetime | None
    ended_at: datetime | None
    outcome: str


def ask(follower_id: int, why: str, now: datetime, until: datetime) -> bool:
    """The chat waits for a person. False: it waits or is held already."""
    with transaction():
        changed = run(
            "UPDATE follower SET held_by = ?, held_until = ?"
            " WHERE id = ? AND (held_until IS NULL OR held_until <= ? OR held_by = '')",
            (QUEUE, to_ms(until), follower_id, to_ms(now)),
        )
        if changed:
            _close(follower_id, "timed_out", now)  # one that nobody ended
            _open(follower_id, why, now)
    return bool(changed)


def take(follower_id: int, agent: str, now: datetime, until: datetime) -> None:
    """An agent has the chat, whether or not one was asked for."""
    with transaction():
        run(
            "UPDATE follower SET held_by = ?, held_until = ? WHERE id = ?",
            (AGENT, to_ms(until), follower_id),
        )
        if not _accept(follower_id, agent, now):
            _open(follower_id, "agent", now)
            _accept(follower_id, agent, now)


def take_free(follower_id: int, agent: str, now: datetime, until: datetime) -> bool:
    """An agent takes a chat unless another agent has it. False: another has it.

    The platform says who serves (`take`); at our own desk whoever comes first does.
    """
    with transaction():
        changed = run(
            "UPDATE follower SET held_by = ?, held_until = ? WHERE id = ?"
            f" AND (held_by <> ? OR held_until IS NULL OR held_until <= ? OR {_HIS})",
            (AGENT, to_ms(until), follower_id, AGENT, to_ms(now), agent[:64]),
        )
        if changed:
            _close_others(follower_id, agent, now)
            if not _accept(follower_id, agent, now):
                _open(follower_id, "agent", now)
                _accept(follower_id, agent, now)
    return bool(changed)


def keep(follower_id: int, agent: str, now: datetime, until: datetime) -> bool:
    """An agent gives a sign, so that the chat is his for longer. False: it is not his any more."""
    changed = run(
        "UPDATE follower SET held_until = ? WHERE id = ? AND held_by = ? AND held_until > ?"
        f" AND {_HIS}",
        (to_ms(until), follower_id, AGENT, to_ms(now), agent[:64]),
    )
    return bool(changed)


def pass_on(follower_id: int, agent: str, to: str, now: datetime, until: datetime) -> bool:
    """An agent gives his chat to a colleague. False: it was not his."""
    with transaction():
        if not keep(follower_id, agent, now, until):
            return False
        run(
            "UPDATE handoff SET agent = ? WHERE follower_id = ? AND ended_at IS NULL AND agent = ?",
            (to[:64], follower_id, agent[:64]),
        )
    return True


def give_back(follower_id: int, agent: str, now: datetime) -> bool:
    """The bot has the chat again because its agent says so. False: it was not his."""
    with transaction():
        changed = run(
            "UPDATE follower SET held_by = '', held_until = NULL WHERE id = ? AND held_by = ?"
            f" AND {_HIS}",
            (follower_id, AGENT, agent[:64]),
        )
        if changed:
            _close(follower_id, "closed", now)
    return bool(changed)


def release(follower_id: int, outcome: str, now: datetime, *, held_by: str = "") -> bool:
    """The bot has the chat again: closed, timed_out, released, left. False: it had it.

    held_by   only from this owner: an agent who took the chat at the last moment keeps it
    """
    with transaction():
        changed = run(
            "UPDATE follower SET held_by = '', held_until = NULL"
            " WHERE id = ? AND held_by <> '' AND (held_by = ? OR ? = '')",
            (follower_id, held_by, held_by),
        )
        if changed:
            _close(follower_id, outcome, now)
    return bool(changed)


def release_expired(now: datetime, limit: int = 1000) -> list[tuple[int, str]]:
    """Chats whose time is over go back to the bot: follower ids with who had them."""
    with transaction():
        rows = fetch(
            "SELECT id, held_by FROM follower WHERE held_until <= ? AND held_by <> '' LIMIT ?",
            (to_ms(now), limit),
        )
        return [(one, by) for one, by in rows if release_over(one, now)]


def release_over(follower_id: int, now: datetime) -> bool:
    """The chat goes back because its time is over. False: it is not, or it went back already."""
    with transaction():
        changed = run(
            "UPDATE follower SET held_by = '', held_until = NULL"
            " WHERE id = ? AND held_by <> '' AND held_until <= ?",
            (follower_id, to_ms(now)),
        )
        if changed:
            _close(follower_id, "timed_out", now)
    return bool(changed)


def held(account_id: int) -> dict[str, int]:
    """How many chats wait for a person, and how many an agent has.

    `+ 0` keeps engines from going through all of the account's followers: few are held anywhere.
    """
    rows = fetch(
        "SELECT held_by, COUNT(*) FROM follower WHERE account_id + 0 = ? AND held_by <> ''"
        " AND held_until > 0 GROUP BY held_by",
        (account_id,),
    )
    return {by: int(count) for by, count in rows}


def asked(follower_id: int, limit: int = 20) -> list[Asked]:
    """The latest first."""
    rows = fetch(
        "SELECT id, follower_id, asked_at, why, agent, accepted_at, ended_at, outcome"
        " FROM handoff WHERE follower_id = ? ORDER BY id DESC LIMIT ?",
        (follower_id, limit),
    )
    return [
        Asked(row[0], row[1], from_ms(row[2]), row[3], row[4], instant(row[5]), instant(row[6]),
              row[7])
        for row in rows
    ]  # fmt: skip


def served_since(account_id: int, ended_after: datetime) -> datetime | None:
    """When the first of the platform's agents' sessions began that last, or lasted until then;
    None: none. What is said at our own desk comes to the callback."""
    rows = fetch(
        "SELECT MIN(handoff.accepted_at) FROM handoff JOIN follower"
        " ON follower.id = handoff.follower_id WHERE follower.account_id = ?"
        " AND handoff.accepted_at IS NOT NULL AND handoff.agent NOT LIKE ?"
        " AND (handoff.ended_at IS NULL OR handoff.ended_at >= ?)",
        (account_id, f"{DESK}%", to_ms(ended_after)),
    )
    return instant(rows[0][0])


def asked_since(follower_id: int, at: datetime) -> datetime | None:
    """When the person was asked for whom this follower talked to at that time."""
    rows = fetch(
        "SELECT MAX(asked_at) FROM handoff WHERE follower_id = ? AND asked_at <= ?",
        (follower_id, to_ms(at)),
    )
    return instant(rows[0][0])


def _open(follower_id: int, why: str, now: datetime) -> None:
    columns = ("follower_id", "asked_at", "why", "agent", "outcome")
    insert_new("handoff", columns, (follower_id, to_ms(now), why[:64], "", ""))


def _accept(follower_id: int, agent: str, now: datetime) -> bool:
    changed = run(
        "UPDATE handoff SET agent = ?, accepted_at = COALESCE(accepted_at, ?)"
        " WHERE follower_id = ? AND ended_at IS NULL",
        (agent[:64], to_ms(now), follower_id),
    )
    return bool(changed)


def _close_others(follower_id: int, agent: str, now: datetime) -> None:
    """End what an agent whose time is over did not: not the request, and not one's own."""
    run(
        "UPDATE handoff SET ended_at = ?, outcome = 'timed_out'"
        " WHERE follower_id = ? AND ended_at IS NULL AND agent NOT IN ('', ?)",
        (to_ms(now), follower_id, agent[:64]),
    )


def _close(follower_id: int, outcome: str, now: datetime) -> None:
    run(
        "UPDATE handoff SET ended_at = ?, outcome = ? WHERE follower_id = ? AND ended_at IS NULL",
        (to_ms(now), outcome, follower_id),
    )

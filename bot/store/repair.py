"""What the inbox left undone: abandoned and failed events, answers that are late; and its counts.

States are those of bot.store.inbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.clock import from_ms, to_ms
from bot.store import events
from bot.store.db import fetch, is_postgres, is_sqlite, run, transaction
from bot.store.fields import Holder
from bot.store.handoff import AGENT
from bot.store.inbox import REPLY, hold

# The hand-off's own answers: they are about the agent's session and may follow it.
_OF_HAND_OFF = "agent."
_DROPPED = "; dropped: an agent took the chat"
_IN_TIME_MS = 4500  # an answer that took longer left empty


@dataclass(frozen=True, slots=True)
class Open:
    """An event that waits to be handled, with everything needed to handle it."""

    event_id: int
    account_id: int
    follower_id: int | None
    raw: Mapping[str, Any]
    at: datetime
    received_at: datetime
    attempts: int


def take_unfinished(now: datetime, lease: timedelta, limit: int) -> list[Open]:
    """Lease events that nobody is handling: abandoned, or failed and due again. Oldest first.

    An event whose follower is held by another message is left for the next round.
    """
    taken: list[Open] = []
    until = to_ms(now + lease)
    with transaction():
        rows = fetch(
            "SELECT event.id, event.account_id, event.follower_id, event.sealed, event.at,"
            " event.received_at, inbox.attempts FROM inbox JOIN event ON event.id = inbox.event_id"
            " WHERE inbox.state IN ('open', 'failed') AND inbox.lease_until <= ?"
            f" ORDER BY event.id LIMIT ?{'' if is_sqlite() else ' FOR UPDATE SKIP LOCKED'}",
            (to_ms(now), limit),
        )
        for event_id, account_id, follower_id, sealed, at, received_at, attempts in rows:
            if follower_id is not None and not hold(follower_id, event_id, until, now):
                continue
            run("UPDATE inbox SET lease_until = ? WHERE event_id = ?", (until, event_id))
            raw = Holder.vault.open_json(bytes(sealed), events.PLACE)["raw"]
            taken.append(
                Open(event_id, account_id, follower_id, raw, from_ms(at), from_ms(received_at),
                     attempts)
            )  # fmt: skip
    return taken


@dataclass(frozen=True, slots=True)
class LateAnswer:
    """A reply that is to go out as customer-service messages; `sent` of them went already."""

    event_id: int
    account_id: int
    follower_id: int
    reply: dict[str, Any]
    sent: int = 0


def make_late(event_id: int) -> None:
    """A repaired event's reply has no HTTP answer to travel in."""
    run(
        "UPDATE inbox SET answer = 'late'"
        " WHERE event_id = ? AND answer = 'passive' AND state = 'done'",
        (event_id,),
    )


def take_late(now: datetime, lease: timedelta, limit: int, event_id: int = 0) -> list[LateAnswer]:
    """Claim late answers that are ready and spend a message of each one's window.

    Answers whose window is closed or used up become `lost`, and those whose chat an agent took
    meanwhile: two voices at once confuse. Those whose sender died become `unknown` (a
    customer-service message has no duplicate id, so it is never sent again blindly).
    """
    taken: list[LateAnswer] = []
    only = "AND inbox.event_id = ?" if event_id else ""
    lock = ""
    if not is_sqlite():
        # A round of many leaves what somebody else is at; the one asked for is waited for: a repeat
        # that is just being counted must not put the answer off until the next round.
        of = " OF inbox" if is_postgres() else ""  # MariaDB has no OF
        lock = f" FOR UPDATE{of}" + ("" if event_id else " SKIP LOCKED")
    with transaction():
        run(
            "UPDATE inbox SET answer = 'unknown' WHERE answer = 'sending' AND lease_until <= ?",
            (to_ms(now),),
        )
        rows = fetch(
            "SELECT inbox.event_id, event.account_id, event.follower_id, inbox.reply,"
            " inbox.handler FROM inbox JOIN event ON event.id = inbox.event_id"
            f" WHERE inbox.answer = 'late' AND inbox.state IN ('done', 'dead') {only}"
            f" ORDER BY inbox.event_id LIMIT ?{lock}",
            (event_id, limit) if event_id else (limit,),
        )
        for found, account_id, follower_id, sealed, handler in rows:
            if follower_id is not None and _is_the_agents(follower_id, handler, now):
                _drop(found)
                continue
            if sealed is None or follower_id is None or not spend(follower_id, now):
                run("UPDATE inbox SET answer = 'lost' WHERE event_id = ?", (found,))
                continue
            run(
                "UPDATE inbox SET answer = 'sending', lease_until = ? WHERE event_id = ?",
                (to_ms(now + lease), found),
            )
            reply = Holder.vault.open_json(bytes(sealed), REPLY)
            sent = int(reply.get("sent", 0))
            taken.append(LateAnswer(found, account_id, follower_id, reply, sent))
    return taken


def go_on_late(answer: LateAnswer, sent: int, now: datetime, lease: timedelta) -> bool:
    """Record that `sent` messages of the answer went out, and spend one more of the window.

    False: that was the last, because the window is used up or an agent took the chat.
    """
    with transaction():
        reply = Holder.vault.seal_json({**answer.reply, "sent": sent}, REPLY)
        held = run(
            "UPDATE inbox SET reply = ?, lease_until = ? WHERE event_id = ? AND answer = 'sending'",
            (reply, to_ms(now + lease), answer.event_id),
        )
        rows = fetch("SELECT handler FROM inbox WHERE event_id = ?", (answer.event_id,))
        if not held or not rows:
            return False
        if _is_the_agents(answer.follower_id, rows[0][0], now):
            _drop(answer.event_id)
            return False
        return spend(answer.follower_id, now)


def _is_the_agents(follower_id: int, handler: str, now: datetime) -> bool:
    """Whether an agent speaks in this chat, so that this answer must not."""
    if handler.startswith(_OF_HAND_OFF):
        return False
    rows = fetch("SELECT held_by, held_until FROM follower WHERE id = ?", (follower_id,))
    return bool(rows) and rows[0][0] == AGENT and (rows[0][1] or 0) > to_ms(now)


def _drop(event_id: int) -> None:
    """The handler's reason stays, with what became of the answer behind it."""
    rows = fetch("SELECT reason FROM inbox WHERE event_id = ?", (event_id,))
    reason = rows[0][0] if rows else ""
    run(
        "UPDATE inbox SET answer = 'lost', reason = ? WHERE event_id = ?",
        (reason + _DROPPED, event_id),
    )


def spend(follower_id: int, now: datetime) -> bool:
    """Use one message of the follower's window. False: closed or used up."""
    return (
        run(
            "UPDATE follower SET window_left = window_left - 1"
            " WHERE id = ? AND window_left > 0 AND window_until > ?",
            (follower_id, to_ms(now)),
        )
        == 1
    )


def settle_late(event_id: int, outcome: str) -> None:
    """`sent`, `lost`, `unknown`, or back to `late`."""
    run(
        "UPDATE inbox SET answer = ? WHERE event_id = ? AND answer = 'sending'",
        (outcome, event_id),
    )


# --- reading ------------------------------------------------------------------------------------


def callback_counts(account_id: int) -> dict[str, int]:
    """delivered (repeats included), repeated, answered, late, failed, of all time.

    A hand-over whose words follow as a message of its own was answered: the answer carried it.
    """
    rows = fetch(
        "SELECT COUNT(*), COALESCE(SUM(repeats), 0),"
        " COALESCE(SUM(CASE WHEN answer = 'passive' THEN 1 ELSE 0 END), 0),"
        " COALESCE(SUM(CASE WHEN answer IN ('late','sending','sent','lost','unknown')"
        " THEN 1 ELSE 0 END), 0),"
        " COALESCE(SUM(CASE WHEN state IN ('failed', 'dead') THEN 1 ELSE 0 END), 0)"
        " FROM inbox JOIN event ON event.id = inbox.event_id WHERE event.account_id = ?",
        (account_id,),
    )
    stored, repeats, answered, late, failed = (int(value) for value in rows[0])
    handed_over = _handed_over_at_once(account_id)
    return {
        "delivered": stored + repeats,
        "repeated": repeats,
        "answered": answered + handed_over,
        "late": late - handed_over,
        "failed": failed,
    }


def _handed_over_at_once(account_id: int) -> int:
    """Of the answers that followed later, those whose transfer the HTTP answer carried."""
    rows = fetch(
        "SELECT inbox.reply FROM inbox JOIN event ON event.id = inbox.event_id"
        " WHERE event.account_id = ? AND inbox.reply IS NOT NULL AND inbox.handled_ms < ?"
        " AND inbox.answer IN ('late','sending','sent','lost','unknown')",
        (account_id, _IN_TIME_MS),
    )
    replies = (Holder.vault.open_json(bytes(row[0]), REPLY) for row in rows)
    return sum(
        reply["kind"] == "Several" and reply["replies"][0]["kind"] == "TransferReply"
        for reply in replies
    )


def replies_by_handler(account_id: int) -> dict[str, int]:
    """How many events each handler took."""
    rows = fetch(
        "SELECT inbox.handler, COUNT(*) FROM inbox JOIN event ON event.id = inbox.event_id"
        " WHERE event.account_id = ? AND inbox.state = 'done'"
        " GROUP BY inbox.handler ORDER BY inbox.handler",
        (account_id,),
    )
    return {row[0]: int(row[1]) for row in rows}


def unfinished() -> int:
    """Rows that still need somebody."""
    return int(fetch("SELECT COUNT(*) FROM inbox WHERE state IN ('open', 'failed')")[0][0])


def dead() -> int:
    """Rows that failed too often and wait for a person."""
    return int(fetch("SELECT COUNT(*) FROM inbox WHERE state = 'dead'")[0][0])

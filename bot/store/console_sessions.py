"""Browsers that are signed in to the console. Of a cookie only the hash is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.store.db import run
from bot.store.models import ConsoleSession


@dataclass(frozen=True, slots=True)
class Session:
    """`proved`: the second factor was given too, or there is none."""

    token_hash: str
    operator_id: int
    proved: bool
    created_at: datetime
    seen_at: datetime
    browser: str


def _of(row: Any) -> Session:
    return Session(
        row.token_hash,
        row.operator_id,
        row.proved,
        row.created_at,
        row.seen_at,
        row.browser,
    )


def begin(
    token_hash: str, operator_id: int, *, proved: bool, now: datetime, until: datetime, browser: str
) -> None:
    """`browser`: what it calls itself; its first 120 characters are kept."""
    ConsoleSession.create(
        token_hash=token_hash,
        operator=operator_id,
        proved=proved,
        created_at=now,
        seen_at=now,
        until=until,
        browser=browser[:120],
    )


def find(token_hash: str, now: datetime, seen_since: datetime) -> Session | None:
    """The session, unless its time is over or it has been idle since before `seen_since`."""
    row = ConsoleSession.get_or_none(
        (ConsoleSession.token_hash == token_hash)
        & (ConsoleSession.until > now)
        & (ConsoleSession.seen_at > seen_since)
    )
    return None if row is None else _of(row)


def seen(token_hash: str, now: datetime) -> None:
    run(
        "UPDATE console_session SET seen_at = ? WHERE token_hash = ?",
        (to_ms(now), token_hash),
    )


def of_operator(operator_id: int, now: datetime) -> list[Session]:
    """Where somebody is signed in, the latest first."""
    query = ConsoleSession.select().where(
        (ConsoleSession.operator == operator_id) & (ConsoleSession.until > now)
    )
    return [_of(row) for row in query.order_by(ConsoleSession.seen_at.desc())]


def end(token_hash: str, operator_id: int) -> bool:
    """Sign one browser of this operator out. False: it was not signed in."""
    sql = "DELETE FROM console_session WHERE token_hash = ? AND operator_id = ?"
    return run(sql, (token_hash, operator_id)) == 1


def end_all(operator_id: int, but: str = "") -> int:
    """Sign an operator out everywhere, but for the session `but`; how many there were."""
    sql = "DELETE FROM console_session WHERE operator_id = ? AND token_hash <> ?"
    return run(sql, (operator_id, but))


def prune(now: datetime) -> int:
    """Remove those whose time is over."""
    return run("DELETE FROM console_session WHERE until < ?", (to_ms(now),))

"""Who changed last what is edited in the console, and which state of it he left behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.clock import from_ms, to_ms
from bot.store.db import fetch, insert_new, run, transaction

EVERY_ACCOUNT = 0  # of what is no account's in particular


@dataclass(frozen=True, slots=True)
class Mark:
    """`by` as the audit log names him."""

    by: str
    at: datetime


def put(account_id: int, what: str, ref: str, stamp: str, by: str, now: datetime) -> None:
    """Somebody left it in this state. In the transaction of the change."""
    with transaction():
        columns = ("account_id", "what", "ref", "stamp", "changed_by", "at")
        values = (account_id, what, ref, stamp, by[:64], to_ms(now))
        if insert_new("edit_mark", columns, values, key="account_id") is None:
            run(
                "UPDATE edit_mark SET stamp = ?, changed_by = ?, at = ?"
                " WHERE account_id = ? AND what = ? AND ref = ?",
                (stamp, by[:64], to_ms(now), account_id, what, ref),
            )


def of(account_id: int, what: str, ref: str, stamp: str) -> Mark | None:
    """Who left it in this very state; None: it was changed elsewhere, by a command or a call."""
    rows = fetch(
        "SELECT changed_by, at FROM edit_mark"
        " WHERE account_id = ? AND what = ? AND ref = ? AND stamp = ?",
        (account_id, what, ref, stamp),
    )
    return Mark(rows[0][0], from_ms(rows[0][1])) if rows else None

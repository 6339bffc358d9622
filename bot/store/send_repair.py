"""Ledger rows that went astray or came to an end: dead senders, receipts, what is left over."""

from __future__ import annotations

from datetime import datetime

from bot.clock import to_ms
from bot.store.db import fetch, locking, run
from bot.store.sends import COLUMNS, SendRow, row_of
from bot.values.audience import SendState


def lapsed(now: datetime, limit: int) -> list[SendRow]:
    """Claimed rows whose lease has ended, held; what others hold is left to them."""
    found = fetch(
        f"SELECT {COLUMNS} FROM send WHERE state = ? AND lease_until <= ?"
        f" ORDER BY lease_until LIMIT ?{locking(skip_locked=True)}",
        (SendState.CLAIMED, to_ms(now), limit),
    )
    return [row_of(values) for values in found]


def by_msgid(msgid: str, follower_id: int | None) -> SendRow | None:
    """The row of this message, held. Ids are the platform's, one account's: where the follower is
    known it must be theirs."""
    theirs = "" if follower_id is None else " AND follower_id = ?"
    found = fetch(
        f"SELECT id FROM send WHERE msgid = ?{theirs} LIMIT 2",
        (msgid,) if follower_id is None else (msgid, follower_id),
    )
    return _lock(found[0][0]) if len(found) == 1 else None


def in_flight(follower_id: int, channel: str) -> SendRow | None:
    """The one row of this follower that is claimed and has no message id yet; None for several."""
    found = fetch(
        "SELECT id FROM send WHERE follower_id = ? AND state = ? AND channel = ? AND msgid = ''",
        (follower_id, SendState.CLAIMED, channel),
    )
    return _lock(found[0][0]) if len(found) == 1 else None


def _lock(send_id: int) -> SendRow | None:
    found = fetch(f"SELECT {COLUMNS} FROM send WHERE id = ?{locking()}", (send_id,))
    return row_of(found[0]) if found else None


def note_receipt(send_id: int, msgid: str, delivered_at: datetime | None, error: str) -> None:
    """Keep the platform's word on a message without changing the row's state."""
    run(
        "UPDATE send SET msgid = ?, delivered_at = ?, error = ? WHERE id = ?",
        (msgid, None if delivered_at is None else to_ms(delivered_at), error, send_id),
    )


def intended(campaign_id: int, limit: int) -> list[SendRow]:
    """Rows that wait, due or not, held; for cancelling."""
    found = fetch(
        f"SELECT {COLUMNS} FROM send WHERE campaign_id = ? AND state = ?"
        f" ORDER BY not_before, id LIMIT ?{locking(skip_locked=True)}",
        (campaign_id, SendState.INTENDED, limit),
    )
    return [row_of(values) for values in found]


def is_closed(row: SendRow) -> bool:
    """The sum over the row's run has been made."""
    found = fetch(
        "SELECT closed_at FROM generation WHERE campaign_id = ? AND number = ?",
        (row.campaign_id, row.generation),
    )
    return bool(found) and found[0][0] is not None


def unfinished(campaign_id: int) -> bool:
    """Some row of the campaign waits or is under way."""
    return any(
        fetch(
            "SELECT 1 FROM send WHERE campaign_id = ? AND state = ? LIMIT 1", (campaign_id, state)
        )
        for state in (SendState.INTENDED, SendState.CLAIMED)
    )

"""Ledger rows that went astray or came to an end: dead senders, receipts, what is left over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.clock import to_ms
from bot.store.db import fetch, locking, run
from bot.store.sends import COLUMNS, SendRow, only, row_of
from bot.store.spans import qmarks, spans
from bot.values.audience import SendState


def lapsed(now: datetime, limit: int) -> list[SendRow]:
    """Claimed rows whose lease has ended, held; what others hold is left to them."""
    found = fetch(
        f"SELECT {COLUMNS} FROM send WHERE state = ? AND lease_until <= ?"
        f" ORDER BY lease_until LIMIT ?{locking(skip_locked=True)}",
        (SendState.CLAIMED, to_ms(now), limit),
    )
    return [row_of(values) for values in found]


def unswept(before: datetime, campaign_id: int | None = None) -> int:
    """Claimed rows whose lease ended at or before then, of one campaign or of all."""
    of, named = (
        ("", ()) if campaign_id is None else (f" AND {only('campaign_id = ?')}", (campaign_id,))
    )
    found = fetch(
        f"SELECT COUNT(*) FROM send WHERE state = ? AND lease_until <= ?{of}",
        (SendState.CLAIMED, to_ms(before), *named),
    )
    return int(found[0][0])


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


def notice_of(send_ids: Sequence[int], msgid: str) -> SendRow | None:
    """Of these rows the one with this message, else the first that waits for a receipt; held."""
    if not send_ids:
        return None
    found = fetch(
        f"SELECT id, msgid FROM send WHERE id IN ({qmarks(send_ids)})"
        f" AND {only('state IN (?, ?, ?, ?)')} ORDER BY id",
        (*send_ids, SendState.CLAIMED, SendState.SENT, SendState.UNKNOWN, SendState.FAILED),
    )
    known = [send_id for send_id, word in found if msgid and word == msgid]
    waiting = [send_id for send_id, word in found if not word]
    return _lock((known + waiting)[0]) if known or waiting else None


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


def waiting_of(campaign_id: int, followers: Sequence[tuple[int, int]]) -> list[SendRow]:
    """The intended rows of these (follower id, generation) in one campaign, held."""
    found = [
        row
        for generation, ids in _by_generation(followers)
        for span in spans(ids)
        for row in fetch(
            f"SELECT {COLUMNS} FROM send WHERE campaign_id = ? AND generation = ?"
            f" AND step = 'offer' AND follower_id IN ({qmarks(span)}) AND {only('state = ?')}"
            f" ORDER BY id{locking()}",
            (campaign_id, generation, *span, SendState.INTENDED),
        )
    ]
    return [row_of(values) for values in found]


def waiting_since(campaign_id: int, before: datetime, limit: int = 500) -> list[SendRow]:
    """Intended rows planned at or before then, held; what others hold is left to them."""
    found = fetch(
        f"SELECT {COLUMNS} FROM send WHERE campaign_id = ? AND state = ? AND planned_at <= ?"
        f" ORDER BY not_before, id LIMIT ?{locking(skip_locked=True)}",
        (campaign_id, SendState.INTENDED, to_ms(before), limit),
    )
    return [row_of(values) for values in found]


def states_of(campaign_id: int, followers: Sequence[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """(follower id, generation) -> SendState, of those that have a row in the campaign."""
    return {
        (who, generation): state
        for generation, ids in _by_generation(followers)
        for span in spans(ids)
        for who, state in fetch(
            "SELECT follower_id, state FROM send WHERE campaign_id = ? AND generation = ?"
            f" AND step = 'offer' AND follower_id IN ({qmarks(span)})",
            (campaign_id, generation, *span),
        )
    }


def _by_generation(followers: Sequence[tuple[int, int]]) -> list[tuple[int, list[int]]]:
    numbers = sorted({generation for _, generation in followers})
    return [(n, sorted(who for who, number in followers if number == n)) for n in numbers]


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

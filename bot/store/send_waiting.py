"""Rows that wait for a follower's own act: found by follower, pulled forward, carried."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from bot.clock import to_ms
from bot.store.db import fetch, insert_new, locking, run
from bot.store.sends import COLUMNS, SendRow, only, row_of
from bot.store.spans import qmarks, spans
from bot.values.audience import SendState
from bot.values.facts import FAMILIES

# The acts that open a customer-service window (4.6).
OPENING = (*FAMILIES["message.*"], "menu.click", "menu.scancode", "subscribe", "scan")


def has_any(follower_id: int, campaign_ids: Collection[int]) -> bool:
    """Whether `of_follower` or `carried_by` can find anything; one look, which holds nothing."""
    condition = only(f"state IN (?, ?) AND campaign_id IN ({qmarks(campaign_ids)})")
    return bool(
        fetch(
            f"SELECT 1 FROM send WHERE follower_id = ? AND sent_at IS NULL AND {condition} LIMIT 1",
            (follower_id, SendState.INTENDED, SendState.CLAIMED, *campaign_ids),
        )
    )


def of_follower(follower_id: int, campaign_ids: Collection[int]) -> list[SendRow]:
    """Their intended rows of these campaigns that certainly were not sent, held; what another
    process holds is left to it."""
    condition = only(f"state = ? AND client_id = '' AND campaign_id IN ({qmarks(campaign_ids)})")
    found = fetch(
        f"SELECT {COLUMNS} FROM send WHERE follower_id = ? AND sent_at IS NULL AND {condition}"
        f" ORDER BY id{locking(skip_locked=True)}",
        (follower_id, SendState.INTENDED, *campaign_ids),
    )
    return [row_of(values) for values in found]


def of_followers(
    follower_ids: Sequence[int], campaign_ids: Collection[int]
) -> list[tuple[SendRow, int]]:
    """(row, not before in ms) of what waits for these followers, held."""
    condition = only(f"state = ? AND client_id = '' AND campaign_id IN ({qmarks(campaign_ids)})")
    return [
        (row_of(values[:-1]), int(values[-1]))
        for span in spans(follower_ids)
        for values in fetch(
            f"SELECT {COLUMNS}, not_before FROM send WHERE follower_id IN ({qmarks(span)})"
            f" AND sent_at IS NULL AND {condition} ORDER BY id{locking(skip_locked=True)}",
            (*span, SendState.INTENDED, *campaign_ids),
        )
    ]


def pull(send_ids: Sequence[int], now: datetime) -> None:
    """Their time has come."""
    for span in spans(send_ids):
        run(
            f"UPDATE send SET not_before = ? WHERE id IN ({qmarks(span)}) AND {only('state = ?')}",
            (to_ms(now), *span, SendState.INTENDED),
        )


def acted(account_id: int, since: datetime, until: datetime) -> list[int]:
    """Followers who did something that opens a window, from then to then."""
    found = fetch(
        f"SELECT DISTINCT follower_id FROM event WHERE kind IN ({qmarks(OPENING)}) AND at >= ?"
        " AND at <= ? AND account_id = ? AND follower_id IS NOT NULL ORDER BY follower_id",
        (*OPENING, to_ms(since), to_ms(until), account_id),
    )
    return [int(row[0]) for row in found]


# --- offers in answers -------------------------------------------------------------------------


def carried_by(event_id: int) -> SendRow | None:
    """The row that the answer to this event carries."""
    names = ", ".join(f"s.{name.strip()}" for name in COLUMNS.split(","))
    found = fetch(
        f"SELECT {names} FROM carried c JOIN send s ON s.id = c.send_id WHERE c.event_id = ?",
        (event_id,),
    )
    return row_of(found[0]) if found else None


def carry(row: SendRow, event_id: int, channel: str, code_id: int | None, now: datetime) -> bool:
    """Claim the held row for the answer to this event. False: the event carries one already."""
    values = (event_id, row.follower_id, row.id)
    if insert_new("carried", ("event_id", "follower_id", "send_id"), values, "event_id") is None:
        return False
    at = to_ms(now)
    run(
        "UPDATE send SET state = ?, channel = ?, coupon_code = ?, claimed_by = ?, claimed_at = ?,"
        " first_claimed_at = ?, lease_until = NULL, attempts = attempts + 1 WHERE id = ?",
        (SendState.CLAIMED, channel, code_id, f"event-{event_id}", at, at, row.id),
    )
    return True


def carried_open(limit: int = 500) -> list[tuple[SendRow, str, str]]:
    """(row, the inbox's state, what became of the answer) of rows that answers carry, unsettled."""
    names = ", ".join(f"s.{name.strip()}" for name in COLUMNS.split(","))
    found = fetch(
        f"SELECT {names}, i.state, i.answer FROM send s"
        " JOIN carried c ON c.send_id = s.id LEFT JOIN inbox i ON i.event_id = c.event_id"
        " WHERE s.state = ? AND s.lease_until IS NULL ORDER BY s.id LIMIT ?",
        (SendState.CLAIMED, limit),
    )
    return [(row_of(values[:-2]), values[-2] or "", values[-1] or "") for values in found]

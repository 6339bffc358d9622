"""Followers: looked up by keyed hash, read as FollowerState, changed by named facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.clock import instant, to_ms
from bot.errors import NotFound
from bot.store.db import fetch, insert_new, run
from bot.store.fields import Holder
from bot.store.suppression import refused_at
from bot.values.audience import FollowerState

PLACE = "follower.openid"
COLUMNS = (
    "id, account_id, subscribed, marketing_consent, personalised, opted_out_at, blacklisted,"
    " erased_at, language, stage, source_scene, last_inbound_at, window_kind, window_until,"
    " window_left, created_at, held_by, held_until"
)


def state_of(row: Sequence[Any]) -> FollowerState:
    """A FollowerState from a row of COLUMNS."""
    return FollowerState(
        row[0],
        row[1],
        bool(row[2]),
        bool(row[3]),
        bool(row[4]),
        instant(row[5]),
        bool(row[6]),
        instant(row[7]),
        row[8],
        row[9],
        row[10],
        instant(row[11]),
        row[12],
        instant(row[13]),
        row[14],
        instant(row[15]),
        row[16],
        instant(row[17]),
    )


def blind(openid: str) -> str:
    """The keyed hash under which this openid is found."""
    return Holder.vault.blind(openid, PLACE)


def find(account_id: int, openid: str) -> FollowerState | None:
    rows = fetch(
        f"SELECT {COLUMNS} FROM follower WHERE account_id = ? AND openid_hash = ?",
        (account_id, blind(openid)),
    )
    return state_of(rows[0]) if rows else None


def get(follower_id: int) -> FollowerState:
    """Raises NotFound."""
    rows = fetch(f"SELECT {COLUMNS} FROM follower WHERE id = ?", (follower_id,))
    if not rows:
        raise NotFound(f"there is no follower {follower_id}")
    return state_of(rows[0])


def some(follower_ids: Sequence[int]) -> list[FollowerState]:
    """In the order of the ids, at most some hundreds; who does not exist is left out."""
    marks = ",".join("?" * len(follower_ids))
    rows = fetch(f"SELECT {COLUMNS} FROM follower WHERE id IN ({marks})", list(follower_ids))
    found = {one.id: one for one in map(state_of, rows)}
    return [found[one] for one in follower_ids if one in found]


def count(account_id: int) -> int:
    """Everybody we know of the account, subscribed or not."""
    rows = fetch("SELECT COUNT(*) FROM follower WHERE account_id = ?", (account_id,))
    return int(rows[0][0])


def ensure(account_id: int, openid: str, now: datetime) -> FollowerState:
    """The follower with this openid, made (not subscribed) when seen for the first time.

    Who had refused marketing before an erasure is made refusing it.
    """
    found = find(account_id, openid)
    if found is not None:
        return found
    refused = refused_at(account_id, blind(openid))
    insert_new(
        "follower",
        (
            "account_id",
            "openid_hash",
            "openid",
            "subscribed",
            "source_scene",
            "language",
            "marketing_consent",
            "opted_out_at",
            "personalised",
            "blacklisted",
            "stage",
            "window_kind",
            "window_left",
            "created_at",
            "held_by",
        ),
        (
            account_id,
            blind(openid),
            Holder.vault.seal(openid.encode(), PLACE),
            False,
            "",
            "zh",
            refused is None,
            to_ms(refused) if refused else None,
            True,
            False,
            "new",
            "",
            0,
            to_ms(now),
            "",
        ),
    )
    made = find(account_id, openid)
    assert made is not None
    return made


def openid_of(follower_id: int) -> str | None:
    """The openid, for sending; None after erasure."""
    rows = fetch("SELECT openid FROM follower WHERE id = ?", (follower_id,))
    if not rows or rows[0][0] is None:
        return None
    return Holder.vault.open(bytes(rows[0][0]), PLACE).decode()


def openids_of(follower_ids: Sequence[int]) -> dict[int, str]:
    """Openids by follower id, for a batch of sends; the erased are left out."""
    if not follower_ids:
        return {}
    marks = ",".join("?" * len(follower_ids))
    rows = fetch(f"SELECT id, openid FROM follower WHERE id IN ({marks})", list(follower_ids))
    return {
        row[0]: Holder.vault.open(bytes(row[1]), PLACE).decode()
        for row in rows
        if row[1] is not None
    }


# --- facts that callbacks bring, in any order ----------------------------------------------------
# Each carries the instant `at` when it happened and yields to a later one that arrived before it;
# of two in the same second the one that arrives later counts.


def mark_subscribed(follower_id: int, at: datetime, scene: str) -> bool:
    """They follow since `at`; the first scene stays the source. False: they left after that."""
    ms = to_ms(at)
    return (
        run(
            "UPDATE follower SET subscribed = ?, subscribed_at = ?,"
            " source_scene = CASE WHEN source_scene = '' THEN ? ELSE source_scene END"
            " WHERE id = ? AND erased_at IS NULL"
            " AND (unsubscribed_at IS NULL OR unsubscribed_at <= ?)"
            " AND (subscribed_at IS NULL OR subscribed_at <= ?)",
            (True, ms, scene[:64], follower_id, ms, ms),
        )
        == 1
    )


def mark_unsubscribed(follower_id: int, at: datetime) -> bool:
    """They left at `at`, and every window is shut. False: they came back after that."""
    ms = to_ms(at)
    return (
        run(
            "UPDATE follower SET subscribed = ?, unsubscribed_at = ?, window_kind = '',"
            " window_until = NULL, window_left = 0"
            " WHERE id = ? AND (subscribed_at IS NULL OR subscribed_at <= ?)"
            " AND (unsubscribed_at IS NULL OR unsubscribed_at <= ?)",
            (False, ms, follower_id, ms, ms),
        )
        == 1
    )


def came_back(follower_id: int) -> bool:
    """Whether they had left once before."""
    rows = fetch("SELECT unsubscribed_at FROM follower WHERE id = ?", (follower_id,))
    return bool(rows) and rows[0][0] is not None


def mark_language(follower_id: int, language: str) -> bool:
    """They write zh or en. False: that was known."""
    return (
        run(
            "UPDATE follower SET language = ? WHERE id = ? AND erased_at IS NULL AND language <> ?",
            (language, follower_id, language),
        )
        == 1
    )


def mark_opted_out(follower_id: int, at: datetime) -> bool:
    """No marketing from now on. False: out already since `at`, or back in after it."""
    ms = to_ms(at)
    return (
        run(
            "UPDATE follower SET opted_out_at = ? WHERE id = ?"
            " AND (opted_out_at IS NULL OR opted_out_at < ?)"
            " AND NOT EXISTS (SELECT 1 FROM event WHERE event.follower_id = follower.id"
            " AND event.kind = 'opt_in' AND event.at > ?)",
            (ms, follower_id, ms, ms),
        )
        == 1
    )


def mark_opted_in(follower_id: int, at: datetime) -> bool:
    """Marketing is welcome again. False: it was, or they opted out after `at`."""
    ms = to_ms(at)
    return (
        run(
            "UPDATE follower SET opted_out_at = NULL WHERE id = ? AND erased_at IS NULL"
            " AND opted_out_at IS NOT NULL AND opted_out_at <= ?",
            (follower_id, ms),
        )
        == 1
    )

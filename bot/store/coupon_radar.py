"""What the radar looks at: redemptions, claims, wrong codes and newcomers, in the order of time.

Streamed by pages, so that a month of a large shop takes no more memory than a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bot.clock import to_ms
from bot.store.db import fetch, insert_new, run, transaction
from bot.store.spans import qmarks, spans
from bot.values.coupons import CodeState

_PAGE = 2000


class UseRow(NamedTuple):
    """A redemption that stands. Instants are ms; None: not known."""

    id: int
    at: int
    till_id: int | None
    source: str
    shop: str
    order_hash: str
    follower_id: int | None
    issued_at: int | None
    subscribed_at: int | None


class ClaimRow(NamedTuple):
    """A coupon opened from a public address (its keyed hash)."""

    id: int
    at: int
    address: str
    follower_id: int


class AttemptRow(NamedTuple):
    """A code that was none."""

    id: int
    at: int
    till_id: int | None
    source: str


class LeaverRow(NamedTuple):
    """Somebody who came by a scene, redeemed a coupon, and left within a day."""

    id: int
    at: int
    scene: str


def uses(account_id: int, since: datetime) -> Iterator[UseRow]:
    sql = (
        "SELECT u.id, u.at, u.till_id, u.source, u.shop, u.order_hash, c.follower_id, c.issued_at,"
        " f.subscribed_at FROM coupon_use u JOIN coupon_code c ON c.id = u.code_id"
        " LEFT JOIN follower f ON f.id = c.follower_id"
        " WHERE u.account_id = ? AND u.undone_at IS NULL"
    )
    return (UseRow(*row) for row in _pages(sql, "u.at", "u.id", (account_id,), since))


def claims(account_id: int, since: datetime) -> Iterator[ClaimRow]:
    sql = (
        "SELECT c.id, c.claimed_at, c.claimed_from, c.follower_id FROM coupon_code c"
        " JOIN coupon_batch b ON b.id = c.batch_id WHERE b.account_id = ?"
        " AND c.claimed_from IS NOT NULL AND c.follower_id IS NOT NULL"
    )
    return (ClaimRow(*row) for row in _pages(sql, "c.claimed_at", "c.id", (account_id,), since))


def attempts(account_id: int, since: datetime) -> Iterator[AttemptRow]:
    sql = "SELECT id, at, till_id, source FROM coupon_attempt WHERE account_id = ?"
    return (AttemptRow(*row) for row in _pages(sql, "at", "id", (account_id,), since))


def leavers(account_id: int, since: datetime, within_ms: int) -> Iterator[LeaverRow]:
    sql = (
        "SELECT f.id, f.subscribed_at, f.source_scene FROM follower f WHERE f.account_id = ?"
        " AND f.source_scene <> '' AND f.unsubscribed_at IS NOT NULL"
        " AND f.unsubscribed_at - f.subscribed_at BETWEEN 0 AND ?"
        " AND EXISTS (SELECT 1 FROM coupon_code c WHERE c.follower_id = f.id AND c.state = ?)"
    )
    params = (account_id, within_ms, CodeState.REDEEMED)
    return (LeaverRow(*row) for row in _pages(sql, "f.subscribed_at", "f.id", params, since))


def _pages(
    sql: str, at: str, key: str, params: Sequence[Any], since: datetime
) -> Iterator[tuple[Any, ...]]:
    """By (time, id), a page after the other."""
    after: tuple[int, int] = (to_ms(since), 0)
    while True:
        found = fetch(
            f"{sql} AND ({at} > ? OR ({at} = ? AND {key} > ?)) ORDER BY {at}, {key} LIMIT {_PAGE}",
            (*params, after[0], after[0], after[1]),
        )
        yield from found
        if len(found) < _PAGE:
            return
        after = (found[-1][1], found[-1][0])


# --- settings of the account, and holds ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """How an account wants a rule: `most` that is still honest within so many seconds."""

    most: int
    within_seconds: int
    hold: bool
    enabled: bool


def settings(account_id: int) -> dict[str, RuleSetting]:
    """rule -> what the account set; rules that it left as they are, are not in it."""
    found = fetch(
        "SELECT rule, most, within_seconds, hold, enabled FROM coupon_rule WHERE account_id = ?",
        (account_id,),
    )
    return {row[0]: RuleSetting(row[1], row[2], bool(row[3]), bool(row[4])) for row in found}


def set_rule(account_id: int, rule: str, wanted: RuleSetting) -> None:
    values = (wanted.most, wanted.within_seconds, wanted.hold, wanted.enabled)
    with transaction():
        columns = ("account_id", "rule", "most", "within_seconds", "hold", "enabled")
        insert_new("coupon_rule", columns, (account_id, rule, *values))
        run(
            "UPDATE coupon_rule SET most = ?, within_seconds = ?, hold = ?, enabled = ?"
            " WHERE account_id = ? AND rule = ?",
            (*values, account_id, rule),
        )


def hold_codes(followers: Sequence[int], why: str, now: datetime) -> int:
    """Codes in these followers' hands wait for a person; how many are new among the held."""
    return sum(
        run(
            "UPDATE coupon_code SET held_at = ?, held_why = ? WHERE held_at IS NULL AND state = ?"
            f" AND follower_id IN ({qmarks(part)})",
            (to_ms(now), why, CodeState.ISSUED, *part),
        )
        for part in spans(sorted(followers))
    )


def release_codes(followers: Sequence[int], why: str) -> int:
    """Those that this rule holds."""
    return sum(
        run(
            "UPDATE coupon_code SET held_at = NULL, held_why = NULL WHERE held_why = ?"
            f" AND follower_id IN ({qmarks(part)})",
            (why, *part),
        )
        for part in spans(sorted(followers))
    )


def released(account_id: int) -> Mapping[tuple[str, str], int]:
    """(rule, subject) -> ms since when a person looked last: what was before counts no more."""
    found = fetch(
        "SELECT kind, subject, MAX(ended_at) FROM coupon_notice WHERE account_id = ?"
        " AND ended_at IS NOT NULL AND facts LIKE ? GROUP BY kind, subject",
        (account_id, '%"released": true%'),
    )
    return {(row[0], row[1]): int(row[2]) for row in found}


def prune_attempts(before: datetime) -> int:
    return run("DELETE FROM coupon_attempt WHERE at < ?", (to_ms(before),))

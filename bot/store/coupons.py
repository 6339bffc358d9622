"""Coupon codes on their way to followers: reservation with a lease, issue, return.

Every change of state compares before it sets. A code is taken under a lock (SQLite: the write lock
of the transaction; elsewhere: row locks, those of others skipped), and the followers who want one
are locked first, so that the limit per person holds however many processes reserve at once.
Batches and their stock stand in `coupon_batches`, what a follower does with a code in `coupon_use`,
and what the event log learns of it in `coupon_events`; all are at hand from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bot.clock import instant, to_ms
from bot.errors import Conflict
from bot.store.coupon_batches import (
    CHUNK,
    BatchState,
    add_codes,
    batch,
    batch_by_slug,
    batches,
    chunks,
    create_batch,
    room,
    stock,
)
from bot.store.coupon_events import (
    credit,
    record,
    record_issued,
    record_order,
    record_returned,
    send_of,
)
from bot.store.coupon_redeem import Basket, Redemption, Use, redeem
from bot.store.coupon_use import (
    Coupon,
    ExpiringCode,
    UsableCoupon,
    claim,
    code_text,
    coupon,
    coupons_for,
    expire_due,
    expiring,
    find,
    mark_reminded,
    usable_by,
)
from bot.store.db import again, fetch, is_postgres, is_sqlite, run, run_many, transaction
from bot.store.models import CouponCode, Follower, Send
from bot.store.queries import locked, rows
from bot.store.sends import only
from bot.store.spans import qmarks
from bot.values.audience import SendState, Skip
from bot.values.coupons import CodeState

__all__ = [
    "CHUNK",
    "Basket",
    "BatchState",
    "CodeRef",
    "Coupon",
    "ExpiringCode",
    "Redemption",
    "UsableCoupon",
    "Use",
    "add_codes",
    "batch",
    "batch_by_slug",
    "batches",
    "claim",
    "code_text",
    "coupon",
    "coupons_for",
    "create_batch",
    "credit",
    "expire_due",
    "expiring",
    "extend_many",
    "find",
    "hand_over",
    "issue_many",
    "issue_now",
    "mark_reminded",
    "record",
    "record_issued",
    "record_order",
    "record_returned",
    "redeem",
    "release_expired",
    "release_many",
    "reserve_many",
    "room",
    "send_of",
    "send_states",
    "stock",
    "usable_by",
]

# What does not count against the limit per person; reserved, issued and redeemed codes do.
_FORGOTTEN = (CodeState.AVAILABLE, CodeState.EXPIRED, CodeState.VOID)
# Only the ledger ends the reservation of a send in one of these states, however old it is.
_UNSETTLED = (SendState.CLAIMED, SendState.UNKNOWN)
_REPLY_LEASE = timedelta(minutes=1)


class CodeRef(NamedTuple):
    """A code given to a follower, without the code itself: see `code_text`."""

    id: int
    batch_id: int
    follower_id: int
    purpose: str
    state: str
    expires_at: datetime | None


# --- reserving ---------------------------------------------------------------------------------


@again
def reserve_many(
    batch_id: int, wants: Sequence[tuple[int, str]], until: datetime, now: datetime
) -> dict[str, CodeRef | Skip]:
    """A code for each (follower id, purpose), or why there is none; by purpose.

    A purpose that holds a code already keeps it, its lease made longer where `until` is later.
    Skip.PERSON_LIMIT: the follower has, or had, as many codes of the batch as one may.
    Skip.NO_STOCK: none is left, or the batch is over. On PostgreSQL the very last codes may look
    taken while another process that is about to fail holds them: short, never twice.
    """
    found: dict[str, CodeRef | Skip] = {}
    with transaction():
        for chunk in chunks(wants):
            found |= _reserve(batch_id, chunk, until, now)
    return found


def _reserve(
    batch_id: int, wants: Sequence[tuple[int, str]], until: datetime, now: datetime
) -> dict[str, CodeRef | Skip]:
    _lock_followers({follower_id for follower_id, _ in wants})
    held = _held([purpose for _, purpose in wants])
    if held:
        extend_many(list(held), until)
    new = [want for want in dict.fromkeys(wants) if want[1] not in held]
    if not new:
        return dict(held)
    of = batch(batch_id)
    allowed, refused = _within_limit(of, new)
    over = of.withdrawn_at or (of.valid_until is not None and of.valid_until <= now)
    taken = {} if over else _take(batch_id, allowed, until)
    short = {purpose: Skip.NO_STOCK for _, purpose in allowed if purpose not in taken}
    return {**held, **refused, **taken, **short}


def _lock_followers(ids: Iterable[int]) -> None:
    """Hold these rows until the transaction ends, always in the same order. SQLite needs none.

    NO KEY: an event about the follower can still be written meanwhile.
    """
    if not is_sqlite():
        how = "FOR NO KEY UPDATE" if is_postgres() else "FOR UPDATE"
        query = Follower.select(Follower.id).where(Follower.id.in_(list(ids)))
        locked(query.order_by(Follower.id), how)


def _held(purposes: Sequence[str]) -> dict[str, CodeRef]:
    """Found first and held then: a plan that reads past others' codes must not wait for them."""
    marks = qmarks(purposes)
    found = fetch(f"SELECT id FROM coupon_code WHERE purpose IN ({marks})", purposes)
    if not found:
        return {}
    ids = [code_id for (code_id,) in found]
    held = fetch(
        "SELECT id, batch_id, follower_id, purpose, state, expires_at FROM coupon_code"
        f" WHERE id IN ({qmarks(ids)}) AND purpose IN ({marks}) ORDER BY id{_for_update()}",
        (*ids, *purposes),
    )
    return {
        why: CodeRef(code_id, batch_id, who, why, state, instant(expires_at))
        for code_id, batch_id, who, why, state, expires_at in held
    }


def _for_update(skip_locked: bool = False) -> str:
    """The end of a SELECT that holds codes. SQLite's write lock holds everything already."""
    if is_sqlite():
        return ""
    return " FOR UPDATE SKIP LOCKED" if skip_locked else " FOR UPDATE"


def _within_limit(
    of: BatchState, wants: Sequence[tuple[int, str]]
) -> tuple[list[tuple[int, str]], dict[str, Skip]]:
    """Who may still have one, in the order of asking, and who may not.

    The batch is chosen from the rows, not by the statement: with no statistics yet a planner would
    take the index of the batch and read all that it ever gave.
    """
    people = {follower_id for follower_id, _ in wants}
    found = fetch(
        "SELECT follower_id, batch_id, COUNT(*) FROM coupon_code"
        f" WHERE follower_id IN ({qmarks(people)})"
        f" AND {only(f'state NOT IN ({qmarks(_FORGOTTEN)})')}"
        " GROUP BY follower_id, batch_id",
        (*people, *_FORGOTTEN),
    )
    has = {who: count for who, batch_id, count in found if batch_id == of.id}
    allowed, refused = [], {}
    for follower_id, purpose in wants:
        if has.get(follower_id, 0) >= of.per_person:
            refused[purpose] = Skip.PERSON_LIMIT
        else:
            has[follower_id] = has.get(follower_id, 0) + 1
            allowed.append((follower_id, purpose))
    return allowed, refused


def _take(batch_id: int, wants: Sequence[tuple[int, str]], until: datetime) -> dict[str, CodeRef]:
    """Codes for as many as there are, the first to ask first; one statement, prepared once."""
    found = fetch(
        "SELECT id FROM coupon_code WHERE batch_id = ? AND state = ? ORDER BY id"
        f" LIMIT ?{_for_update(skip_locked=True)}",
        (batch_id, CodeState.AVAILABLE, len(wants)),
    )
    given = [(code_id, *want) for (code_id,), want in zip(found, wants, strict=False)]
    if not given:
        return {}
    changed = run_many(
        "UPDATE coupon_code SET state = ?, reserved_until = ?, follower_id = ?, purpose = ?"
        " WHERE id = ? AND state = ?",
        [
            (CodeState.RESERVED, to_ms(until), who, why, code, CodeState.AVAILABLE)
            for code, who, why in given
        ],
    )
    if changed != len(given):  # the locks above exclude it: better no coupon than one given twice
        raise Conflict(f"codes of batch {batch_id} were taken by another process meanwhile")
    return {
        why: CodeRef(code, batch_id, who, why, CodeState.RESERVED, None) for code, who, why in given
    }


def extend_many(purposes: Sequence[str], until: datetime) -> int:
    """Keep these reservations alive until then, where they end earlier; how many it were."""
    ms = to_ms(until)
    return sum(
        run(
            f"UPDATE coupon_code SET reserved_until = ? WHERE purpose IN ({qmarks(chunk)})"
            f" AND {only('state = ? AND reserved_until < ?')}",
            (ms, *chunk, CodeState.RESERVED, ms),
        )
        for chunk in chunks(purposes)
    )


# --- issuing and returning ---------------------------------------------------------------------


@again
def issue_many(purposes: Sequence[str], now: datetime) -> int:
    """The reserved codes of these purposes become their followers' own; how many changed."""
    with transaction():
        return sum(_issue(chunk, now) for chunk in chunks(purposes))


def _issue(purposes: Sequence[str], now: datetime) -> int:
    """One statement a batch, as the day of expiry is the batch's."""
    of_these = f"purpose IN ({qmarks(purposes)}) AND {only('state = ?')}"
    which = (*purposes, CodeState.RESERVED)
    ids = fetch(f"SELECT DISTINCT batch_id FROM coupon_code WHERE {of_these}", which)
    changed = 0
    for of in [batch(batch_id) for (batch_id,) in ids]:
        expires_at = _expiry(of, now)
        changed += run(
            "UPDATE coupon_code SET state = ?, issued_at = ?, expires_at = ?,"
            f" reserved_until = NULL WHERE {of_these} AND {only('batch_id = ?')}",
            (
                CodeState.ISSUED,
                to_ms(now),
                None if expires_at is None else to_ms(expires_at),
                *which,
                of.id,
            ),
        )
    return changed


def _expiry(of: BatchState, issued_at: datetime) -> datetime | None:
    ends = [of.valid_until] if of.valid_until else []
    if of.valid_seconds is not None:
        ends.append(issued_at + timedelta(seconds=of.start_seconds + of.valid_seconds))
    return min(ends, default=None)


@again
def hand_over(purposes: Sequence[str], now: datetime) -> int:
    """Issue what is reserved for these purposes and write it in the log; how many were issued."""
    with transaction():
        issued = issue_many(purposes, now)
        record_issued(purposes, now)
    return issued


@again
def issue_now(batch_id: int, follower_id: int, purpose: str, now: datetime) -> CodeRef | Skip:
    """Reserve and issue in one go, for an answer that leaves at once. Idempotent by purpose."""
    with transaction():
        reserved = reserve_many(batch_id, [(follower_id, purpose)], now + _REPLY_LEASE, now)
        if isinstance(skip := reserved[purpose], Skip):
            return skip
        issue_many([purpose], now)
        return _held([purpose])[purpose]


def release_many(purposes: Sequence[str]) -> int:
    """Put reserved codes back on stock; issued ones stay. How many came back."""
    return sum(_release("purpose", chunk) for chunk in chunks(purposes))


def _release(column: str, values: Sequence[Any]) -> int:
    if not values:
        return 0
    return run(
        "UPDATE coupon_code SET state = ?, follower_id = NULL, purpose = NULL,"
        f" reserved_until = NULL WHERE {column} IN ({qmarks(values)}) AND {only('state = ?')}",
        (CodeState.AVAILABLE, *values, CodeState.RESERVED),
    )


def release_expired(now: datetime) -> int:
    """Put back what was reserved and never settled in time; how many came back.

    A send that is claimed or unknown may still turn out to have arrived, with its code: that code
    stays reserved until the ledger says. One whose send is on record as sent is issued instead.
    """
    released, last = 0, 0
    while lapsed := _lapsed(now, after=last):
        last = lapsed[-1][0]
        states = send_states([purpose for _, purpose in lapsed])
        sent = [purpose for _, purpose in lapsed if states.get(purpose) == SendState.SENT]
        kept = (*_UNSETTLED, SendState.SENT)
        free = [code_id for code_id, purpose in lapsed if states.get(purpose) not in kept]
        with transaction():
            issue_many(sent, now)
            released += _release("id", _still_lapsed(free, now))
    return released


def _still_lapsed(ids: Sequence[int], now: datetime) -> list[int]:
    """Those whose lease nobody made longer meanwhile, held; what others hold is left to them."""
    query = CouponCode.select(CouponCode.id).where(
        CouponCode.id.in_(ids)
        & (CouponCode.state == CodeState.RESERVED)
        & (CouponCode.reserved_until <= now)
    )
    found = locked(query.order_by(CouponCode.id), "FOR UPDATE SKIP LOCKED")
    return [code_id for (code_id,) in found]


def _lapsed(now: datetime, after: int) -> list[tuple[int, str]]:
    query = CouponCode.select(CouponCode.id, CouponCode.purpose).where(
        (CouponCode.state == CodeState.RESERVED)
        & (CouponCode.reserved_until <= now)
        & (CouponCode.id > after)
    )
    lapsed: list[Any] = rows(query.order_by(CouponCode.id).limit(CHUNK))
    return lapsed


def send_states(purposes: Iterable[str]) -> dict[str, str]:
    """The ledger's word on those purposes that are sends, by purpose."""
    ids = [send_id for purpose in purposes if (send_id := send_of(purpose)) is not None]
    query = Send.select(Send.id, Send.state).where(Send.id.in_(ids))
    return {f"send:{send_id}": state for send_id, state in rows(query)}

"""The ledger at work: rows claimed, settled, put back, swept. One row a send, written beforehand.

`bot.campaign.sending.claim` and `.settle` decide; what stands here reads and writes in bulk, a
handful of statements for some hundreds of rows. Every settling compares (state, claimed_by,
attempts) under a lock first: an answer that comes twice, or after its row went on, changes nothing.

An intended row holds nothing: no coupon, no part of a window. One that has a `client_id` may have
been sent already, so it is only ever sent again with that same id, or becomes unknown.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from bot.clock import instant, to_ms
from bot.errors import NotFound
from bot.store import followers
from bot.store.db import fetch, locking, run, run_many
from bot.store.segment_lists import mark_sent
from bot.store.spans import qmarks
from bot.values.audience import FollowerState, Purpose, SendState, Skip
from bot.values.coupons import CodeState

ERROR_LIMIT = 190
COLUMNS = (
    "id, campaign_id, generation, step, follower_id, state, purpose, variant, channel, batch_id,"
    " coupon_code, subject, client_id, msgid, claimed_by, attempts, claimed_at, first_claimed_at"
)


class SendRow(NamedTuple):
    """A ledger row as the engine handles it. `channel`: "" until it is claimed.

    A tuple, as ClaimEntry is: a frozen dataclass takes eight times as long to make.
    """

    id: int
    campaign_id: int
    generation: int
    step: str
    follower_id: int
    state: str
    purpose: str
    variant: str
    channel: str
    batch_id: int | None
    coupon_code: int | None
    subject: str
    client_id: str
    msgid: str
    claimed_by: str
    attempts: int
    claimed_at: datetime | None
    first_claimed_at: datetime | None

    @property
    def coupon_purpose(self) -> str:
        """Under which the row's coupon code is reserved."""
        return f"send:{self.id}"


class ClaimEntry(NamedTuple):
    """What a claim writes into one row."""

    row: SendRow
    channel: str
    client_id: str
    coupon_code: int | None
    reasons: dict[str, Any]


def row_of(values: Sequence[Any]) -> SendRow:
    """A SendRow from a row of COLUMNS."""
    if values[17] is None:  # never claimed: as most are that are claimed now
        return SendRow._make(values)
    return SendRow._make((*values[:16], instant(values[16]), instant(values[17])))


def only(condition: str) -> str:
    """A condition that filters rows found by their ids, and is no way to find them.

    SQLite takes an equality on an indexed column for cheaper than some hundreds of ids, and would
    read every claimed or sent row there is: the cost of a batch would grow with the audience.
    """
    return f"CASE WHEN {condition} THEN 1 ELSE 0 END = 1"


# --- claiming ----------------------------------------------------------------------------------


def state_of(campaign_id: int) -> str:
    """The campaign's state. Raises NotFound."""
    found = fetch("SELECT state FROM campaign WHERE id = ?", (campaign_id,))
    if not found:
        raise NotFound(f"there is no campaign {campaign_id}")
    return str(found[0][0])


def due(campaign_id: int, now: datetime, limit: int) -> list[SendRow]:
    """Intended rows whose time has come, held; rows that another process holds are left to it."""
    found = fetch(
        f"SELECT {COLUMNS} FROM send WHERE campaign_id = ? AND state = ? AND not_before <= ?"
        f" ORDER BY not_before, id LIMIT ?{locking(skip_locked=True)}",
        (campaign_id, SendState.INTENDED, to_ms(now), limit),
    )
    return [row_of(values) for values in found]


def has_due(campaign_id: int, now: datetime) -> bool:
    """Whether `due` would find anything; holds nothing."""
    return bool(
        fetch(
            "SELECT 1 FROM send WHERE campaign_id = ? AND state = ? AND not_before <= ? LIMIT 1",
            (campaign_id, SendState.INTENDED, to_ms(now)),
        )
    )


def people(ids: Sequence[int]) -> dict[int, FollowerState]:
    """The followers as they are now, held: their caps and windows cannot be spent twice at once."""
    return {values[0]: followers.state_of(values) for values in people_rows(ids)}


def people_rows(ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """The same as rows of followers.COLUMNS: see `seen`."""
    if not ids:
        return []
    return fetch(
        f"SELECT {followers.COLUMNS} FROM follower WHERE id IN ({qmarks(ids)})"
        f" ORDER BY id{locking()}",
        ids,
    )


def seen(values: Sequence[Any], at_ms: int) -> tuple[Any, ...]:
    """All that permission looks at in a row of `people_rows`: who has the same is judged alike."""
    until = values[13]
    return (
        values[2],  # subscribed
        values[3],  # marketing_consent
        values[5] is None,  # opted_out_at
        values[6],  # blacklisted
        values[7] is None,  # erased_at
        values[12],  # window_kind
        until is not None and until > at_ms,
        values[14],  # window_left
    )


def marketing_counts(ids: Sequence[int], now: datetime) -> dict[int, tuple[int, int, int]]:
    """Marketing sends of the last 24 hours, 7 and 30 days, by follower; without any: left out.

    What is claimed or unknown counts: it may have arrived.
    """
    if not ids:
        return {}
    day, week, month = (to_ms(now - timedelta(days=days)) for days in (1, 7, 30))
    return {
        values[0]: (int(values[1]), int(values[2]), int(values[3]))
        for values in fetch(
            "SELECT follower_id, SUM(CASE WHEN claimed_at > ? THEN 1 ELSE 0 END),"
            " SUM(CASE WHEN claimed_at > ? THEN 1 ELSE 0 END), COUNT(*) FROM send"
            f" WHERE follower_id IN ({qmarks(ids)}) AND purpose = ? AND claimed_at > ?"
            f" AND {only('state IN (?, ?, ?)')} GROUP BY follower_id",
            (day, week, *ids, Purpose.MARKETING, month, *_MAY_HAVE_ARRIVED),
        )
    }


_MAY_HAVE_ARRIVED = (SendState.SENT, SendState.CLAIMED, SendState.UNKNOWN)


def code_states(code_ids: Sequence[int]) -> dict[int, tuple[str, datetime | None]]:
    """(state, expires_at) of the coupon codes that notices are about."""
    if not code_ids:
        return {}
    found = fetch(
        f"SELECT id, state, expires_at FROM coupon_code WHERE id IN ({qmarks(code_ids)})",
        code_ids,
    )
    return {values[0]: (values[1], instant(values[2])) for values in found}


def codes_held(batch_id: int, ids: Sequence[int]) -> dict[int, int]:
    """How many codes of the batch count against each follower's limit; without any: left out."""
    held = (CodeState.RESERVED, CodeState.ISSUED, CodeState.REDEEMED)
    return {
        values[0]: int(values[1])
        for values in fetch(
            f"SELECT follower_id, COUNT(*) FROM coupon_code WHERE follower_id IN ({qmarks(ids)})"
            f" AND {only(f'batch_id = ? AND state IN ({qmarks(held)})')} GROUP BY follower_id",
            (*ids, batch_id, *held),
        )
    }


def claim(entries: Sequence[ClaimEntry], owner: str, lease_until: datetime, now: datetime) -> None:
    """Take the rows that `due` holds. Attempts grow with every claim: they fence late answers."""
    alike: dict[tuple[str, str, int | None, str], list[int]] = {}
    texts: dict[int, str] = {}  # by the dict itself: who was judged alike shares one
    for (channel, client_id, coupon_code, reasons), same in groupby(entries, _WRITTEN):
        why = texts.get(id(reasons)) or texts.setdefault(id(reasons), _json(reasons))
        ids = alike.setdefault((channel, client_id, coupon_code, why), [])
        ids += [entry.row.id for entry in same]
    at = to_ms(now)
    columns = (
        "UPDATE send SET state = ?, channel = ?, client_id = ?, coupon_code = ?, reasons = ?,"
        " claimed_by = ?, claimed_at = ?, first_claimed_at = COALESCE(first_claimed_at, ?),"
        " lease_until = ?, attempts = attempts + 1, error = '', errcode = NULL WHERE id"
    )
    each: list[tuple[Any, ...]] = []
    for written, ids in alike.items():
        values = (SendState.CLAIMED, *written, owner, at, at, to_ms(lease_until))
        if len(ids) == 1:
            each.append((*values, ids[0]))
        else:
            run(f"{columns} IN ({qmarks(ids)})", (*values, *ids))
    run_many(f"{columns} = ?", each)


_WRITTEN = itemgetter(1, 2, 3, 4)  # a ClaimEntry but for its row


def skip(entries: Iterable[tuple[int, Skip, dict[str, Any]]], now: datetime) -> None:
    """Skip intended rows for good: (id, reason, the figures behind it)."""
    found = list(entries)
    run_many(
        "UPDATE send SET state = ?, skip = ?, reasons = ?, settled_at = ? WHERE id = ?"
        " AND state = ?",
        [
            (SendState.SKIPPED, word, _json(why), to_ms(now), send_id, SendState.INTENDED)
            for send_id, word, why in found
        ],
    )
    mark_sent(send_id for send_id, _, _ in found)


def delay(entries: Iterable[tuple[int, datetime]]) -> None:
    """Leave intended rows alone until then."""
    by_until: dict[datetime, list[int]] = {}
    for send_id, until in entries:
        by_until.setdefault(until, []).append(send_id)
    for until, ids in by_until.items():
        run(
            f"UPDATE send SET not_before = ? WHERE id IN ({qmarks(ids)}) AND {only('state = ?')}",
            (to_ms(until), *ids, SendState.INTENDED),
        )


_encode = json.JSONEncoder(ensure_ascii=False).encode


def _json(value: dict[str, Any]) -> str:
    return _encode(value) if value else "{}"


# --- windows -----------------------------------------------------------------------------------


def spend_windows(follower_ids: Sequence[int]) -> None:
    """One message less in the window of each, for each time that they are named."""
    by_times: dict[int, list[int]] = {}
    for follower_id, times in Counter(follower_ids).items():
        by_times.setdefault(times, []).append(follower_id)
    for times, ids in by_times.items():
        run(
            f"UPDATE follower SET window_left = window_left - ? WHERE id IN ({qmarks(ids)})",
            (times, *ids),
        )


def return_windows(rows: Iterable[SendRow]) -> None:
    """Give back what was certainly not sent, unless the follower's own act has set a new window."""
    run_many(f"UPDATE follower SET window_left = window_left + 1 {_SAME_WINDOW}", _windows(rows))


def shut_windows(rows: Iterable[SendRow]) -> None:
    """The platform says that the window is closed or used up: believe it, until the next act."""
    run_many(f"UPDATE follower SET window_left = 0 {_SAME_WINDOW}", _windows(rows))


_SAME_WINDOW = "WHERE id = ? AND (last_inbound_at IS NULL OR last_inbound_at <= ?)"


def _windows(rows: Iterable[SendRow]) -> list[tuple[int, int]]:
    return sorted((row.follower_id, to_ms(row.claimed_at)) for row in rows if row.claimed_at)


def mark_unreachable(follower_ids: Sequence[int], now: datetime) -> None:
    """The platform says that these do not follow any more."""
    run_many(
        "UPDATE follower SET subscribed = ?, unsubscribed_at = ? WHERE id = ? AND subscribed = ?",
        [(False, to_ms(now), follower_id, True) for follower_id in sorted(follower_ids)],
    )


# --- settling ----------------------------------------------------------------------------------


def held(rows: Sequence[SendRow], owner: str) -> set[int]:
    """Ids of the rows that are still as this owner claimed them, now locked.

    A row that the sweeper has declared unknown counts: the answer has come after all.
    """
    if not rows:
        return set()
    attempts = {row.id: row.attempts for row in rows}
    found = fetch(
        f"SELECT id, attempts FROM send WHERE id IN ({qmarks(rows)})"
        f" AND {only('state IN (?, ?) AND claimed_by = ?')} ORDER BY id{locking()}",
        (*attempts, SendState.CLAIMED, SendState.UNKNOWN, owner),
    )
    return {send_id for send_id, tries in found if attempts[send_id] == tries}


def settle_held(rows: Sequence[SendRow], owner: str, now: datetime) -> bool:
    """Sent, of messages without an id, in one statement. False: not all of these rows are as
    `held` wants them; the transaction has to be given up then."""
    tries: dict[int, list[int]] = {}
    for row in rows:
        tries.setdefault(row.attempts, []).append(row.id)
    at = to_ms(now)
    for attempts, ids in tries.items():
        changed = run(
            f"{_SENT} ({qmarks(ids)})"
            f" AND {only('state IN (?, ?) AND claimed_by = ? AND attempts = ?')}",
            (SendState.SENT, at, at, *ids, SendState.CLAIMED, SendState.UNKNOWN, owner, attempts),
        )
        if changed != len(ids):
            return False
    mark_sent(row.id for row in rows)
    return True


_SENT = (
    "UPDATE send SET state = ?, sent_at = ?, settled_at = ?, lease_until = NULL,"
    " errcode = NULL, error = '' WHERE id IN"
)


def settle_sent(entries: Iterable[tuple[int, str]], now: datetime) -> None:
    """(id, msgid). A receipt of this message that came before the answer keeps its say: with an
    error (a claim leaves none) it makes the row failed."""
    found = list(entries)
    at = to_ms(now)
    plain = [send_id for send_id, msgid in found if not msgid]
    if plain:
        run(f"{_SENT} ({qmarks(plain)})", (SendState.SENT, at, at, *plain))
    # MySQL assigns left to right and reads new values: msgid and error come after their readers.
    run_many(
        "UPDATE send SET state = CASE WHEN msgid = ? AND error <> '' THEN ? ELSE ? END,"
        " delivered_at = CASE WHEN msgid = ? THEN delivered_at ELSE NULL END,"
        " error = CASE WHEN msgid = ? THEN error ELSE '' END,"
        " msgid = ?, sent_at = ?, settled_at = ?, lease_until = NULL, errcode = NULL WHERE id = ?",
        [
            (msgid, SendState.FAILED, SendState.SENT, msgid, msgid, msgid, at, at, send_id)
            for send_id, msgid in found
            if msgid
        ],
    )
    mark_sent(send_id for send_id, _ in found)


def settle(entries: Iterable[tuple[int, int | None, str]], state: SendState, now: datetime) -> None:
    """End rows as failed or unknown: (id, errcode, error)."""
    found = list(entries)
    run_many(
        "UPDATE send SET state = ?, settled_at = ?, lease_until = NULL, errcode = ?, error = ?"
        " WHERE id = ?",
        [
            (state, to_ms(now), errcode, error[:ERROR_LIMIT], send_id)
            for send_id, errcode, error in found
        ],
    )
    mark_sent(send_id for send_id, _, _ in found)


def put_back(
    entries: Iterable[tuple[int, datetime, bool, int | None, str]],
) -> None:
    """Intended again: (id, not before, may have been sent, errcode, error).

    What may have been sent keeps its duplicate id and the time of its first claim.
    """
    run_many(
        "UPDATE send SET state = ?, not_before = ?, lease_until = NULL, claimed_by = '',"
        " coupon_code = NULL, settled_at = NULL, errcode = ?, error = ?,"
        " client_id = CASE WHEN ? = 1 THEN client_id ELSE '' END,"
        " first_claimed_at = CASE WHEN ? = 1 THEN first_claimed_at ELSE NULL END WHERE id = ?",
        [
            (SendState.INTENDED, to_ms(at), errcode, error[:ERROR_LIMIT], int(same), int(same), key)
            for key, at, same, errcode, error in entries
        ],
    )

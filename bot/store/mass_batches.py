"""Mass calls: which rows of the ledger travel together, and how far they are.

A batch's rows are `claimed` with its `client_id` and no lease of their own: what becomes of them is
the batch's to say. Only who has taken the batch (`take`) moves it on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.clock import to_ms
from bot.store.db import fetch, insert_new, locking, run
from bot.store.models import MassBatch
from bot.store.sends import COLUMNS, ERROR_LIMIT, ClaimEntry, SendRow, only, row_of
from bot.store.spans import qmarks, spans
from bot.values.audience import SendState

SETTLED = 500  # rows of one transaction


class State(StrEnum):
    """
    OPEN      gathers rows
    CALLING   is full or nobody else is due; with `called_at` the call may have arrived
    ACCEPTED  has its msg_id; its rows become sent
    SENT      they are; the platform's word on the job is waited for
    TOLD      it came; it goes into the rows
    REFUSED   the call was refused for all; its rows become failed
    LOST      whether it arrived cannot be found out any more; its rows become unknown
    DONE, ALONE, EMPTY   over; its one row goes another way; nobody was left
    """

    OPEN = "open"
    CALLING = "calling"
    ACCEPTED = "accepted"
    SENT = "sent"
    TOLD = "told"
    REFUSED = "refused"
    LOST = "lost"
    DONE = "done"
    ALONE = "alone"
    EMPTY = "empty"


AT_WORK = (State.OPEN, State.CALLING, State.ACCEPTED, State.SENT, State.TOLD, State.REFUSED,
           State.LOST)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Batch:
    """`called_at`: when a call that may have arrived was first made; None: certainly none did."""

    id: int
    account_id: int
    campaign_id: int
    generation: int
    step: str
    variant: str
    channel: str
    state: str
    size: int
    first_id: int | None
    last_id: int | None
    client_id: str
    msg_id: str
    link_id: int | None
    tag_id: int | None
    opened_at: datetime
    called_at: datetime | None
    next_at: datetime
    attempts: int
    error: str
    status: str
    total: int | None
    filtered: int | None
    sent: int | None
    errors: int | None
    told_at: datetime | None


def _batch(row: Any) -> Batch:
    return Batch(**{name: getattr(row, name) for name in Batch.__dataclass_fields__})


# --- gathering ---------------------------------------------------------------------------------


def room_in(
    account_id: int, of: tuple[int, int, str, str, str], most: int, client_id: str, now: datetime
) -> tuple[Batch, int]:
    """The open batch of (campaign, generation, step, variant, channel), held, and how many rows it
    has room for; a new one under `client_id` where there is none, or the last is full."""
    found = fetch(
        "SELECT id FROM mass_batch WHERE campaign_id = ? AND generation = ? AND step = ?"
        f" AND variant = ? AND channel = ? AND state = ? AND size < ? LIMIT 1{locking()}",
        (*of, State.OPEN, most),
    )
    key = int(found[0][0]) if found else _open(account_id, of, client_id, now)
    batch = get(key)
    return batch, most - batch.size


def _open(
    account_id: int, of: tuple[int, int, str, str, str], client_id: str, now: datetime
) -> int:
    columns = ("account_id", "campaign_id", "generation", "step", "variant", "channel", "state",
               "size", "client_id", "msg_id", "opened_at", "next_at", "owner", "attempts", "error",
               "status")  # fmt: skip
    at = to_ms(now)
    values = (account_id, *of, State.OPEN, 0, client_id, "", at, at, "", 0, "", "")
    return int(insert_new("mass_batch", columns, values))


def join(batch: Batch, entries: Sequence[ClaimEntry], now: datetime) -> None:
    """Claim these rows for the batch, which has room for them."""
    at, ids = to_ms(now), sorted(entry.row.id for entry in entries)
    for span in spans(ids):
        run(
            "UPDATE send SET state = ?, channel = ?, client_id = ?, coupon_code = NULL,"
            " reasons = '{}', claimed_by = ?, claimed_at = ?,"
            " first_claimed_at = COALESCE(first_claimed_at, ?), lease_until = NULL,"
            f" attempts = attempts + 1, error = '', errcode = NULL WHERE id IN ({qmarks(span)})",
            (SendState.CLAIMED, batch.channel, batch.client_id, batch.client_id, at, at, *span),
        )
    first, last = batch.first_id or ids[0], batch.last_id or ids[-1]
    run(
        "UPDATE mass_batch SET size = size + ?, first_id = ?, last_id = ? WHERE id = ?",
        (len(ids), min(first, ids[0]), max(last, ids[-1]), batch.id),
    )


def alone(campaign_id: int, generation: int) -> set[int]:
    """Followers of a run who were the only ones of their batch."""
    found = fetch(
        "SELECT s.follower_id FROM mass_batch b JOIN send s ON s.id = b.alone_id"
        " WHERE b.campaign_id = ? AND b.generation = ? AND b.alone_id IS NOT NULL",
        (campaign_id, generation),
    )
    return {int(row[0]) for row in found}


# --- moving on ---------------------------------------------------------------------------------


def get(batch_id: int) -> Batch:
    return _batch(MassBatch.get_by_id(batch_id))


def due(now: datetime, limit: int = 100) -> list[Batch]:
    """Batches to look at now, the longest due first."""
    query = (
        MassBatch.select()
        .where(
            MassBatch.state.in_(AT_WORK)
            & (MassBatch.next_at <= now)
            & (MassBatch.lease_until.is_null() | (MassBatch.lease_until <= now))
        )
        .order_by(MassBatch.next_at, MassBatch.id)
    )
    return [_batch(row) for row in query.limit(limit)]


def take(batch: Batch, owner: str, now: datetime, lease: timedelta) -> bool:
    """It is `owner`'s until the lease ends, and open no more. False: another was faster, or it has
    grown since."""
    at = to_ms(now)
    changed = run(
        "UPDATE mass_batch SET owner = ?, lease_until = ?, state = ? WHERE id = ? AND state = ?"
        " AND size = ? AND (lease_until IS NULL OR lease_until <= ?)",
        (owner, to_ms(now + lease), _taken(batch), batch.id, batch.state, batch.size, at),
    )
    return changed == 1


def _taken(batch: Batch) -> str:
    return State.CALLING if batch.state == State.OPEN else batch.state


def change(batch_id: int, owner: str, **values: Any) -> bool:
    """Write columns of a batch that `owner` has. False: the lease ended and another has it."""
    return _write(batch_id, owner, values)


def let_go(batch_id: int, owner: str, **values: Any) -> bool:
    """The same, and somebody else may take it from `next_at` on."""
    return _write(batch_id, owner, {**values, "lease_until": None, "owner": ""})


def _write(batch_id: int, owner: str, values: dict[str, Any]) -> bool:
    if "error" in values:
        values["error"] = values["error"][:ERROR_LIMIT]
    mine = (MassBatch.id == batch_id) & (MassBatch.owner == owner)
    changed: int = MassBatch.update(**values).where(mine).execute()
    return changed == 1


def claimed_rows(batch: Batch, limit: int, after: int = 0) -> list[SendRow]:
    """Its rows that are still claimed, by id, behind `after`. Read by the range of their ids: the
    campaign may have many batches full of claimed rows."""
    found = fetch(
        f"SELECT {COLUMNS} FROM send WHERE id >= ? AND id <= ?"
        f" AND {only('state = ? AND client_id = ?')} ORDER BY id LIMIT ?",
        (
            max(batch.first_id or 0, after + 1),
            batch.last_id or 0,
            SendState.CLAIMED,
            batch.client_id,
            limit,
        ),
    )
    return [row_of(values) for values in found]


def sent_rows(batch: Batch, after: int, limit: int = SETTLED) -> list[int]:
    """Ids of its rows that are sent, found by the message's id, in their order."""
    found = fetch(
        "SELECT id FROM send WHERE msgid = ? AND campaign_id = ? AND state = ? AND id > ?"
        " ORDER BY id LIMIT ?",
        (batch.msg_id, batch.campaign_id, SendState.SENT, after, limit),
    )
    return [int(row[0]) for row in found]


def deliver(send_ids: Sequence[int], now: datetime) -> None:
    for span in spans(send_ids):
        run(
            f"UPDATE send SET delivered_at = ? WHERE id IN ({qmarks(span)})"
            " AND delivered_at IS NULL",
            (to_ms(now), *span),
        )


def by_msg_id(account_id: int, msg_id: str) -> Batch | None:
    row = MassBatch.get_or_none((MassBatch.account == account_id) & (MassBatch.msg_id == msg_id))
    return None if row is None or not msg_id else _batch(row)


def tell(batch_id: int, now: datetime, **figures: Any) -> bool:
    """The platform's word on the job: status, total, filtered, sent, errors. The first counts."""
    changed: int = (
        MassBatch.update(told_at=now, next_at=now, **figures)
        .where((MassBatch.id == batch_id) & MassBatch.told_at.is_null())
        .execute()
    )
    return changed == 1


def move(batch_id: int, origin: State, state: State) -> bool:
    """Compare and set, whoever has it."""
    mine = (MassBatch.id == batch_id) & (MassBatch.state == origin)
    changed: int = MassBatch.update(state=state).where(mine).execute()
    return changed == 1


def of_run(campaign_id: int, generation: int) -> list[Batch]:
    """All batches of a run, in their order."""
    query = MassBatch.select().where(
        (MassBatch.campaign == campaign_id) & (MassBatch.generation == generation)
    )
    return [_batch(row) for row in query.order_by(MassBatch.id)]

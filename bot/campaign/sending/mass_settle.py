"""What became of a mass batch, written into its rows in chunks that a kill leaves whole."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.campaign.permission import purse
from bot.campaign.states import CampaignStatus, move
from bot.channels import mass
from bot.errors import GatewayError
from bot.i18n import t
from bot.services import Services
from bot.store import campaigns, mass_batches, send_progress, sends
from bot.store.db import again, transaction
from bot.store.mass_batches import SETTLED, Batch, State
from bot.store.send_progress import Done
from bot.store.sends import SendRow
from bot.values.audience import SendState
from bot.values.inbound import MassSent

logger = logging.getLogger(__name__)

# The event that tells how a job ended may never come (2.3): then it is asked for.
ASKED_AFTER = timedelta(minutes=30)
ASKED_AGAIN = timedelta(hours=1)
GIVEN_UP = timedelta(days=3)


def accepted(batch: Batch, owner: str, now: datetime) -> int:
    """Its rows are sent."""

    def write(rows: list[SendRow]) -> None:
        sends.settle_sent(((row.id, batch.msg_id) for row in rows), now)
        _note(batch, Done(sent=len(rows)), now)

    settled = _in_chunks(batch, write)
    current = mass_batches.get(batch.id)
    after = now if current.told_at else now + ASKED_AFTER
    state = State.TOLD if current.told_at else State.SENT
    mass_batches.let_go(batch.id, owner, state=state, next_at=after)
    return settled


def ended(batch: Batch, owner: str, state: SendState, now: datetime) -> int:
    """Its rows are failed or unknown, all for one reason."""

    def write(rows: list[SendRow]) -> None:
        sends.settle(((row.id, None, batch.error) for row in rows), state, now)
        failed = len(rows) if state is SendState.FAILED else 0
        if failed:
            purse.give_back_batch(batch, failed)
        _note(batch, Done(failed=failed, unknown=len(rows) - failed), now)

    settled = _in_chunks(batch, write)
    mass_batches.let_go(batch.id, owner, state=State.DONE)
    return settled


def dissolved(batch: Batch, owner: str, now: datetime, alone: int | None = None) -> int:
    """Its rows wait again, as if they had never been claimed: nothing was sent."""

    def write(rows: list[SendRow]) -> None:
        if alone is not None:
            mass_batches.change(batch.id, owner, alone_id=alone)
        purse.give_back_batch(batch, len(rows))
        sends.put_back((row.id, now, False, None, "") for row in rows)
        _note(batch, Done(again=len(rows)), now)

    moved = _in_chunks(batch, write)
    state = State.EMPTY if alone is None else State.ALONE
    mass_batches.let_go(batch.id, owner, state=state)
    return moved


def _note(batch: Batch, done: Done, now: datetime) -> None:
    send_progress.note(batch.campaign_id, batch.generation, done, now)


def _in_chunks(batch: Batch, write: Callable[[list[SendRow]], None]) -> int:
    """`write` for its claimed rows, some hundreds in a transaction, until none is claimed."""
    settled = 0
    while count := _chunk(batch, write):
        settled += count
    return settled


@again
def _chunk(batch: Batch, write: Callable[[list[SendRow]], None]) -> int:
    with transaction():
        rows = mass_batches.claimed_rows(batch, SETTLED)
        if rows:
            write(rows)
        return len(rows)


# --- the platform's word on the job ------------------------------------------------------------


def job_finished(account_id: int, message: MassSent, now: datetime) -> bool:
    """MASSSENDJOBFINISH. False: no batch of ours. A job that reached nobody stops its campaign."""
    batch = mass_batches.by_msg_id(account_id, message.msgid)
    if batch is None:
        return False
    return _tell(
        batch,
        now,
        status=message.status,
        total=message.total,
        filtered=message.filtered,
        sent=message.sent,
        errors=message.errors,
    )


def poll(services: Services, batch: Batch, owner: str, now: datetime) -> bool:
    """Ask how the job ended; figures come with the event alone. False: nobody will ever say."""
    status = ""
    try:
        said = services.client_of(batch.account_id).mass_status(batch.msg_id)
        status = mass.POLLED.get(said, "")
    except GatewayError as error:
        logger.warning("mass batch=%d status not told: %s", batch.id, error)
    if status:
        mass_batches.let_go(batch.id, owner)
        _tell(batch, now, status=status)
    elif batch.called_at is not None and now - batch.called_at > GIVEN_UP:
        mass_batches.let_go(batch.id, owner, state=State.DONE)
        return False
    else:
        mass_batches.let_go(batch.id, owner, next_at=now + ASKED_AGAIN)
    return True


@again
def _tell(batch: Batch, now: datetime, status: str, **figures: int) -> bool:
    with transaction():
        if not mass_batches.tell(batch.id, now, status=status[:32], **figures):
            return True
        if mass_batches.get(batch.id).state == State.SENT:
            mass_batches.move(batch.id, State.SENT, State.TOLD)
        if mass.failed(status):
            why = mass.reason(status)
            words = t("mass.failed", "zh", reason=why, status=status, batch=batch.id)
            if not move(batch.campaign_id, CampaignStatus.PAUSED, now, error=words):
                campaigns.complain(batch.campaign_id, words)
        return True


def told(batch: Batch, owner: str, now: datetime) -> int:
    """The job's end goes into the rows: failed for all; delivered where it reached every one."""
    after, moved = 0, 0
    while ids := _told_chunk(batch, after, now):
        after, moved = ids[-1], moved + len(ids)
    mass_batches.let_go(batch.id, owner, state=State.DONE)
    return moved


@again
def _told_chunk(batch: Batch, after: int, now: datetime) -> list[int]:
    with transaction():
        if _is_closed(batch):
            return []
        ids = mass_batches.sent_rows(batch, after)
        if mass.failed(batch.status):
            purse.give_back_batch(batch, len(ids))
            sends.settle(((key, None, batch.status) for key in ids), SendState.FAILED, now)
        elif reached_all(batch):
            mass_batches.deliver(ids, now)
        return ids


def reached_all(batch: Batch) -> bool:
    """The platform says how many, never whom: only all of them are each of them."""
    return batch.status == mass.DONE and batch.sent == batch.size and not batch.errors


def _is_closed(batch: Batch) -> bool:
    """The sum over the run has been made: it stays as it is."""
    return campaigns.generation(batch.campaign_id, batch.generation).closed_at is not None

"""群发: ledger rows that travel together, in one call for all of them.

Rows join an open batch where they are claimed, so permission is checked there as for any other.
When nobody else is due the batch is called once, under its own clientmsgid: the platform remembers
it for a day and answers a repeat with the first one's msg_id (45065). So whatever dies in between,
the call is repeated with that id or the rows are unknown; and before each call permission is asked
again, since a batch may have waited.

The platform tells how many a job reached, never whom: the figures stay with the batch.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.campaign.permission.order import Order, load
from bot.campaign.permission.policy import Policy, Recipient, next_opening, skip_reason
from bot.campaign.permission.purse import spend as spend_budget
from bot.campaign.permission.recipients import recipients
from bot.campaign.sending import mass_call, mass_settle
from bot.campaign.states import CampaignStatus
from bot.channels.registry import BATCHED, CHANNELS
from bot.errors import NotFound
from bot.services import Services
from bot.store import campaigns, mass_batches, sends
from bot.store.db import again, transaction
from bot.store.mass_batches import Batch, State
from bot.store.sends import ClaimEntry, SendRow
from bot.values.audience import Channel, SendState, Skip

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # longer than tagging, calling and writing take
CHUNK = 1000  # rows of one look at permission
LOST = "whether the mass call arrived cannot be found out any more"


# --- gathering, in the claim's transaction -----------------------------------------------------


def parted(entries: Sequence[ClaimEntry]) -> tuple[list[ClaimEntry], list[ClaimEntry]]:
    """(sent one by one, sent in batches)."""
    alone = [entry for entry in entries if entry.channel not in BATCHED]
    return alone, [entry for entry in entries if entry.channel in BATCHED]


def join(order: Order, entries: Sequence[ClaimEntry], now: datetime) -> None:
    """Claim these for the open batches of their kind."""
    spend_budget(order, entries)
    groups: dict[tuple[str, str, str], list[ClaimEntry]] = {}
    for entry in entries:
        groups.setdefault((entry.row.step, entry.row.variant, entry.channel), []).append(entry)
    for (step, variant, channel), members in groups.items():
        of = (order.campaign_id, order.generation, step, variant, channel)
        most = CHANNELS[Channel(channel)].most
        while members:
            client_id = f"mass-{secrets.token_hex(12)}"
            batch, room = mass_batches.room_in(order.account_id, of, most, client_id, now)
            mass_batches.join(batch, members[:room], now)
            members = members[room:]


# --- the way of a batch ------------------------------------------------------------------------


def tend(services: Services, now: datetime) -> int:
    """Move every batch on as far as it goes; how many rows were settled or put back."""
    moved = 0
    for batch in mass_batches.due(now):
        owner = f"mass-{secrets.token_hex(8)}"
        if _ready(batch, now) and mass_batches.take(batch, owner, now, LEASE):
            moved += _Way(services, mass_batches.get(batch.id), owner, now).go()
    return moved


def _ready(batch: Batch, now: datetime) -> bool:
    """A batch that is being gathered waits for those who are due yet, unless it is full."""
    if batch.state != State.OPEN or batch.size >= CHANNELS[Channel(batch.channel)].most:
        return True
    running = campaigns.get(batch.campaign_id).state == CampaignStatus.RUNNING
    return not running or not sends.has_due(batch.campaign_id, now)


@dataclass
class _Way:
    """One batch in the hands of `owner`. Each step is committed before the next begins."""

    services: Services
    batch: Batch
    owner: str
    now: datetime

    def go(self) -> int:
        state = self.batch.state
        if state == State.CALLING:
            return self._call()
        if state == State.ACCEPTED:
            return mass_settle.accepted(self.batch, self.owner, self.now)
        if state == State.REFUSED:
            return mass_settle.ended(self.batch, self.owner, SendState.FAILED, self.now)
        if state == State.LOST:
            return mass_settle.ended(self.batch, self.owner, SendState.UNKNOWN, self.now)
        if state == State.TOLD:
            mass_call.drop_tag(self.services, self.batch)
            return mass_settle.told(self.batch, self.owner, self.now)
        if not mass_settle.poll(self.services, self.batch, self.owner, self.now):
            mass_call.drop_tag(self.services, self.batch)
        return 0

    def _call(self) -> int:
        batch, now = self.batch, self.now
        campaign = campaigns.get(batch.campaign_id)
        if campaign.state != CampaignStatus.RUNNING:
            return self._not_running(campaign.state == CampaignStatus.CANCELLED)
        try:
            order = load(batch.campaign_id, self.services.settings.public, now)
        except NotFound as error:  # what the definition names is gone: the next turn says so
            mass_batches.let_go(batch.id, self.owner, error=str(error), next_at=now + LEASE)
            return 0
        if order.deadline is not None and now >= order.deadline:
            return self._over()
        opening = next_opening(order.policy(batch.step), now)
        if opening is not None and not self._last_chance(opening):
            mass_batches.let_go(batch.id, self.owner, next_at=opening)
            return 0
        rows, moved = permit(order, batch, self.owner, now)
        if self._too_late():
            return moved + self._lost()
        if not rows:
            mass_batches.let_go(batch.id, self.owner, state=State.EMPTY, size=0)
            return moved
        if len(rows) < CHANNELS[Channel(batch.channel)].least:
            return moved + self._alone(rows)
        mass_call.call(self.services, order, batch, self.owner, rows, now)
        after = mass_batches.get(batch.id)
        if after.state in (State.ACCEPTED, State.REFUSED):
            again = _Way(self.services, after, self.owner, now)
            return moved + again.go()
        return moved

    def _not_running(self, cancelled: bool) -> int:
        """Nobody's call: rows that certainly were not sent are given back."""
        if self.batch.called_at is None:
            return mass_settle.dissolved(self.batch, self.owner, self.now)
        if cancelled or self._too_late():
            return self._lost()
        mass_batches.let_go(self.batch.id, self.owner, next_at=self.now + LEASE)
        return 0

    def _over(self) -> int:
        """Past the run's end: given back, they are skipped as expired."""
        if self.batch.called_at is None:
            return mass_settle.dissolved(self.batch, self.owner, self.now)
        return self._lost()

    def _last_chance(self, at: datetime) -> bool:
        """By then the platform has forgotten the id: repeated now or never."""
        return self.batch.called_at is not None and not mass_call.repeatable(self.batch, at)

    def _too_late(self) -> bool:
        return self.batch.called_at is not None and not mass_call.repeatable(self.batch, self.now)

    def _lost(self) -> int:
        mass_batches.change(self.batch.id, self.owner, state=State.LOST, error=LOST)
        lost = mass_batches.get(self.batch.id)
        return mass_settle.ended(lost, self.owner, SendState.UNKNOWN, self.now)

    def _alone(self, rows: Sequence[SendRow]) -> int:
        """Too few for this call: by another channel of theirs, or not at all. What may have been
        sent already cannot be repeated."""
        if self.batch.called_at is not None:
            return self._lost()
        return mass_settle.dissolved(self.batch, self.owner, self.now, alone=rows[0].id)


def permit(order: Order, batch: Batch, owner: str, now: datetime) -> tuple[list[SendRow], int]:
    """(The rows that may still go, how many may not any more): skipped, or unknown where the call
    may have arrived. In chunks, since their followers are held while one is looked at."""
    left: list[SendRow] = []
    barred, after = 0, 0
    while rows := mass_batches.claimed_rows(batch, CHUNK, after):
        some = _permit_some(order, batch, rows, now)
        left, barred, after = left + some, barred + len(rows) - len(some), rows[-1].id
    if not mass_batches.change(batch.id, owner, size=len(left)):
        raise Lost
    return left, barred


@again
def _permit_some(
    order: Order, batch: Batch, rows: Sequence[SendRow], now: datetime
) -> list[SendRow]:
    policy = order.policy(rows[0].step)
    with transaction():
        people = recipients(order, [row.follower_id for row in rows], now)
        barred = {row.id: why for row in rows if (why := _barred(people, row, policy, now))}
        if batch.called_at is not None:
            unsure = ((key, None, reason.value) for key, reason in barred.items())
            sends.settle(unsure, SendState.UNKNOWN, now)
        else:
            sends.put_back((key, now, False, None, "") for key in barred)
            sends.skip([(key, reason, {}) for key, reason in barred.items()], now)
    return [row for row in rows if row.id not in barred]


def _barred(
    people: Mapping[int, Recipient], row: SendRow, policy: Policy, now: datetime
) -> Skip | None:
    """Caps, rest and variety were asked when the row was claimed, and would count this very row."""
    one = people[row.follower_id]
    return skip_reason(Recipient(one.follower, topic_refused=one.topic_refused), policy, now)


class Lost(Exception):
    """Another process has taken the batch meanwhile."""

"""Claiming: who may get it is decided and written in one transaction, before anything is sent.

In that transaction the rows and their followers are held, so that a cap, a window, a quota and a
coupon are each spent once, however many processes claim at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from bot.campaign.permission.order import Order
from bot.campaign.permission.policy import Delay, Policy, Verdict, because, judge
from bot.campaign.permission.purse import begin as open_purse
from bot.campaign.permission.purse import spend as spend_budget
from bot.campaign.permission.recipients import Crowd, crowd
from bot.campaign.permission.rights import spend
from bot.campaign.sending.mass import join, parted
from bot.campaign.states import CampaignStatus
from bot.channels.registry import BATCHED, CHANNELS, Way
from bot.store import coupons, quotas, send_progress, sends
from bot.store.coupons import CodeRef
from bot.store.db import again, transaction
from bot.store.send_progress import Done
from bot.store.sends import ClaimEntry, SendRow
from bot.values.audience import Channel, Purpose, SendState, Skip
from bot.values.coupons import CodeState

NOT_RESENT = "its first sending may have arrived, and it may not be repeated any more"


@dataclass(frozen=True, slots=True)
class Claim:
    """What one batch came to. `looked` 0: nothing is due now."""

    rows: tuple[SendRow, ...] = ()
    looked: int = 0
    skipped: int = 0
    delayed: int = 0


class Decision(NamedTuple):
    """`verdict` UNKNOWN: it may have arrived, so it can be neither repeated nor skipped."""

    row: SendRow
    verdict: Verdict | Literal[SendState.UNKNOWN]
    reasons: dict[str, Any]


def claim(order: Order, owner: str, limit: int, lease: timedelta, now: datetime) -> Claim:
    """Take up to `limit` due rows of a running campaign; those that may go are now `owner`'s.

    All or nothing: a process that dies inside leaves the rows as they were. The quota's row is the
    one that every claimer of the account wants, so it is only held from the first look where it is
    nearly used up, which the first try finds out.
    """
    try:
        return _claim(order, owner, limit, lease, now, counted=False)
    except QuotaShort:
        return _claim(order, owner, limit, lease, now, counted=True)


class QuotaShort(Exception):
    """A channel's quota has not room for the batch; nothing was written."""


@again
def _claim(
    order: Order, owner: str, limit: int, lease: timedelta, now: datetime, *, counted: bool
) -> Claim:
    """`counted`: the rooms left are read and held first."""
    with transaction():
        if sends.state_of(order.campaign_id) != CampaignStatus.RUNNING:
            return Claim()
        rows = sends.due(order.campaign_id, now, limit)
        if not rows:
            return Claim()
        channels = _channels(order, rows)
        if not counted and BATCHED.isdisjoint(channels):  # a mass send's call is counted later
            channels = set()
        rooms = {channel: _room(order, CHANNELS[channel], now) for channel in channels}
        decisions = [
            _kept_apart(decision, lease, now) if decision.row.client_id else decision
            for decision in decide(order, rows, rooms, now)
        ]
        return _write(order, decisions, owner, now + lease, now)


def _channels(order: Order, rows: Sequence[SendRow]) -> set[Channel]:
    return {
        channel for step in {row.step for row in rows} for channel in order.policy(step).channels
    }


def _room(order: Order, way: Way, now: datetime) -> int:
    if not way.api:
        return 0
    day = quotas.day_of(now, order.zone)
    return quotas.room(order.account_id, way.api, day, way.daily_limit) * way.most


# --- deciding ----------------------------------------------------------------------------------


def decide(
    order: Order, rows: Sequence[SendRow], rooms: dict[Channel, int], now: datetime
) -> Iterator[Decision]:
    """A verdict for each row, in the ledger's order. What one row takes, the next one misses.

    rooms   calls left by channel; a channel that is not named has room enough
    """
    people = crowd(order, [row.follower_id for row in rows], now, marketing=_marketing(rows))
    codes = sends.code_states([int(row.subject) for row in rows if row.subject])
    bench, purse = _Bench(order, people, rooms, now), open_purse(order)
    several = len(people.of) < len(rows)  # somebody has a second row here
    for row in rows:
        verdict, reasons = bench.judge(row)
        if order.choices and not (row.batch_id or row.subject) and isinstance(verdict, Channel):
            verdict, reasons = Skip.NO_OFFER, {}
        if row.subject or purse is not None:
            judged = verdict
            verdict = (_about_code(row, codes, now) if row.subject else None) or verdict
            verdict = purse.allow(row, verdict, now) if purse is not None else verdict
            reasons = reasons if verdict is judged else bench.why(row, verdict)
        yield Decision(row, verdict, reasons)
        if isinstance(verdict, Channel):
            if rooms:
                bench.take(verdict)
            if several:
                people.spend(row.follower_id, verdict, bench.policies[row.step].purpose)


class _Bench:
    """Judges rows; who is of the same kind gets the same verdict, until a channel is used up."""

    def __init__(
        self, order: Order, people: Crowd, rooms: dict[Channel, int], now: datetime
    ) -> None:
        self.people, self.rooms, self.now = people, rooms, now
        self.policies = _Policies(order)
        self._exhausted = {channel for channel, left in rooms.items() if left <= 0}
        self._known: dict[tuple[int, str], tuple[Verdict, dict[str, Any]]] = {}

    def judge(self, row: SendRow) -> tuple[Verdict, dict[str, Any]]:
        """The verdict and the figures behind it."""
        key = (self.people.of[row.follower_id], row.step)
        found = self._known.get(key)
        if found is None:
            recipient, policy = self.people.kinds[key[0]], self.policies[row.step]
            verdict = judge(recipient, policy, self.now, self._exhausted)
            found = (verdict, because(verdict, recipient, policy, self.now))
            self._known[key] = found
        return found

    def why(self, row: SendRow, verdict: Verdict) -> dict[str, Any]:
        recipient = self.people.kinds[self.people.of[row.follower_id]]
        return because(verdict, recipient, self.policies[row.step], self.now)

    def take(self, channel: Channel) -> None:
        """A call less."""
        self.rooms[channel] -= 1
        if self.rooms[channel] <= 0:
            self._exhausted.add(channel)
            self._known.clear()


class _Policies(dict[str, Policy]):
    """By step, made where it is asked for."""

    def __init__(self, order: Order) -> None:
        self._order = order

    def __missing__(self, step: str) -> Policy:
        self[step] = policy = self._order.policy(step)
        return policy


def _marketing(rows: Sequence[SendRow]) -> bool:
    return any(row.purpose == Purpose.MARKETING for row in rows)


def _about_code(
    row: SendRow, codes: dict[int, tuple[str, datetime | None]], now: datetime
) -> Skip | None:
    """A notice about a coupon is pointless once the coupon is used or over."""
    state, expires_at = codes.get(int(row.subject), ("", None))
    if state == CodeState.REDEEMED:
        return Skip.ALREADY_REDEEMED
    over = expires_at is not None and expires_at <= now
    return Skip.EXPIRED if state != CodeState.ISSUED or over else None


def _kept_apart(decision: Decision, lease: timedelta, now: datetime) -> Decision:
    """A row that may have been sent goes again only while the platform still drops repeats."""
    row = decision.row
    if _repeatable(row, decision.verdict, now + lease):
        return decision
    return Decision(row, SendState.UNKNOWN, {})


def _repeatable(row: SendRow, verdict: object, latest: datetime) -> bool:
    """`latest`: when it may leave at the latest, the claim's lease considered."""
    span = CHANNELS[verdict].duplicate_span if isinstance(verdict, Channel) else None
    first = row.first_claimed_at
    return span is not None and first is not None and latest < first + span


# --- writing -----------------------------------------------------------------------------------


def _write(
    order: Order, decisions: Sequence[Decision], owner: str, lease_until: datetime, now: datetime
) -> Claim:
    """Act on the decisions: a handful of statements for all of them."""
    codes = _reserve(decisions, lease_until, now)
    final = [_with_stock(decision, codes) for decision in decisions] if codes else decisions
    skips = [(d.row.id, d.verdict, d.reasons) for d in final if isinstance(d.verdict, Skip)]
    delays = [(d.row.id, d.verdict.until) for d in final if isinstance(d.verdict, Delay)]
    unknown = [(d.row.id, None, NOT_RESENT) for d in final if d.verdict is SendState.UNKNOWN]
    entries = _entries(final, codes)
    sends.skip(skips, now)
    sends.delay(delays)
    sends.settle(unknown, SendState.UNKNOWN, now)
    if not BATCHED.isdisjoint(order.channels()):
        entries, batched = parted(entries)
        join(order, batched, now)
    sends.claim(entries, owner, lease_until, now)
    _spend(order, entries, now)
    rows = tuple(_claimed(entry, owner, now) for entry in entries)
    done = Done(skipped=len(skips), unknown=len(unknown))
    send_progress.note(order.campaign_id, order.generation, done, now)
    return Claim(rows, len(decisions), len(skips), len(delays))


def _reserve(
    decisions: Sequence[Decision], until: datetime, now: datetime
) -> dict[str, CodeRef | Skip]:
    wants: dict[int, list[tuple[int, str]]] = {}
    for decision in decisions:
        row = decision.row
        if row.batch_id is not None and isinstance(decision.verdict, Channel):
            wants.setdefault(row.batch_id, []).append((row.follower_id, row.coupon_purpose))
    found: dict[str, CodeRef | Skip] = {}
    for batch_id, asked in wants.items():
        found |= coupons.reserve_many(batch_id, asked, until, now)
    return found


def _with_stock(decision: Decision, codes: Mapping[str, CodeRef | Skip]) -> Decision:
    if not isinstance(decision.verdict, Channel):
        return decision
    code = codes.get(decision.row.coupon_purpose)
    return Decision(decision.row, code, {}) if isinstance(code, Skip) else decision


def _entries(
    decisions: Sequence[Decision], codes: Mapping[str, CodeRef | Skip]
) -> list[ClaimEntry]:
    """What to write into the rows that may go, those of one channel in a stretch where they are."""
    entries: list[ClaimEntry] = []
    for verdict, alike in groupby(decisions, key=_VERDICT):
        if not isinstance(verdict, Channel):
            continue
        repeats_known = CHANNELS[verdict].duplicate_span is not None
        for row, _, reasons in alike:
            client_id = (row.client_id or f"send-{row.id}") if repeats_known else ""
            code = codes.get(row.coupon_purpose) if codes else None
            entries.append(ClaimEntry(row, verdict, client_id, getattr(code, "id", None), reasons))
    return entries


def _spend(order: Order, entries: Sequence[ClaimEntry], now: datetime) -> None:
    """Windows and quotas. Raises QuotaShort."""
    by: dict[Channel, list[ClaimEntry]] = {}
    for channel, stretch in groupby(entries, key=_CHANNEL):
        by.setdefault(Channel(channel), []).extend(stretch)
    windowed = [claimed for channel, claimed in by.items() if CHANNELS[channel].needs_window]
    sends.spend_windows([entry.row.follower_id for claimed in windowed for entry in claimed])
    spend(order, by)
    spend_budget(order, entries)
    day = quotas.day_of(now, order.zone)
    for channel, claimed in by.items():
        api = CHANNELS[channel].api
        if not quotas.take(order.account_id, api, day, len(claimed)):
            raise QuotaShort(f"the quota of {api} has no room for {len(claimed)}")


# One after another: a dict of hundreds of members of an enum would hash each of them, slowly.
_VERDICT, _CHANNEL = attrgetter("verdict"), attrgetter("channel")


def _claimed(entry: ClaimEntry, owner: str, now: datetime) -> SendRow:
    """The row as the database now has it."""
    row = entry.row
    # Spelt out: `_replace` takes five times as long, and this runs for every send.
    return SendRow(
        row.id,
        row.campaign_id,
        row.generation,
        row.step,
        row.follower_id,
        SendState.CLAIMED,
        row.purpose,
        row.variant,
        entry.channel,
        row.batch_id,
        entry.coupon_code,
        row.subject,
        entry.client_id,
        row.msgid,
        owner,
        row.attempts + 1,
        now,
        row.first_claimed_at or now,
    )

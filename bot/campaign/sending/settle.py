"""Settling: what an answer means for its row, and what follows for coupon, window and campaign.

An answer that nobody can read (`OutcomeUnknown`) is never taken for a failure. Everything else that
went wrong says that the message was certainly not sent, so what the claim took is given back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import NamedTuple

from bot.campaign.permission import purse
from bot.campaign.permission.order import Order
from bot.campaign.permission.policy import next_day
from bot.campaign.permission.rights import give_back
from bot.campaign.states import CampaignStatus, move
from bot.channels.registry import CHANNELS
from bot.errors import (
    GatewayDown,
    GatewayError,
    MessageRefused,
    OutcomeUnknown,
    QuotaExhausted,
    RequestRejected,
    TokenRejected,
    UserUnreachable,
)
from bot.store import coupons, quotas, segments, send_progress, sends
from bot.store.db import again, transaction
from bot.store.send_progress import Done
from bot.store.sends import SendRow
from bot.values.audience import Channel, SendState

MOST_ATTEMPTS = 5
BACK_OFF = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600))
# An unknown coupon stays its follower's until the message can no longer turn up.
UNKNOWN_KEPT = timedelta(days=30)


class Result(NamedTuple):
    """A claimed row and the answer to its call. `error` None: accepted.

    handed_over   False: the call never left this process, there is no answer
    """

    row: SendRow
    error: GatewayError | None = None
    msgid: str = ""
    handed_over: bool = True


class Fate(Enum):
    """What becomes of a row."""

    SENT = auto()
    FAILED = auto()
    UNKNOWN = auto()
    AGAIN = auto()  # certainly not sent
    REPEAT = auto()  # perhaps sent: only with the same duplicate id


@dataclass(frozen=True, slots=True)
class Settled:
    """How a batch ended. `stop`: the rest of the campaign had better wait."""

    sent: int = 0
    failed: int = 0
    unknown: int = 0
    again: int = 0
    stop: bool = False


def fate_of(result: Result, reset: datetime, now: datetime) -> tuple[Fate, datetime]:
    """What becomes of the row, and from when it may be tried again (`now` where it is not).

    A refusal of a repeat says nothing about the first sending, which may have arrived: the row goes
    again while the platform still knows its id, and is unknown after that.

    reset   when the platform's daily quotas start anew
    """
    fate, at = _fate_of_this(result, reset, now)
    if not in_doubt(result.row) or fate in (Fate.SENT, Fate.UNKNOWN, Fate.REPEAT):
        return fate, at
    if fate is Fate.AGAIN and repeatable(result.row, at):
        return Fate.REPEAT, at
    return Fate.UNKNOWN, now


def in_doubt(row: SendRow) -> bool:
    """A sending before this one may have arrived: only then its first claim is remembered."""
    return row.claimed_at != row.first_claimed_at


def _fate_of_this(result: Result, reset: datetime, now: datetime) -> tuple[Fate, datetime]:
    """The same, as if this sending were the only one."""
    row, tries = result.row, result.row.attempts
    pause = BACK_OFF[min(tries, len(BACK_OFF)) - 1]
    if not result.handed_over:
        # A repeat that did not leave keeps its id: the first sending may have arrived.
        return (Fate.REPEAT if in_doubt(row) else Fate.AGAIN), now
    match result.error:
        case None:
            return Fate.SENT, now
        case OutcomeUnknown():
            again = now + BACK_OFF[0]
            return (Fate.REPEAT, again) if repeatable(row, again) else (Fate.UNKNOWN, now)
        case UserUnreachable() | MessageRefused():
            return Fate.FAILED, now
        case QuotaExhausted():
            return Fate.AGAIN, reset
        case GatewayDown() | TokenRejected():
            # Nothing is wrong with the message: soon again, until the campaign's deadline.
            return Fate.AGAIN, now + min(pause, BACK_OFF[1])
        case RequestRejected():
            return (Fate.AGAIN, now) if tries < MOST_ATTEMPTS else (Fate.FAILED, now)
    return (Fate.AGAIN, now + pause) if tries < MOST_ATTEMPTS else (Fate.FAILED, now)


def repeatable(row: SendRow, at: datetime) -> bool:
    """The platform still drops a repeat of this row's message at `at`, with a minute to spare."""
    span = CHANNELS[Channel(row.channel)].duplicate_span
    if span is None or row.first_claimed_at is None or row.attempts >= MOST_ATTEMPTS:
        return False
    return at + timedelta(minutes=1) < row.first_claimed_at + span


def settle(order: Order, owner: str, results: Sequence[Result], now: datetime) -> Settled:
    """Write what became of rows that `owner` claimed. A row that went on meanwhile stays.

    Nearly always all rows are still the owner's, so that is only looked at where it turns out not
    to be so. Not to be called inside a transaction.
    """
    try:
        return _settle(order, owner, results, now, looked=False)
    except NotAllHeld:
        return _settle(order, owner, results, now, looked=True)


class NotAllHeld(Exception):
    """Some row of the batch has gone on; nothing was written."""


@again
def _settle(
    order: Order, owner: str, results: Sequence[Result], now: datetime, *, looked: bool
) -> Settled:
    """`looked`: which rows are the owner's is read and held first. Else raises NotAllHeld."""
    reset = next_day(now, order.zone)
    with transaction():
        by: dict[Fate, list[Result]] = {fate: [] for fate in Fate}
        accepted = [r for r in results if r.error is None and r.handed_over]
        by[Fate.SENT] = _sent(accepted, owner, now, looked=looked)
        open_yet = [r for r in results if r.error is not None or not r.handed_over]
        rest = _mine(open_yet, owner)
        fates = [(r, *fate_of(r, reset, now)) for r in rest]
        for result, fate, _ in fates:
            by[fate].append(result)
        purse.give_back(order, [r.row for r in by[Fate.FAILED] + by[Fate.AGAIN]])
        _write(by, now)
        sends.put_back(
            (r.row.id, at, fate is Fate.REPEAT, *_words(r))
            for r, fate, at in fates
            if fate in (Fate.AGAIN, Fate.REPEAT)
        )
        _follow_up(by)
        give_back([(r.row, _words(r)[0]) for r in by[Fate.FAILED] + by[Fate.AGAIN]], now)
        _believe(order, rest, now)
        done = _done(by)
        send_progress.note(order.campaign_id, order.generation, done, now)
    stop = any(isinstance(r.error, _STOPPING) for r in rest)
    return Settled(done.sent, done.failed, done.unknown, done.again, stop)


def _sent(accepted: list[Result], owner: str, now: datetime, *, looked: bool) -> list[Result]:
    """Settle these; those that are not the owner's any more are left out."""
    plain = [] if looked else [r for r in accepted if not r.msgid]
    if plain and not sends.settle_held([r.row for r in plain], owner, now):
        raise NotAllHeld
    if len(plain) == len(accepted):
        return plain
    mine = _mine([r for r in accepted if looked or r.msgid], owner)
    sends.settle_sent(((r.row.id, r.msgid) for r in mine), now)
    return plain + mine


def _mine(results: list[Result], owner: str) -> list[Result]:
    """Those whose rows are as the owner claimed them, now locked."""
    held = sends.held([result.row for result in results], owner)
    return [result for result in results if result.row.id in held]


def _done(by: dict[Fate, list[Result]]) -> Done:
    again = len(by[Fate.AGAIN]) + len(by[Fate.REPEAT])
    return Done(len(by[Fate.SENT]), len(by[Fate.FAILED]), len(by[Fate.UNKNOWN]), again)


_STOPPING = (RequestRejected, QuotaExhausted, GatewayDown, TokenRejected)


def _write(by: dict[Fate, list[Result]], now: datetime) -> None:
    sends.settle(((r.row.id, *_words(r)) for r in by[Fate.FAILED]), SendState.FAILED, now)
    sends.settle(((r.row.id, *_words(r)) for r in by[Fate.UNKNOWN]), SendState.UNKNOWN, now)
    coupons.hand_over(_coupon_purposes(by[Fate.SENT]), now)
    coupons.extend_many(_coupon_purposes(by[Fate.UNKNOWN]), now + UNKNOWN_KEPT)
    refused = by[Fate.FAILED] + by[Fate.UNKNOWN]
    gone = [r.row.follower_id for r in refused if isinstance(r.error, UserUnreachable)]
    if gone:
        sends.mark_unreachable(gone, now)
        segments.mark_dirty(gone)


def _follow_up(by: dict[Fate, list[Result]]) -> None:
    """What was certainly not sent gives back its coupon and its part of the window."""
    not_sent = by[Fate.FAILED] + by[Fate.AGAIN]
    coupons.release_many(_coupon_purposes(not_sent))
    windowed = [r for r in not_sent if CHANNELS[Channel(r.row.channel)].needs_window]
    refused = [r.row for r in windowed if isinstance(r.error, MessageRefused)]
    sends.shut_windows(refused)
    sends.return_windows(r.row for r in windowed if not isinstance(r.error, MessageRefused))


def _believe(order: Order, results: Sequence[Result], now: datetime) -> None:
    """What the platform said about more than one message."""
    for result in results:
        if isinstance(result.error, QuotaExhausted):
            way = CHANNELS[Channel(result.row.channel)]
            day = quotas.day_of(now, order.zone)
            quotas.exhaust(order.account_id, way.api, day, way.daily_limit)
    rejected = next((r.error for r in results if isinstance(r.error, RequestRejected)), None)
    if rejected is not None:
        move(order.campaign_id, CampaignStatus.PAUSED, now, error=str(rejected))


def _coupon_purposes(results: Sequence[Result]) -> list[str]:
    return [r.row.coupon_purpose for r in results if r.row.coupon_code is not None]


def _words(result: Result) -> tuple[int | None, str]:
    error = result.error
    return (error.errcode, error.errmsg) if error is not None else (None, "")

"""Permission: pure, and asked in the transaction that claims the send.

Purpose decides which rules bind. A service notice answers the follower's own act: consent, opt-out,
caps and quiet hours are marketing's; being here, and not being blacklisted, bind both.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.campaign.definition import Definition
from bot.channels.registry import CHANNELS
from bot.clock import SHANGHAI
from bot.values.audience import Channel, FollowerState, Purpose, Skip


@dataclass(frozen=True, slots=True)
class Recipient:
    """A follower and the marketing sends of the last 24 hours, 7 and 30 days (claimed and unknown
    ones count: they may have arrived)."""

    follower: FollowerState
    sent_last_day: int = 0
    sent_last_7_days: int = 0
    sent_last_30_days: int = 0
    topic_refused: bool = False  # they do not want to hear about what the offer is about


@dataclass(frozen=True, slots=True)
class Policy:
    """What a run permits. `deadline`: what has not gone out by then is skipped."""

    purpose: Purpose = Purpose.MARKETING
    per_day: int | None = 1
    per_week: int | None = 2
    per_month: int | None = 4
    quiet_from: time | None = time(21)
    quiet_to: time | None = time(9)
    zone: ZoneInfo = SHANGHAI
    channels: tuple[Channel, ...] = (Channel.CUSTOMER_SERVICE,)
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delay:
    """Not now: at `until` it is asked again."""

    until: datetime


Verdict = Skip | Delay | Channel


def policy_of(definition: Definition, zone: ZoneInfo, deadline: datetime | None) -> Policy:
    rails = definition.guardrails
    return Policy(
        definition.purpose,
        rails.per_day,
        rails.per_week,
        rails.per_month,
        rails.quiet_from,
        rails.quiet_to,
        zone,
        definition.channels,
        deadline,
    )


def judge(
    recipient: Recipient, policy: Policy, now: datetime, exhausted: Container[Channel] = ()
) -> Verdict:
    """The channel to use, or why not, or when to ask again.

    exhausted   channels whose quota is used up for today
    """
    if policy.deadline is not None and now >= policy.deadline:
        return Skip.EXPIRED
    skip = skip_reason(recipient, policy, now)
    if skip is not None:
        return skip
    opening = next_opening(policy, now)
    if opening is not None:
        late = policy.deadline is not None and opening >= policy.deadline
        return Skip.QUIET_HOURS if late else Delay(opening)
    open_ways = usable(recipient.follower, policy.channels, now)
    if not open_ways:
        return Skip.NO_CHANNEL
    for channel in open_ways:
        if channel not in exhausted:
            return channel
    reset = next_day(now, policy.zone)
    late = policy.deadline is not None and reset >= policy.deadline
    return Skip.QUOTA if late else Delay(reset)


def skip_reason(recipient: Recipient, policy: Policy, now: datetime) -> Skip | None:
    """The first lasting rule that forbids this send, or None. Hour and channel come later."""
    follower = recipient.follower
    if follower.erased_at is not None:
        return Skip.ERASED
    if not follower.subscribed:
        return Skip.UNSUBSCRIBED
    if follower.blacklisted:
        return Skip.BLACKLISTED
    if policy.purpose is not Purpose.MARKETING:
        return None
    if follower.opted_out_at is not None:
        return Skip.OPTED_OUT
    if not follower.marketing_consent:
        return Skip.NO_CONSENT
    if recipient.topic_refused:
        return Skip.TOPIC_REFUSED
    if any(sent >= cap for _, sent, cap in _caps(recipient, policy)):
        return Skip.FREQUENCY_CAP
    return None


def _caps(recipient: Recipient, policy: Policy) -> Iterable[tuple[str, int, int]]:
    """(period, sent, cap) of the caps that are set."""
    counts = (
        ("1d", recipient.sent_last_day, policy.per_day),
        ("7d", recipient.sent_last_7_days, policy.per_week),
        ("30d", recipient.sent_last_30_days, policy.per_month),
    )
    return [(period, sent, cap) for period, sent, cap in counts if cap is not None]


def usable(
    follower: FollowerState, channels: Iterable[Channel], now: datetime
) -> tuple[Channel, ...]:
    """The channels that reach this follower now, in the marketer's order (cheapest first)."""
    window = (
        follower.window_until is not None
        and follower.window_until > now
        and follower.window_left > 0
    )
    return tuple(c for c in channels if window or not CHANNELS[c].needs_window)


def next_opening(policy: Policy, now: datetime) -> datetime | None:
    """When the present quiet hours end; None: it is not quiet. 09:00 itself is open.

    Wall times of the account's zone; where a clock change skips or repeats the opening, its first
    real instant counts.
    """
    quiet_from, quiet_to = policy.quiet_from, policy.quiet_to
    if quiet_from is None or quiet_to is None or policy.purpose is not Purpose.MARKETING:
        return None
    local = now.astimezone(policy.zone)
    clock = local.time().replace(tzinfo=None)
    if quiet_from < quiet_to:
        quiet, tomorrow = quiet_from <= clock < quiet_to, False
    else:
        quiet, tomorrow = clock >= quiet_from or clock < quiet_to, clock >= quiet_from
    if not quiet:
        return None
    day = local.date() + timedelta(days=1 if tomorrow else 0)
    opening = datetime.combine(day, quiet_to, policy.zone).astimezone(UTC)
    return opening if opening > now else now + timedelta(minutes=1)


def next_day(now: datetime, zone: ZoneInfo) -> datetime:
    """The next midnight of the zone: daily quotas start anew."""
    day = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(), zone).astimezone(UTC)


def because(
    verdict: Verdict, recipient: Recipient, policy: Policy, now: datetime
) -> dict[str, Any]:
    """The figures behind a verdict, kept with the send so that it can be asked: why, why not me."""
    follower = recipient.follower
    if verdict is Skip.FREQUENCY_CAP:
        full = [(p, sent, cap) for p, sent, cap in _caps(recipient, policy) if sent >= cap]
        return {"caps": {period: {"sent": sent, "cap": cap} for period, sent, cap in full}}
    if verdict is Skip.NO_CHANNEL:
        until = follower.window_until
        return {
            "window": "open" if until is not None and until > now else "closed",
            "window_left": follower.window_left,
        }
    if isinstance(verdict, Channel) and CHANNELS[verdict].needs_window:
        return {"window": follower.window_kind, "window_left": follower.window_left}
    return {}

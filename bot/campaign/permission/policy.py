"""Permission: pure, and asked in the transaction that claims the send.

Purpose decides which rules bind. A service notice answers the follower's own act: consent, opt-out,
caps and quiet hours are marketing's; being here, and not being blacklisted, bind both.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from bot.campaign.document.definition import Definition
from bot.campaign.document.parts import Rest, Variety
from bot.channels.planner import NO_RIGHTS, answers_only, open_ways
from bot.channels.registry import CHANNELS
from bot.clock import SHANGHAI
from bot.store.send_history import Past
from bot.values.audience import Channel, FollowerState, Purpose, Skip


@dataclass(frozen=True, slots=True)
class Recipient:
    """A follower and the marketing sends of the last 24 hours, 7 and 30 days (claimed and unknown
    ones count: they may have arrived).

    outranked_by   the campaign of higher priority that is to reach them, "" for none
    past           their marketing sends in the longer run; None: none, or no rule asks for it
    """

    follower: FollowerState
    sent_last_day: int = 0
    sent_last_7_days: int = 0
    sent_last_30_days: int = 0
    topic_refused: bool = False  # they do not want to hear about what the offer is about
    global_control: bool = False  # of the few who get no marketing at all
    outranked_by: str = ""
    no_content: bool = False  # no piece that is valid and in stock
    past: Past | None = None
    # Messages that they agreed to or that the month has room for: bot.channels.planner.open_ways
    rights: Mapping[Channel, int] = field(default_factory=dict)


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
    rest: Rest | None = None
    variety: Variety | None = None
    capped_waits: bool = False
    waits: bool = False  # for the follower's own act, where no channel reaches them now
    also_quiet: tuple[time, time] | None = None  # the house's quiet hours, beside those


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
        rails.rest,
        rails.variety,
        rails.when_capped == "wait",
        definition.opportunist or answers_only(definition.channels),
        rails.also_quiet,
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
    if skip is Skip.FREQUENCY_CAP and policy.capped_waits:
        tomorrow = next_day(now, policy.zone)
        late = policy.deadline is not None and tomorrow >= policy.deadline
        return skip if late else Delay(tomorrow)
    if skip is not None:
        return skip
    opening = next_opening(policy, now)
    if opening is not None:
        late = policy.deadline is not None and opening >= policy.deadline
        return Skip.QUIET_HOURS if late else Delay(opening)
    ways = usable(recipient.follower, policy.channels, now, recipient.rights)
    if not ways and policy.waits:
        return Delay(policy.deadline or next_day(now, policy.zone))
    if not ways:
        return Skip.NO_CHANNEL
    for channel in ways:
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
    if recipient.no_content:
        return Skip.NO_CONTENT
    if policy.purpose is not Purpose.MARKETING:
        return None
    if follower.opted_out_at is not None:
        return Skip.OPTED_OUT
    if not follower.marketing_consent:
        return Skip.NO_CONSENT
    if recipient.topic_refused:
        return Skip.TOPIC_REFUSED
    if recipient.global_control:
        return Skip.GLOBAL_CONTROL
    if any(sent >= cap for _, sent, cap in _caps(recipient, policy)):
        return Skip.FREQUENCY_CAP
    if recipient.past is not None and (skip := bored(recipient.past, policy, now)):
        return skip
    if recipient.outranked_by and room_for_one(recipient, policy):
        return Skip.OUTRANKED
    return None


def bored(past: Past, policy: Policy, now: datetime) -> Skip | None:
    """They have left the last messages unanswered, or have just had one about the same."""
    rest, variety = policy.rest, policy.variety
    silent = rest is not None and past.unanswered >= rest.after_unanswered
    if rest is not None and silent and now < past.last_at + timedelta(days=rest.days):
        return Skip.REST
    if variety is None or past.alike_at is None:
        return None
    return Skip.VARIETY if now < past.alike_at + timedelta(days=variety.same_topic_days) else None


def room_for_one(recipient: Recipient, policy: Policy) -> bool:
    """Whether a cap leaves room for a single message more."""
    return any(cap - sent == 1 for _, sent, cap in _caps(recipient, policy))


def _caps(recipient: Recipient, policy: Policy) -> Iterable[tuple[str, int, int]]:
    """(period, sent, cap) of the caps that are set."""
    counts = (
        ("1d", recipient.sent_last_day, policy.per_day),
        ("7d", recipient.sent_last_7_days, policy.per_week),
        ("30d", recipient.sent_last_30_days, policy.per_month),
    )
    return [(period, sent, cap) for period, sent, cap in counts if cap is not None]


def _bored_by(past: Past, policy: Policy) -> dict[str, Any]:
    rest, variety = policy.rest, policy.variety
    found: dict[str, Any] = {}
    if rest is not None:
        until = past.last_at + timedelta(days=rest.days)
        found |= {"unanswered": past.unanswered, "rests_until": until.isoformat()}
    if variety is not None and past.alike_at is not None:
        found["same_topic_at"] = past.alike_at.isoformat()
    return found


def usable(
    follower: FollowerState,
    channels: Iterable[Channel],
    now: datetime,
    rights: Mapping[Channel, int] = NO_RIGHTS,
) -> tuple[Channel, ...]:
    """The channels that reach this follower now, in the marketer's order (cheapest first)."""
    return open_ways(follower, rights, channels, now)


def next_opening(policy: Policy, now: datetime) -> datetime | None:
    """When the present quiet hours end; None: it is not quiet. 09:00 itself is open.

    Wall times of the account's zone; where a clock change skips or repeats the opening, its first
    real instant counts. Where the house's own begin before the campaign's end, they end later.
    """
    at = now
    for _ in range(_TURNS):
        later = [_opening(*span, policy.zone, at) for span in quiet_spans(policy)]
        if not any(later):
            break
        at = max(one for one in later if one is not None)
    return at if at > now else None


_TURNS = 3  # quiet all day by both together: at the end of a turn it is asked again


def quiet_spans(policy: Policy) -> list[tuple[time, time]]:
    """The campaign's own quiet hours and the house's; none bind but marketing."""
    if policy.purpose is not Purpose.MARKETING:
        return []
    begin, end = policy.quiet_from, policy.quiet_to
    own = [] if begin is None or end is None else [(begin, end)]
    return own if policy.also_quiet is None else [*own, policy.also_quiet]


@lru_cache(maxsize=64)  # a batch of hundreds asks it of one instant
def _opening(quiet_from: time, quiet_to: time, zone: ZoneInfo, now: datetime) -> datetime | None:
    local = now.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    if quiet_from < quiet_to:
        quiet, tomorrow = quiet_from <= clock < quiet_to, False
    else:
        quiet, tomorrow = clock >= quiet_from or clock < quiet_to, clock >= quiet_from
    if not quiet:
        return None
    day = local.date() + timedelta(days=1 if tomorrow else 0)
    opening = datetime.combine(day, quiet_to, zone).astimezone(UTC)
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
    if verdict is Skip.OUTRANKED:
        return {"campaign": recipient.outranked_by}
    if verdict in (Skip.REST, Skip.VARIETY) and recipient.past is not None:
        return _bored_by(recipient.past, policy)
    if verdict is Skip.NO_CHANNEL:
        until = follower.window_until
        return {
            "window": "open" if until is not None and until > now else "closed",
            "window_left": follower.window_left,
        }
    if isinstance(verdict, Channel) and CHANNELS[verdict].needs_window:
        return {"window": follower.window_kind, "window_left": follower.window_left}
    return {}

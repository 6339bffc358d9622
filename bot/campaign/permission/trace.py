"""A decision told step by step: each rule in the order in which `judge` asks, and its figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.campaign.permission.policy import (
    Delay,
    Policy,
    Recipient,
    because,
    judge,
    next_opening,
    skip_reason,
    usable,
)
from bot.values.audience import Purpose, Skip

BINDING = (Skip.ERASED, Skip.UNSUBSCRIBED, Skip.BLACKLISTED, Skip.NO_CONTENT)
OF_MARKETING = (
    Skip.OPTED_OUT,
    Skip.NO_CONSENT,
    Skip.TOPIC_REFUSED,
    Skip.GLOBAL_CONTROL,
    Skip.FREQUENCY_CAP,
    Skip.REST,
    Skip.VARIETY,
    Skip.OUTRANKED,
)


@dataclass(frozen=True, slots=True)
class Step:
    """`passed` None: not asked any more, as an earlier rule had decided."""

    rule: str
    passed: bool | None
    figures: dict[str, Any] = field(default_factory=dict)


def trace(recipient: Recipient, policy: Policy, now: datetime) -> list[Step]:
    """The rules that bind this purpose; the first that is not passed is what `judge` says."""
    rules = BINDING + (OF_MARKETING if policy.purpose is Purpose.MARKETING else ())
    asked = [Skip.EXPIRED, *rules, Skip.QUIET_HOURS, Skip.NO_CHANNEL]
    verdict = judge(recipient, policy, now)
    stop = _stop(recipient, policy, now)
    figures = because(stop or verdict, recipient, policy, now)
    if isinstance(verdict, Delay):
        figures = figures | {"until": verdict.until.isoformat()}
    steps, over = [], False
    for rule in asked:
        if over:
            steps.append(Step(rule, None))
            continue
        over = rule is stop
        steps.append(Step(rule, not over, figures if over else {}))
    return steps


def _stop(recipient: Recipient, policy: Policy, now: datetime) -> Skip | None:
    """The rule at which it ends, where it only delays as well."""
    if policy.deadline is not None and now >= policy.deadline:
        return Skip.EXPIRED
    skip = skip_reason(recipient, policy, now)
    if skip is not None:
        return skip
    if next_opening(policy, now) is not None:
        return Skip.QUIET_HOURS
    ways = usable(recipient.follower, policy.channels, now, recipient.rights)
    return None if ways else Skip.NO_CHANNEL

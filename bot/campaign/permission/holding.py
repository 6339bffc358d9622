"""Whom the house's rules of sending would hold back now, by a sample of those who follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from bot.campaign.document.house import quiet, rest
from bot.campaign.permission.limits import LOOKS_BACK, control_of
from bot.campaign.permission.order import zone_of
from bot.campaign.permission.policy import Policy, Recipient, next_opening, skip_reason
from bot.store import campaign_rules, drawn_list, effect_weeks, send_history, sends
from bot.store.campaign_rules import Rules
from bot.store.spans import spans
from bot.values.audience import FollowerState, Skip

SAMPLE = 1000  # 95 of 100 times within 3.1 points of the share of all


@dataclass(frozen=True, slots=True)
class Holding:
    """following  all who follow; `asked` of them, drawn at random, were judged
    held          who of these would get no marketing now, by reason, in the order of the rules
    opens_at      when quiet hours end; None: it is not quiet
    """

    following: int
    asked: int
    held: dict[Skip, int]
    opens_at: datetime | None

    @property
    def is_exact(self) -> bool:
        return self.asked == self.following


def holding(account_id: int, now: datetime) -> Holding:
    """The same people all day long, so that the figure moves only with what happened."""
    zone, rules = zone_of(account_id), campaign_rules.of(account_id)
    policy = Policy(
        per_day=rules.per_day, per_week=rules.per_week, per_month=rules.per_month,
        quiet_from=None, quiet_to=None, zone=zone, rest=rest(rules), also_quiet=quiet(rules),
    )  # fmt: skip
    rng = Random(f"{account_id}:{now.astimezone(zone):%Y-%m-%d}")
    people = drawn_list.drawn(account_id, SAMPLE, rng)
    found: Counter[Skip] = Counter()
    for part in spans(people):
        recipients = _recipients(account_id, part, rules, now)
        reasons = (skip_reason(one, policy, now) for one in recipients)
        found.update(one for one in reasons if one is not None)
    held = {reason: found[reason] for reason in Skip if found[reason]}
    following = effect_weeks.following(account_id)
    return Holding(following, len(people), held, next_opening(policy, now))


def _recipients(
    account_id: int, people: Sequence[FollowerState], rules: Rules, now: datetime
) -> list[Recipient]:
    ids = [one.id for one in people]
    counts = sends.marketing_counts(ids, now)
    past = send_history.past(ids, now - LOOKS_BACK, (), ()) if rest(rules) else {}
    control = control_of(account_id, zone_of(account_id), now)
    return [
        Recipient(
            one,
            *counts.get(one.id, (0, 0, 0)),
            global_control=control is not None and control.holds(one.id),
            past=past.get(one.id),
        )
        for one in people
    ]

"""The house's rules of sending beside a campaign's own: the stricter of the two holds. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

from bot.campaign.document.definition import Definition
from bot.campaign.document.parts import Guardrails, Rest, Variety
from bot.store.campaign_rules import Rules


def held(definition: Definition, rules: Rules) -> Definition:
    """The same campaign with guardrails no looser than the house's."""
    return replace(definition, guardrails=stricter(definition.guardrails, rules))


def stricter(rails: Guardrails, rules: Rules) -> Guardrails:
    """Lower caps, quiet hours of both, earlier and longer rest, more variety."""
    return replace(
        rails,
        per_day=_least(rails.per_day, rules.per_day),
        per_week=_least(rails.per_week, rules.per_week),
        per_month=_least(rails.per_month, rules.per_month),
        also_quiet=quiet(rules),
        rest=_rest(rails.rest, rest(rules)),
        variety=_variety(rails.variety, rules.same_topic_days),
    )


def quiet(rules: Rules) -> tuple[time, time] | None:
    """From, to; None: the house asks for none."""
    if not rules.quiet_from or not rules.quiet_to:
        return None
    return time.fromisoformat(rules.quiet_from), time.fromisoformat(rules.quiet_to)


def rest(rules: Rules) -> Rest | None:
    if rules.rest_after is None or rules.rest_days is None:
        return None
    return Rest(rules.rest_after, rules.rest_days)


def _least(own: int | None, house: int | None) -> int | None:
    return min((cap for cap in (own, house) if cap is not None), default=None)


def _rest(own: Rest | None, house: Rest | None) -> Rest | None:
    if own is None or house is None:
        return own or house
    after = min(own.after_unanswered, house.after_unanswered)
    return Rest(after, max(own.days, house.days))


def _variety(own: Variety | None, days: int | None) -> Variety | None:
    if days is None:
        return own
    return Variety(max(days, own.same_topic_days if own else 0))

"""What other systems say about a follower: when a tag ends, and among how many friends he is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.errors import InvalidInput
from bot.profile.noting import MOST_TAG_DAYS
from bot.profile.social import MOST_FRIENDS, MOST_TOPICS, read_friends

Facts = Mapping[str, Any]


def tag_end(facts: Facts) -> dict[str, Any]:
    """`until` (ISO 8601 with its zone; kept as ms) or `days` after the event; {} for a tag that
    stays. Raises InvalidInput: both, neither's form, or of a tag that is taken away."""
    until, days = facts.get("until"), facts.get("days")
    if until is None and days is None:
        return {}
    if facts.get("on", True) is not True:
        raise InvalidInput("only a tag that is given can end", "facts.until")
    if until is not None and days is not None:
        raise InvalidInput("until or days, not both", "facts.until")
    if until is None:
        if type(days) is not int or not 0 < days <= MOST_TAG_DAYS:
            raise InvalidInput(f"1 to {MOST_TAG_DAYS} days", "facts.days")
        return {"days": days}
    try:
        return {"until": max(0, to_ms(datetime.fromisoformat(until)))}
    except (TypeError, ValueError, OverflowError):
        raise InvalidInput("an instant such as 2026-11-21T12:00:00+08:00", "facts.until") from None


def friends(facts: Facts) -> dict[str, Any]:
    """{count, shared: {topic: how many of them}}. Raises InvalidInput."""
    if extra := sorted(set(facts) - {"count", "shared"}):
        raise InvalidInput("only count and shared: no friend is named", f"facts.{extra[0][:32]}")
    told = read_friends(dict(facts))
    if told is None:
        raise InvalidInput(
            f"count 0..{MOST_FRIENDS}, and shared: up to {MOST_TOPICS} topics, each with how many"
            " of these friends",
            "facts",
        )
    return told

"""A small world for segments: followers, what they do, and the members by three ways."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from bot.clock import from_ms
from bot.profile.refresh import fold_new
from bot.segment.evaluate import evaluate, needs
from bot.segment.plan import plans_of
from bot.segment.sql import compile
from bot.store import accounts, audience, events, follower_facts
from bot.store import segments as store
from bot.store.db import dialect
from tests.conftest import NOON, a_follower

_numbers = count(1)


def an_account() -> int:
    number = next(_numbers)
    return accounts.add(f"a{number}", f"wx{number:016}", "s", "t", "", "service", NOON)


def somebody(account_id: int, **changes: Any) -> int:
    return a_follower(account_id, f"o-{next(_numbers)}", **changes)


def did(
    follower_id: int, kind: str, at: datetime, now: datetime | None = None, **facts: Any
) -> None:
    """Append an event; `now` is when it reached us."""
    account_id = follower_facts.load([follower_id], needs([], at))[0].account_id
    events.append(
        account_id,
        follower_id,
        kind,
        at=at,
        received_at=now or at,
        source="import",
        key=f"e{next(_numbers)}",
        facts=facts,
    )


def folded(now: datetime) -> None:
    while fold_new(now):
        pass


def held(account_id: int) -> dict[str, set[int]]:
    """Members as kept."""
    return {
        state.slug: set(store.member_ids(state.id, 0, 10_000))
        for state in store.of_account(account_id)
    }


def brute(account_id: int, follower_ids: list[int], now: datetime) -> dict[str, set[int]]:
    """Members by evaluating everybody, inner segments from their own evaluation."""
    plans = plans_of(account_id, now, full=False).plans
    everybody = follower_facts.load(follower_ids, needs([p.rule for p in plans], now))
    found: dict[str, set[int]] = {}
    for facts in everybody:
        facts.segments = set()
    for plan in plans:
        slug = plan.state.slug
        found[slug] = {f.id for f in everybody if evaluate(plan.rule, f, now).matches}
        for facts in everybody:
            if facts.id in found[slug]:
                facts.segments.add(slug)
    return found


def by_sql(account_id: int, now: datetime) -> dict[str, set[int]]:
    """Members by one statement each."""
    return {
        plan.state.slug: set(audience.ids_of(*compile(plan.rule, now, account_id, dialect())))
        for plan in plans_of(account_id, now, full=False).plans
    }


def sizes(account_id: int) -> dict[str, int]:
    return {state.slug: state.size for state in store.of_account(account_id)}


def turns(account_id: int, follower_ids: list[int], now: datetime) -> list[datetime]:
    """Instants at which some verdict may change by time alone, soonest first."""
    plans = plans_of(account_id, now, full=False).plans
    everybody = follower_facts.load(follower_ids, needs([p.rule for p in plans], now))
    found = {evaluate(plan.rule, facts, now).until for plan in plans for facts in everybody}
    return sorted(until for until in found if until is not None)


def ms(number: int) -> timedelta:
    return from_ms(number) - from_ms(0)

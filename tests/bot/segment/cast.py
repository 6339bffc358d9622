"""A small world for segments: followers, what they do, and the members by three ways."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from bot.clock import from_ms
from bot.coupon import redeeming
from bot.coupon import service as coupon_service
from bot.profile.refresh import fold_new
from bot.segment.evaluate import evaluate, needs
from bot.segment.plan import plans_of
from bot.segment.sql import compile
from bot.store import (
    accounts,
    audience,
    campaigns,
    coupons,
    events,
    follower_facts,
    links,
    send_plan,
    sends,
)
from bot.store import segments as store
from bot.store.db import dialect, fetch, transaction
from bot.store.send_plan import Sheet
from bot.values.audience import Purpose, SendState, Skip
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


BATCH, CAMPAIGN = "b0", "k0"


def an_offer(account_id: int) -> None:
    """A coupon batch whose codes last ten days, and a campaign."""
    batch = coupons.create_batch(
        account_id, BATCH, "券", face_value_fen=500, per_person=9, valid_seconds=864_000, now=NOON
    )
    coupons.add_codes(batch, [f"C{account_id}X{number}" for number in range(60)])
    campaigns.create(account_id, CAMPAIGN, "活动", {}, NOON)


def coupon(account_id: int, follower_id: int, word: str, now: datetime) -> None:
    """He gets a coupon, opens or redeems the first that he holds, or the house's sweep goes by."""
    if word == "issued":
        coupon_service.issue_for_event(account_id, follower_id, BATCH, next(_numbers), now)
        return
    if word == "swept":
        coupon_service.sweep(now)
        return
    held = coupons.usable_by(follower_id, now)
    if held and word == "claimed":
        coupon_service.claim(held[0].code_id, now)
    elif held:
        code = coupons.code_text(held[0].code_id)
        redeeming.redeem(
            code, order_number=f"n{next(_numbers)}", amount_fen=900, now=now, account_id=account_id
        )


def sending(account_id: int, follower_id: int, word: str, variant: str, now: datetime) -> None:
    """A ledger row is written for him, or his latest one goes on."""
    campaign = campaigns.by_slug(account_id, CAMPAIGN)
    if word in ("planned", "held_out"):
        state = SendState.HELD_OUT if word == "held_out" else SendState.INTENDED
        number = next(_numbers)
        sheet = Sheet(campaign.id, number, "offer", Purpose.MARKETING, None, now, now)
        with transaction():
            send_plan.write(sheet, state, "" if word == "held_out" else variant, [follower_id])
        return
    rows = fetch("SELECT MAX(id) FROM send WHERE follower_id = ?", (follower_id,))
    if rows[0][0] is None:
        return
    with transaction():
        _go_on(campaign.id, follower_id, rows[0][0], word, now)


def _go_on(campaign_id: int, follower_id: int, send_id: int, word: str, now: datetime) -> None:
    if word == "sent":
        sends.settle_sent([(send_id, "")], now)
    elif word == "failed":
        sends.settle([(send_id, None, "")], SendState.FAILED, now)
    elif word == "skipped":
        sends.skip([(send_id, Skip.QUOTA, {})], now)
    else:
        link = links.link_for(campaign_id, "/h5/x", now)
        tap = links.tapped(link, send_id, follower_id)
        assert tap is not None
        links.record_tap(tap, now, "", "scanner" if word == "scanned" else "")
        if word == "bought":
            did(follower_id, "order", now, amount_fen=700)
            event = fetch("SELECT MAX(id) FROM event WHERE follower_id = ?", (follower_id,))
            coupons.credit(send_id, event[0][0], now, 700)


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

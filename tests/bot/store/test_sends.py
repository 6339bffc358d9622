"""The ledger's own rules: unique rows, caps counted, leases, quotas."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.campaign.permission.order import load
from bot.campaign.planning import plan
from bot.campaign.sending.claim import claim
from bot.store import campaigns, quotas, send_plan, sends
from bot.store.db import Store, transaction
from bot.store.models import Follower, Send
from bot.store.send_plan import Sheet
from bot.values.audience import Purpose, SendState, Skip
from tests.bot.campaign.world import World, found_world
from tests.conftest import NOON

API = "message/custom/send"
LEASE = timedelta(minutes=2)


@pytest.fixture
def world(any_store: Store) -> World:
    return found_world(any_store, followers=5)


def a_sheet(world: World, **changes) -> Sheet:
    made = world.create(**changes)
    return Sheet(made.id, 1, "offer", Purpose.MARKETING, None, NOON, NOON)


def planned(world: World, **changes) -> int:
    made = world.begin(**changes)
    plan.begin(campaigns.get(made.id), world.now)
    plan.plan(made.id, "https://h.example", world.now)
    return made.id


def test_one_row_for_each_campaign_generation_step_and_follower(world: World):
    sheet = a_sheet(world)
    assert send_plan.write(sheet, SendState.INTENDED, "a", [1, 2, 3]) == 3
    assert send_plan.write(sheet, SendState.INTENDED, "b", [2, 3, 4]) == 1
    assert {row.follower_id: row.variant for row in Send.select()} == {
        1: "a", 2: "a", 3: "a", 4: "b",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        pytest.param({"hours": 23, "minutes": 59}, (1, 1, 1), id="within a day"),
        pytest.param({"hours": 24}, (0, 1, 1), id="a day ago to the millisecond"),
        pytest.param({"days": 7}, (0, 0, 1), id="a week ago"),
        pytest.param({"days": 30}, None, id="a month ago"),
    ],
)
def test_marketing_sends_are_counted_over_rolling_spans(world: World, ago, expected):
    sheet = a_sheet(world)
    send_plan.write(sheet, SendState.SENT, "a", [1])
    Send.update(claimed_at=NOON - timedelta(**ago)).execute()
    assert sends.marketing_counts([1, 2], NOON).get(1) == expected


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (SendState.SENT, True),
        (SendState.CLAIMED, True),
        (SendState.UNKNOWN, True),
        (SendState.FAILED, False),
        (SendState.SKIPPED, False),
        (SendState.INTENDED, False),
        (SendState.HELD_OUT, False),
    ],
)
def test_what_may_have_arrived_counts_against_the_cap(world: World, state, counts):
    send_plan.write(a_sheet(world), state, "a", [1])
    Send.update(claimed_at=NOON - timedelta(hours=1)).execute()
    assert (1 in sends.marketing_counts([1], NOON)) is counts


def test_service_notices_do_not_count(world: World):
    send_plan.write(a_sheet(world), SendState.SENT, "a", [1])
    Send.update(claimed_at=NOON, purpose="service").execute()
    assert sends.marketing_counts([1], NOON) == {}


def test_a_claim_takes_what_is_due_in_order_up_to_the_limit(world: World):
    campaign_id = planned(world)
    order = load(campaign_id, "", NOON)
    first = claim(order, "me", 3, LEASE, NOON)
    second = claim(order, "me", 3, LEASE, NOON)
    assert [row.follower_id for row in first.rows + second.rows] == [1, 2, 3, 4, 5]
    assert claim(order, "me", 3, LEASE, NOON).looked == 0


def test_a_claim_writes_who_until_when_and_why(world: World):
    campaign_id = planned(world)
    claim(load(campaign_id, "", NOON), "me", 1, LEASE, NOON)
    row = Send.get(Send.state == "claimed")
    assert (row.claimed_by, row.attempts, row.channel) == ("me", 1, "customer_service")
    assert (row.claimed_at, row.first_claimed_at, row.lease_until) == (NOON, NOON, NOON + LEASE)
    assert row.reasons == {"window": "message", "window_left": 5}
    assert row.coupon_code is not None


def test_a_skip_is_final_and_keeps_its_figures(world: World):
    Follower.update(window_left=0).execute()
    campaign_id = planned(world)
    order = load(campaign_id, "", NOON)
    assert claim(order, "me", 9, LEASE, NOON).skipped == 5
    Follower.update(window_left=5).execute()
    assert claim(order, "me", 9, LEASE, NOON).looked == 0
    row = Send.get()
    assert (row.skip, row.reasons) == (Skip.NO_CHANNEL, {"window": "open", "window_left": 0})


def test_permission_is_asked_at_the_claim_not_at_the_planning(world: World):
    campaign_id = planned(world)
    Follower.update(opted_out_at=NOON).where(Follower.id == 2).execute()
    claimed = claim(load(campaign_id, "", NOON), "me", 9, LEASE, NOON)
    assert [row.follower_id for row in claimed.rows] == [1, 3, 4, 5]


def test_a_failed_claim_takes_nothing(world: World, monkeypatch):
    campaign_id = planned(world)
    monkeypatch.setattr(quotas, "take", lambda *args: False)
    with pytest.raises(Exception, match="quota"):
        claim(load(campaign_id, "", NOON), "me", 9, LEASE, NOON)
    assert world.states() == {"intended": 5}
    assert world.stock() == {"available": 100}
    assert {f.window_left for f in Follower.select()} == {5}


# --- quotas ------------------------------------------------------------------------------------


def test_a_quota_is_never_overdrawn(world: World):
    with transaction():
        assert quotas.room(world.account_id, API, "2026-11-21", 10) == 10
        assert quotas.take(world.account_id, API, "2026-11-21", 7)
        assert not quotas.take(world.account_id, API, "2026-11-21", 4)
        assert quotas.take(world.account_id, API, "2026-11-21", 3)
        assert quotas.room(world.account_id, API, "2026-11-21", 10) == 0
    assert quotas.left(world.account_id, API, "2026-11-22", 10) == 10


def test_a_claim_stops_at_the_quota_and_goes_on_after_midnight(world: World):
    rails = {"quiet_hours": None}
    campaign_id = planned(world, guardrails=rails)
    quotas.room(world.account_id, API, "2026-11-21", 2)
    order = load(campaign_id, "", NOON)
    first = claim(order, "me", 9, LEASE, NOON)
    assert (len(first.rows), first.delayed) == (2, 3)
    midnight = NOON + timedelta(hours=12)
    assert claim(order, "me", 9, LEASE, midnight - timedelta(seconds=1)).looked == 0
    assert len(claim(order, "me", 9, LEASE, midnight).rows) == 3


def test_the_platforms_word_beats_our_count(world: World):
    quotas.exhaust(world.account_id, API, "2026-11-21", 500)
    assert quotas.left(world.account_id, API, "2026-11-21", 500) == 0


def test_a_day_is_the_accounts_day():
    shanghai = ZoneInfo("Asia/Shanghai")
    assert quotas.day_of(NOON + timedelta(hours=11, minutes=59), shanghai) == "2026-11-21"
    assert quotas.day_of(NOON + timedelta(hours=12), shanghai) == "2026-11-22"

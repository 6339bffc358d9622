"""How fast a run may go: the day's quota spread, the marketer's limit, the ramp, fair turns."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import campaign
from bot.campaign.permission.policy import Policy
from bot.campaign.sending import pacing
from bot.campaign.sending.fair import Shares, weight_of
from bot.campaign.sending.pacing import Ramp, quota_rate, time_left
from bot.campaign.sending.turn import Turn
from bot.clock import SHANGHAI
from bot.store import quotas, send_pace
from bot.store.db import Store
from bot.store.models import SendPace
from bot.values.audience import Purpose
from tests.bot.campaign.world import World, found_world
from tests.conftest import NOON

HOUR = timedelta(hours=1)


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-21T{clock}").replace(tzinfo=SHANGHAI)


# --- arithmetic --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "changes", "expected"),
    [
        ("12:00", {}, 9 * HOUR),  # until 21:00, when it gets quiet
        ("20:59:30", {}, timedelta(minutes=1)),  # never less than a minute
        ("21:00", {}, 3 * HOUR),  # quiet by now: midnight, as the claim puts everything off
        ("12:00", {"quiet_from": None}, 12 * HOUR),
        ("12:00", {"purpose": Purpose.SERVICE}, 12 * HOUR),
        ("12:00", {"deadline": at("13:30")}, 1.5 * HOUR),
    ],
)
def test_the_hours_that_are_left_today(now: str, changes, expected):
    assert time_left(Policy(**changes), at(now)) == expected


@pytest.mark.parametrize(
    ("waiting", "calls_left", "hours", "a_second"),
    [
        (50_000, 500_000, 10, None),  # an hour's share: no hurry to slow down
        (50_001, 500_000, 10, 500_000 / 36_000),
        (600_000, 500_000, 10, 500_000 / 36_000),  # the rest goes tomorrow
        (400_000, 500_000, 0.5, None),  # the last hour is no smaller than an hour
        (10, 0, 10, None),  # nothing left: the claim puts it off, no pace helps
    ],
)
def test_an_audience_beyond_an_hours_share_is_spread_over_the_hours(
    waiting: int, calls_left: int, hours: float, a_second: float | None
):
    assert quota_rate(waiting, calls_left, hours * HOUR) == a_second


@pytest.mark.parametrize(
    ("minute", "most"),
    [(-1, 100), (0, 100), (9.9, 100), (10, 500), (20, 2000), (29.9, 2000), (30, 10_000)],
)
def test_a_ramp_of_thirty_minutes(minute: float, most: int):
    ramp = Ramp(10_000, NOON, 30)
    assert ramp.most(NOON + timedelta(minutes=minute)) == most


def test_the_smallest_part_of_a_ramp_is_enough_to_judge_by():
    assert [Ramp(audience, NOON, 30).most(NOON) for audience in (5, 20, 100)] == [5, 20, 20]


# --- the bucket --------------------------------------------------------------------------------


@given(asked=st.lists(st.tuples(st.integers(0, 90_000), st.integers(0, 500)), max_size=12))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_stretch_carries_more_than_its_share_and_a_minutes_saving(store: Store, asked):
    """Against arithmetic: what went between two instants, for every pair of them."""
    SendPace.delete().execute()
    rate, now, went = 3.0, NOON, []
    for wait_ms, want in asked:
        now += timedelta(milliseconds=wait_ms)
        went.append((now, send_pace.take("quota:1", want, rate, now)))
    for i, (since, _) in enumerate(went):
        for until, _ in went[i:]:
            carried = sum(given for at_, given in went if since <= at_ <= until)
            span = (until - since).total_seconds()
            assert carried <= rate * (span + send_pace.SAVED_SECONDS) + 1


def test_a_bucket_is_one_for_all_and_takes_back(any_store: Store):
    def take(want: int, seconds: float = 0) -> int:
        return send_pace.take("campaign:7", want, 10.0, NOON + timedelta(seconds=seconds))

    assert [take(100), take(100)] == [10, 0]  # a new one holds a second's worth
    assert send_pace.wait_seconds("campaign:7", 10.0, NOON) == pytest.approx(0.1)
    assert take(8, 1) == 8
    send_pace.give_back("campaign:7", 5, 10.0)
    assert take(100, 1) == 7
    assert take(10_000, 3600) == 600  # an hour of rest saves up a minute's worth


def test_slower_than_one_a_minute_is_still_some_day(store: Store):
    slow = [send_pace.take("x", 5, 1 / 90, NOON + timedelta(seconds=s)) for s in (0, 60, 90, 180)]
    assert slow == [1, 0, 1, 1]


# --- a run -------------------------------------------------------------------------------------


def sent_each(world: World, minutes: int, step: float = 1.0) -> list[int]:
    """How many went out in each push, a push every `step` minutes."""
    counts = []
    for _ in range(minutes):
        before = len(world.platform.sent)
        world.push()
        counts.append(len(world.platform.sent) - before)
        world.later(minutes=step)
    return counts


def test_a_run_keeps_to_its_limit_a_minute(store: Store):
    world = found_world(store, followers=30, codes=0)
    world.begin(offer=..., text="x", pace={"per_minute": 12, "ramp_minutes": 0})
    assert sent_each(world, 4) == [1, 12, 12, 5]


def test_who_is_skipped_uses_nothing_of_the_limit(store: Store):
    world = found_world(store, followers=10, codes=0, opted_out_at=0)
    world.begin(offer=..., text="x", pace={"per_minute": 5, "ramp_minutes": 0})
    world.later(minutes=1)
    for _ in range(10):
        world.push()
    assert world.states() == {"opted_out": 10}


def test_a_ramp_begins_small_and_ends_with_all(store: Store, monkeypatch):
    monkeypatch.setattr(pacing, "LEAST", 2)
    world = found_world(store, followers=60, codes=0)
    world.begin(offer=..., text="x", concurrency=8, pace={"per_minute": None, "ramp_minutes": 3})
    assert sent_each(world, 4) == [2, 1, 9, 48]


def test_a_quota_that_is_scarce_is_spread_over_the_day(store: Store):
    """100 calls are left at noon for nine hours: one every five and a half minutes."""
    world = found_world(store, followers=40, codes=0)
    day = quotas.day_of(NOON, SHANGHAI)
    quotas.room(world.account_id, "message/custom/send", day, 100)
    world.begin(offer=..., text="x")
    counts = sent_each(world, 12, step=5)
    assert set(counts) == {0, 1}
    assert sum(counts) == pytest.approx(60 / 5.4, abs=2)


# --- fair turns --------------------------------------------------------------------------------


def test_turns_go_by_weight():
    shares, turns = Shares(), Counter[int]()
    weights = {1: weight_of(50), 2: weight_of(75), 3: weight_of(25)}
    for _ in range(700):
        chosen = shares.next(weights)
        shares.serve(chosen, 1.0, weights[chosen])
        turns[chosen] += 1
    assert turns == pytest.approx({1: 200, 2: 400, 3: 100}, abs=2)


def test_a_newcomer_is_next_and_does_not_catch_up():
    shares = Shares()
    for _ in range(100):
        shares.serve(shares.next({1: 1.0}), 1.0, 1.0)
    order = []
    for _ in range(6):
        chosen = shares.next({1: 1.0, 2: 1.0})
        shares.serve(chosen, 1.0, 1.0)
        order.append(chosen)
    assert order[0] == 2
    assert Counter(order) == {1: 3, 2: 3}


def test_a_small_campaign_does_not_wait_for_the_large_one(store: Store, monkeypatch):
    """The small one starts while the large one is being sent, in the same push."""
    world = found_world(store, followers=160, codes=0)
    rails = {"per_day": None, "per_week": None, "per_month": None}
    plain = {"offer": ..., "guardrails": rails, "concurrency": 8}
    world.begin(slug="large", text="large", **plain)
    turns = []
    real = Turn.run

    def a_short_turn(turn: Turn) -> None:
        """As long as 24 messages take."""
        if not turns:
            world.begin(slug="small", text="small", priority=50, **plain)
        ends = len(world.platform.asked) + 24
        over, turn.over = turn.over, lambda: over() or len(world.platform.asked) >= ends
        turns.append(turn.order.definition.slug)
        real(turn)

    monkeypatch.setattr(Turn, "run", a_short_turn)
    world.push()
    texts = [body["text"]["content"][:5] for body in world.platform.sent]
    assert turns[:2] == ["large", "small"]
    assert texts.index("small") < 48
    assert Counter(texts) == {"large": 160, "small": 160}


def test_one_accounts_storm_does_not_hold_another(store: Store, monkeypatch):
    """The first account's calls hang until the second account's campaign has been sent."""
    import threading
    from dataclasses import replace

    from bot.store import accounts
    from bot.store.models import Account
    from tests.bot.campaign.world import Platform

    world = found_world(store, followers=3, codes=0)
    first = world.begin(slug="hangs", offer=..., text="x")
    row = Account.get_by_id(world.account_id)
    other = Account.create(slug="two", appid="wx2", kind="service", name="", timezone=row.timezone,
                           created_at=NOON).id  # fmt: skip
    assert accounts.ids() == [world.account_id, other]
    sent_there = threading.Event()
    hanging, healthy = Platform(), Platform()
    hanging.before = lambda body: sent_there.wait(20)
    healthy.after = lambda body: sent_there.set()
    platforms = {world.account_id: hanging, other: healthy}
    world.services = replace(world.services, client_of=lambda account: platforms[account])
    move_half(world.account_id, other)
    second = campaign.create(
        world.services, other, {"slug": "goes", "name": "x", "segment": "theirs", "text": "x",
                                "purpose": "marketing", "holdout": 0}, NOON
    )  # fmt: skip
    campaign.start(world.services, other, second.id, NOON)
    world.push()
    assert (len(hanging.sent), len(healthy.sent)) == (2, 1)
    assert first.account_id != second.account_id
    assert sent_there.is_set()


def move_half(account_id: int, other: int) -> None:
    """The last follower is the other account's, and in a segment of it."""
    from bot.clock import to_ms
    from bot.store import segments
    from bot.store.db import fetch, run

    made = segments.put(other, "theirs", "theirs", {"all": []}, NOON)
    last = fetch("SELECT MAX(id) FROM follower")[0][0]
    run("UPDATE follower SET account_id = ? WHERE id = ?", (other, last))
    run("DELETE FROM segment_member WHERE follower_id = ?", (last,))
    run("INSERT INTO segment_member (segment_id, follower_id, since) VALUES (?, ?, ?)",
        (made.id, last, to_ms(NOON)))  # fmt: skip

"""Quotas as we count them, as the platform does, and what a month has left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import campaign
from bot.campaign.ahead import scarce
from bot.campaign.permission.market import market_of
from bot.campaign.sending import allowances
from bot.errors import InvalidInput, OutcomeUnknown
from bot.store import effect_costs, entitlements, quotas, segments, trials
from bot.store.db import Store, run_many
from bot.store.models import Follower, Segment
from bot.store.trials import Trial
from bot.values.audience import Channel
from tests.bot.campaign.sandboxed import Town, town_of
from tests.bot.campaign.test_mass import MASS
from tests.bot.campaign.world import SLUG, found_world

API = "message/mass/send"
DAY = "2026-11-21"


@pytest.fixture
def town(store: Store) -> Iterator[Town]:
    with town_of(store) as town:
        yield town


@pytest.fixture
def any_town(any_store: Store) -> Iterator[Town]:
    with town_of(any_store) as town:
        yield town


def look(town: Town) -> list[allowances.Compared]:
    return allowances.compare(town.world.services, town.world.account_id, town.world.now)


def test_our_count_agrees_with_the_platforms(any_town: Town):
    town = any_town
    town.world.begin(**MASS)
    town.world.push()
    (found,) = look(town)
    assert (found.count.api, found.count.used, found.count.limit) == (API, 1, 100)
    assert (found.look.used, found.look.limit, found.drift) == (1, 100, 0)
    assert found.count.source == "platform"


@pytest.mark.parametrize(
    ("counted", "documented", "used", "drift"),
    [(1, 100, 31, 30), (1, 5000, 31, 30), (60, 100, 60, -59)],
    ids=["others call, too", "a limit lower than documented", "more of ours is under way"],
)
def test_what_the_platform_says_counts_where_it_says_less_is_left(
    town: Town, caplog, counted, documented, used, drift
):
    world = town.world
    quotas.room(world.account_id, API, DAY, documented)
    assert quotas.take(world.account_id, API, DAY, counted)
    theirs = 31 if drift > 0 else 1
    town.desk.world.used["/cgi-bin/message/mass/send", DAY] = theirs
    (found,) = look(town)
    assert (found.drift, found.drifted) == (drift, True)
    assert (found.count.used, found.count.limit) == (used, 100)
    assert "drift=" in caplog.text


def test_no_answer_is_said_and_changes_nothing(town: Town):
    town.world.begin(**MASS)
    town.world.push()
    town.wire.before = lambda path, body: OutcomeUnknown(None, "x") if "quota" in path else None
    (found,) = look(town)
    assert (found.look, found.error, found.count.source) == (None, "x", "documented")


def test_the_job_asks_once_an_hour_and_only_of_what_is_in_use(town: Town):
    services = town.world.services
    assert allowances.watch(services, town.world.now) == 0
    town.world.begin(**MASS)
    town.world.push()
    assert [allowances.watch(services, town.world.now) for _ in range(2)] == [1, 0]
    town.later(hours=1)
    assert allowances.watch(services, town.world.now) == 1
    assert len(town.wire.paths("quota/get")) == 2


def test_a_month_shows_what_is_used_left_and_wanted(any_town: Town):
    world = any_town.world
    Follower.update(opted_out_at=world.now).where(Follower.id == 6).execute()
    for number in range(1, 3):
        world.begin(slug=f"run-{number}", **MASS)
        world.push()
    entitlements.grant(1, "subscription_notice", "T", "e", world.now)
    world.begin(slug="next", **MASS | {"schedule": {"at": "2026-11-28T10:00"}})
    found = scarce.month_of(world.account_id, "", world.now).to_json()
    assert found["mass"] == {
        "reachable": 5,
        "followers_by_chances_left": {"4": 0, "3": 0, "2": 5, "1": 0, "0": 0},
        "left": 10,
        "wanted": 0,
    }
    assert found["days"] == {DAY: {"mass_list": 10}}
    assert found["calls"] == [{"api": API, "day": DAY, "used": 2, "limit": 100}]
    assert found["rights"] == [
        {"channel": "subscription_notice", "template": "T", "open": 1, "followers": 1}
    ]
    assert found["month"] == "2026-11"
    december = scarce.month_of(world.account_id, "2026-12", world.now)
    assert (december.chances[4], december.mass_left) == (5, 20)


@pytest.mark.parametrize("month", ["2026-13", "next", "2026-12-01", "0001-01"])
def test_a_month_that_is_none_is_refused(store: Store, month: str):
    with pytest.raises(InvalidInput):
        scarce.bounds(month)


def test_prices_of_the_account_decide_which_channel_is_cheapest(town: Town):
    world = town.world
    Follower.update(window_left=5).execute()
    for number in range(1, 7):
        town.desk.chatting(f"o-{number}")
    auto = MASS | {"channels": "auto"}
    world.begin(slug="free", **auto)
    world.push()
    effect_costs.set_price(world.account_id, "message:customer_service", 50_000)
    world.begin(slug="dear", **auto)
    world.push()
    by_slug = {slug: world.state(slug).id for slug in ("free", "dear")}
    chosen = {row.campaign_id: row.channel for row in world.rows()}
    assert chosen == {by_slug["free"]: "customer_service", by_slug["dear"]: "mass_list"}


def test_what_is_planned_beyond_the_month_makes_mass_messages_dear(town: Town):
    world = town.world
    scarce.note_demand(world.account_id, world.now)
    assert market_of(world.account_id).demand[Channel.MASS_LIST] == 0
    for number in range(5):  # 30 messages are wanted of 24
        world.create(slug=f"run-{number}", **MASS)
        later = world.now + timedelta(days=7)
        campaign.schedule(world.services, world.account_id, f"run-{number}", world.now, at=later)
    Segment.update(size=6).execute()
    scarce.note_demand(world.account_id, world.now)
    assert market_of(world.account_id).demand[Channel.MASS_LIST] == 30 / 24
    assert (
        "群发：计划需要 30 人次" in scarce.month_of(world.account_id, "", world.now).warnings()[0]
    )


def test_who_is_in_two_segments_is_wanted_once_and_tests_are_told_too(store: Store):
    world = found_world(store, followers=6)
    again = segments.put(world.account_id, "again", "再来", {"all": []}, world.now)
    half = [(again.id, who, 0) for who in (1, 2, 3)]
    run_many("INSERT INTO segment_member (segment_id, follower_id, since) VALUES (?, ?, ?)", half)
    audience = {"any": ["everybody", "again"]}
    world.create(offer=..., text="x", segment=..., audience=audience)
    later = world.now + timedelta(days=1)
    campaign.schedule(world.services, world.account_id, SLUG, world.now, at=later)
    note = Trial(1, "a", "wang", world.now, "sent", "")
    for trial in (note, note, replace(note, state="failed")):
        trials.note(world.state().id, trial, "customer_service")
    found = scarce.month_of(world.account_id, "", world.now)
    assert [need.audience for need in found.needs] == [6]
    assert found.days == {DAY: {scarce.TESTS: 2}}, "one that failed did not go"

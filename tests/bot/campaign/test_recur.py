"""A recurring campaign: each occurrence a run of its own, none twice, none on top of another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import campaign
from bot.errors import Conflict
from bot.store import campaigns, recurrences
from bot.store.db import Store
from bot.store.models import Follower
from tests.bot.campaign.world import SLUG, World, found_world, people

DAILY = "0 13 * * *"  # the town's clock begins at noon in Shanghai
FREE = {"per_day": None, "per_week": None, "per_month": None}


def begun(store: Store, **schedule: object) -> World:
    world = found_world(store, followers=4)
    world.begin(offer=..., text="x", guardrails=FREE, schedule={"cron": DAILY, **schedule})
    return world


def days(world: World, count: int, hours: float = 24) -> None:
    """Tick once a day, so many days, everybody's window open."""
    for _ in range(count):
        Follower.update(window_left=5, window_until=world.now + timedelta(days=3)).execute()
        world.later(hours=hours)
        world.push()
        world.push()


def state(world: World) -> recurrences.RecurrenceState:
    found = recurrences.of(world.state().id)
    assert found is not None
    return found


def test_it_waits_for_its_first_occurrence(store: Store):
    world = begun(store)
    world.push()
    assert (world.state().state, world.state().generation) == ("scheduled", 0)
    world.later(hours=1)
    world.push()
    assert world.state().generation == 1
    assert len(world.platform.sent) == 4


def test_each_occurrence_is_a_run_and_reaches_who_is_there_then(any_store: Store):
    world = begun(any_store)
    world.later(hours=2)
    world.push()
    people(world.account_id, world.segment_id, 1, first=9)
    days(world, 2)
    assert world.state().generation == 3
    assert sorted(world.platform.received().values()) == [2, 3, 3, 3, 3]
    audiences = [campaigns.generation(world.state().id, n).audience for n in (1, 2, 3)]
    assert audiences == [4, 5, 5]


def test_a_run_that_is_not_through_is_not_overtaken(store: Store):
    world = begun(store)
    world.later(hours=2)
    world.push()
    campaign.pause(world.services, world.account_id, SLUG, world.now)
    days(world, 1)
    found = state(world)
    assert (world.state().state, world.state().generation) == ("paused", 1)
    assert (found.planned, found.skipped) == (2, 1)
    assert "under way" in found.note


@pytest.mark.parametrize(
    ("catch_up", "runs", "skipped"),
    [("one", 1, 0), ("none", 0, 1)],
    ids=["one late run for all", "none: the next one on time"],
)
def test_occurrences_that_nobody_was_there_for(store: Store, catch_up, runs, skipped):
    world = begun(store, catch_up=catch_up)
    days(world, 1, hours=24 * 3 + 3)
    assert world.state().generation == runs
    assert state(world).skipped == skipped
    days(world, 1, hours=22.1)
    assert world.state().generation == runs + 1


@pytest.mark.parametrize(
    "ends",
    [{"times": 2}, {"until": "2026-11-23T12:00:00+08:00"}],
    ids=["after so many times", "at its end"],
)
def test_it_ends(store: Store, ends):
    world = begun(store, **ends)
    days(world, 5)
    assert world.state().generation == 2
    assert state(world).next_at is None


def test_cancelled_it_does_not_come_back(store: Store):
    world = begun(store)
    days(world, 1)
    campaign.cancel(world.services, world.account_id, SLUG, world.now)
    days(world, 3)
    assert (world.state().generation, state(world).next_at) == (1, None)


def test_what_was_changed_between_two_runs_needs_its_approval_again(store: Store):
    world = begun(store)
    days(world, 1)
    campaign.close_now(world.services, world.account_id, SLUG, world.now)
    changed = {**world.state().definition, "text": "改了", "approval": "required"}
    campaign.change(world.services, world.account_id, SLUG, changed, world.now)
    days(world, 1)
    assert (world.state().generation, state(world).skipped) == (1, 1)
    assert "second person" in state(world).note


def test_a_cron_that_never_comes_is_refused(store: Store):
    world = found_world(store, followers=1)
    world.create(schedule={"cron": DAILY, "until": "2026-11-21T12:30:00+08:00"})
    with pytest.raises(Conflict, match="no occurrence"):
        campaign.start(world.services, world.account_id, SLUG, world.now)

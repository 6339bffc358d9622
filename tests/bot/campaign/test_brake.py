"""The brake: a run that goes wrong is paused by itself, says why, and waits for a person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import campaign
from bot.campaign import brake
from bot.campaign.order import load
from bot.errors import MessageRefused, OutcomeUnknown
from bot.store import audit, events, send_brake
from bot.store.db import Store
from bot.store.models import Send
from tests.bot.campaign.test_sending_once import a_claimed_row
from tests.bot.campaign.world import SLUG, World, found_world

PLAIN = {"offer": ..., "text": "x", "concurrency": 8}


def react(world: World, kind: str, people: int, first: int = 0, **facts) -> None:
    """So many of those who got it do that, one after another."""
    got = [row.follower_id for row in Send.select().where(Send.state == "sent").order_by(Send.id)]
    for i, who in enumerate(got[first : first + people]):
        events.append(
            world.account_id, who, kind, at=world.now, received_at=world.now,
            source="callback", key=f"{kind}:{world.now}:{i}", facts=facts,
        )  # fmt: skip


def a_run(store: Store, followers: int = 300, **changes) -> World:
    world = found_world(store, followers=followers, codes=0)
    world.begin(**PLAIN, **changes)
    return world


def sent_then(store: Store, kind: str, people: int, **facts) -> World:
    """Everybody got it, then some react, and a minute later the brake looks."""
    world = a_run(store)
    world.push()
    world.later(minutes=1)
    react(world, kind, people, **facts)
    brake.look(load(world.state().id, "", world.now), world.later(seconds=30))
    return world


@pytest.mark.parametrize(
    ("kind", "facts", "people", "stopped_by"),
    [
        ("opt_out", {}, 3, ""),  # as many as are allowed
        ("opt_out", {}, 15, "退订"),
        ("unsubscribe", {}, 3, ""),
        ("unsubscribe", {}, 15, "取消关注"),
        ("message.text", {"anger": 0.9}, 15, "怒气"),
        ("message.voice", {"anger": 0.1}, 15, ""),
        ("message.text", {"anger": "very"}, 15, ""),
        ("click", {}, 300, ""),
    ],
)
def test_what_followers_do_after_it(store: Store, kind, facts, people, stopped_by):
    found = sent_then(store, kind, people, **facts).state()
    assert found.state == ("paused" if stopped_by else "running")
    assert (stopped_by in found.error) if stopped_by else not found.error


@pytest.mark.parametrize(
    ("bad", "of", "stopped"), [(4, 100, False), (60, 300, True), (300, 300, True)]
)
@pytest.mark.parametrize("error", [MessageRefused(45015, "window"), OutcomeUnknown(None, "lost")])
def test_sends_that_fail(store: Store, bad: int, of: int, stopped: bool, error):
    world = a_run(store, followers=of)
    lost = iter([True] * bad)
    world.platform.verdict = lambda body: error if next(lost, False) else None
    world.push()
    reason = brake.look(load(world.state().id, "", world.now), world.later(minutes=1))
    assert bool(reason) == stopped
    assert world.state().state == ("paused" if stopped else "running")


def test_a_run_is_stopped_midway_and_the_rest_waits(any_store: Store):
    """From the third minute on every call fails; the good minutes before do not excuse it."""
    world = a_run(any_store, followers=120, pace={"per_minute": 20, "ramp_minutes": 0})
    for minute in range(8):
        if minute == 4:
            world.platform.verdict = lambda body: MessageRefused(45015, "window")
        world.push()
        world.later(minutes=1)
    assert world.state().state == "paused"
    assert "失败" in world.state().error
    states = world.states()
    assert states["failed"] <= 40
    assert states["intended"] >= 19
    assert "campaign.braked" in [entry.action for entry in audit.entries()]


def test_a_resumed_run_is_judged_by_what_comes_after(store: Store):
    world = sent_then(store, "opt_out", 15)
    campaign.resume(world.services, world.account_id, SLUG, world.now)
    order = load(world.state().id, "", world.now)
    for _ in range(5):
        assert brake.look(order, world.later(minutes=1)) == ""
    assert world.state().state == "running"
    held = send_brake.get(world.state().id)
    assert held is not None
    assert held.braked_at is None
    assert held.figures["opt_out"]["events"] == 0


def test_the_usual_leaving_is_not_held_against_a_run(store: Store):
    """One in fifty leaves every day anyway; of those who got it as many leave within the day."""
    world = a_run(store)
    for day in range(28):
        for i in range(6):
            at = world.now - timedelta(days=day, hours=1)
            events.append(
                world.account_id, i + 1, "unsubscribe", at=at, received_at=at,
                source="callback", key=f"{day}:{i}", facts={},
            )  # fmt: skip
    world.push()
    world.later(hours=23)
    react(world, "unsubscribe", 12)
    assert brake.look(load(world.state().id, "", world.now), world.later(hours=1)) == ""


def test_one_look_a_minute_whoever_asks(store: Store):
    world = a_run(store)
    world.push()
    order = load(world.state().id, "", world.now)
    brake.look(order, world.later(minutes=1))
    before = send_brake.get(order.campaign_id)
    react(world, "opt_out", 30)
    assert brake.look(order, world.later(seconds=59)) == ""
    assert send_brake.get(order.campaign_id) == before
    assert brake.look(order, world.later(seconds=1)) != ""


def test_a_dead_sender_is_no_fault_of_the_run(store: Store):
    """Thirty of a hundred are unknown because their sender died: nothing is wrong with the rest."""
    world = found_world(store, followers=100)
    a_claimed_row(world, 30)
    campaign.sweep(world.later(minutes=3))
    world.push()
    assert world.states() == {"unknown": 30, "sent": 70}
    assert brake.look(load(world.state().id, "", world.now), world.later(minutes=2)) == ""

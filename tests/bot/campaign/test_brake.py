"""The brake: a run that goes wrong is paused by itself, says why, and waits for a person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import campaign
from bot.campaign.permission.order import load
from bot.campaign.sending import brake
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


def a_run(store: Store, followers: int = 120, **changes) -> World:
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
    ("kind", "facts", "word"),
    [
        ("opt_out", {}, "退订"),
        ("unsubscribe", {}, "取消关注"),
        ("message.text", {"anger": 0.9}, "怒气"),
    ],
)
def test_a_tenth_of_those_who_got_it_is_too_much(store: Store, kind, facts, word):
    found = sent_then(store, kind, 12, **facts).state()
    assert found.state == "paused"
    assert word in found.error


def test_a_few_are_not_and_other_things_never_are(store: Store):
    world = a_run(store)
    world.push()
    for kind, people, facts in (
        ("opt_out", 2, {}),
        ("unsubscribe", 2, {}),
        ("message.text", 2, {"anger": 0.9}),
        ("message.voice", 90, {"anger": 0.1}),
        ("message.text", 90, {"anger": "very"}),
        ("click", 120, {}),
    ):
        world.later(minutes=1)
        react(world, kind, people, **facts)
        assert brake.look(load(world.state().id, "", world.now), world.now) == "", kind
    assert world.state().state == "running"


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (2, MessageRefused(45015, "window")),
        (40, MessageRefused(45015, "window")),
        (120, OutcomeUnknown(None, "lost")),
    ],
)
def test_sends_that_fail(store: Store, bad: int, error):
    world = a_run(store)
    lost = iter([True] * bad)
    world.platform.verdict = lambda body: error if next(lost, False) else None
    world.push()
    reason = brake.look(load(world.state().id, "", world.now), world.later(minutes=1))
    assert bool(reason) == (bad > 10)
    assert world.state().state == ("paused" if bad > 10 else "running")


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
    world = sent_then(store, "opt_out", 12)
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
    """One in thirty leaves every day anyway; of those who got it not many more within the day."""
    world = a_run(store)
    for day in range(28):
        for i in range(4):
            at = world.now - timedelta(days=day, hours=1)
            events.append(
                world.account_id, i + 1, "unsubscribe", at=at, received_at=at,
                source="callback", key=f"{day}:{i}", facts={},
            )  # fmt: skip
    world.push()
    world.later(hours=20)
    react(world, "unsubscribe", 10)
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


def test_evidence_is_gathered_anew_each_day(store: Store):
    """Journeys send for ever: what was a little too much last month is not held against today."""
    world = a_run(store)
    world.push()
    order = load(world.state().id, "", world.now)
    brake.look(order, world.later(hours=23))
    brake.look(order, world.later(hours=1))
    held = send_brake.get(order.campaign_id)
    assert held is not None
    assert held.since == world.now + brake.EVERY

"""Planning: everybody of the audience once in the ledger, however often it is interrupted."""

from __future__ import annotations

from collections import Counter

import pytest

from bot import campaign
from bot.campaign.permission.order import load
from bot.campaign.planning import plan
from bot.store import campaigns, segments
from bot.store.db import Store, pragma
from bot.store.models import Follower, Send
from tests.bot.campaign.world import SLUG, Crash, World, found_world, people
from tests.conftest import NOON

URL = "https://h.example"


def begun(world: World, **changes) -> int:
    made = world.begin(**changes)
    assert plan.begin(campaigns.get(made.id), world.now)
    return made.id


def audience(campaign_id: int) -> list[int]:
    return sorted(row.follower_id for row in Send.select().where(Send.campaign == campaign_id))


@pytest.mark.slow
@pytest.mark.engines("sqlite")  # the small audience is interrupted on every engine
def test_fifty_thousand_interrupted_at_every_chunk(any_store: Store, monkeypatch):
    world = found_world(any_store, followers=50_000, codes=0)
    campaign_id = begun(world, offer=..., text="x", holdout=0.1)
    real, kills = campaigns.advance, 0

    def dies(*args):
        nonlocal kills
        kills += 1
        if kills % 2:  # before the cursor is saved, and every other time just after
            raise Crash
        real(*args)

    monkeypatch.setattr(campaigns, "advance", dies)
    done = False
    while not done:
        order = load(campaign_id, URL, world.now)
        try:
            done = plan.plan_chunk(order, world.now)
        except Crash:
            continue
    assert kills == 50
    assert audience(campaign_id) == sorted(segments.member_ids(world.segment_id, 0, 60_000))
    assert campaigns.generation(campaign_id, 1).audience == 50_000


def test_a_small_audience_interrupted_at_every_chunk(any_store: Store, monkeypatch):
    monkeypatch.setattr(plan, "CHUNK", 3)
    world = found_world(any_store, followers=20)
    campaign_id = begun(world)
    steps = 0
    while not plan.plan(campaign_id, URL, world.now, go_on=iter([True, False]).__next__):
        steps += 1
    assert steps == 7
    assert len(audience(campaign_id)) == len(set(audience(campaign_id))) == 20
    assert world.state().state == "running"


def test_an_audience_is_frozen_at_its_upper_bound(any_store: Store):
    world = found_world(any_store, followers=5)
    campaign_id = begun(world)
    people(world.account_id, world.segment_id, 5, first=6)
    plan.plan(campaign_id, URL, world.now)
    assert len(audience(campaign_id)) == 5


def test_nobody_in_the_segment_is_an_audience_of_none_that_closes(any_store: Store):
    world = found_world(any_store, followers=0)
    world.begin()
    world.push()
    assert campaign.close_now(world.services, world.account_id, SLUG, NOON)["offer"].audience == 0


def test_the_definition_is_frozen_when_the_run_begins(store: Store):
    world = found_world(store)
    campaign_id = begun(world)
    document = {**world.state().definition, "text": "changed"}
    assert campaigns.redefine(campaign_id, "N", document, ["planning"], world.now)
    assert load(campaign_id, URL, world.now).definition.text.startswith("送您")


def test_the_held_out_get_nothing_and_take_nothing(any_store: Store):
    world = found_world(any_store, followers=300, codes=300)
    world.begin(holdout=0.5)
    world.push()
    states = world.states()
    assert states["held_out"] > 100
    assert states["held_out"] + states["sent"] == 300
    assert world.stock()["issued"] == states["sent"] == len(world.platform.sent)


def test_the_held_out_who_could_not_have_been_sent_to_are_told_apart(any_store: Store):
    world = found_world(any_store, followers=100)
    Follower.update(window_left=0).where(Follower.id.in_(range(2, 101, 2))).execute()
    world.begin(holdout=0.5)
    world.push()
    barred = {row.follower_id: row.skip for row in Send.select().where(Send.state == "held_out")}
    assert all((skip == "no_channel") == (who % 2 == 0) for who, skip in barred.items())
    assert world.report().effect.held_out == sum(not skip for skip in barred.values())


def test_the_variants_are_spread_and_kept(any_store: Store):
    world = found_world(any_store, followers=200, codes=200)
    variants = [{"name": name, "text": f"{name} {{link}}"} for name in ("a", "b")]
    world.begin(variants=variants, text=...)
    world.push()
    words = Counter(body["text"]["content"][0] for body in world.platform.sent)
    rows = Counter(row.variant for row in Send.select())
    assert words == rows
    assert min(rows.values()) > 60


def test_a_campaign_planned_at_night_waits_for_the_morning(any_store: Store):
    world = found_world(any_store, window_left=5)
    world.later(hours=10)  # 22:00 in Shanghai
    world.begin()
    world.push()
    assert world.states() == {"intended": 10}
    world.later(hours=10, minutes=59)
    world.push()
    assert world.states() == {"intended": 10}
    world.later(minutes=1)
    world.push()
    assert world.states() == {"sent": 10}


def test_a_run_whose_segment_is_gone_goes_back_to_being_a_draft(store: Store):
    world = found_world(store)
    world.begin()
    segments.remove(world.segment_id)
    world.push()
    assert (world.state().state, world.state().generation) == ("draft", 0)
    assert "segment" in world.state().error


def test_a_follower_who_is_gone_altogether_is_no_row(store: Store):
    world = found_world(store, followers=3)
    made = begun(world)
    pragma("foreign_keys = 0")
    Follower.delete().where(Follower.id == 2).execute()
    pragma("foreign_keys = 1")
    plan.plan(made, URL, world.now)
    assert audience(made) == [1, 3]
    assert campaigns.generation(made, 1).audience == 2

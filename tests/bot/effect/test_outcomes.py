"""What became of each message goes into the log once, whatever interrupts it; and profiles see."""

from __future__ import annotations

import json

import pytest

from bot import campaign
from bot.effect import outcomes
from bot.profile import privacy
from bot.profile.refresh import fold_new
from bot.store import db as store_db
from bot.store import effect_outcomes, profiles
from bot.store.db import Store, fetch
from bot.store.models import Event, Send
from tests.bot.campaign.world import SLUG, Crash, World, found_world
from tests.bot.effect.doings import buy, open_coupon, tap


def told() -> dict[int, list]:
    """Follower -> kind and what he did, of every outcome in the log."""
    rows = Event.select().where(Event.source == effect_outcomes.SOURCE).order_by(Event.id)
    return {row.follower_id: [row.kind, row.facts["did"]] for row in rows}


def a_town(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    """Seven followers. 1 opens, 2 claims, 3 redeems, 4 buys by himself, 5 is erased, 6 opens too
    late, 7 only a scanner opened. In chunks of two."""
    monkeypatch.setattr(effect_outcomes, "CHUNK", 2)
    world = found_world(store, followers=7)
    world.begin(attribution_days=2)
    world.push()
    campaign.close_due(world.now)  # nothing is left to send: the window runs
    row = {send.follower_id: send for send in Send.select()}
    world.later(hours=1)
    tap(world, row[1])
    open_coupon(world, row[2])
    buy(world, 3, 500, paid_with=row[3])
    buy(world, 4, 700)
    tap(world, row[7], automatic=True)
    privacy.erase(5, "follower", world.now)
    world.later(days=2)
    tap(world, row[6])
    return world


@pytest.fixture
def town(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    return a_town(store, monkeypatch)


@pytest.fixture
def town_anywhere(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    return a_town(any_store, monkeypatch)


WANTED = {
    1: ["campaign.answered", ["clicked"]],
    2: ["campaign.answered", ["claimed"]],
    3: ["campaign.answered", ["credited", "ordered", "redeemed"]],
    4: ["campaign.ignored", ["ordered"]],
    6: ["campaign.ignored", []],
    7: ["campaign.ignored", []],
}


def test_each_message_is_told_once_when_its_run_is_closed(town_anywhere: World):
    town = town_anywhere
    assert outcomes.tell_due(town.now) == 0, "it still runs"
    campaign.close_due(town.now)
    assert outcomes.tell_due(town.now) == 4
    assert told() == WANTED
    assert outcomes.tell_due(town.now) == 0
    assert len(told()) == Event.select().where(Event.source == "campaign").count()
    fold_new(town.now)
    kinds = profiles.states_of([1, 6])
    assert [kinds[who]["kinds"].get("campaign.ignored", 0) for who in (1, 6)] == [0, 1]


def test_a_run_that_was_ended_early_waits_for_its_window(store):
    world = found_world(store, followers=1)
    world.begin(attribution_days=2)
    world.push()
    campaign.close_now(world.services, world.account_id, SLUG, world.now)
    assert outcomes.tell_due(world.later(hours=47)) == 0
    assert outcomes.tell_due(world.later(hours=1)) == 1
    assert told() == {1: ["campaign.ignored", []]}
    at = fetch("SELECT at, received_at FROM event WHERE source = 'campaign'")[0]
    assert at[0] <= at[1]


def test_a_death_after_any_statement_loses_and_repeats_nothing(town_anywhere: World, monkeypatch):
    town = town_anywhere
    campaign.close_due(town.now)
    real, left = store_db.database.obj.execute_sql, 0

    def dies(*args, **how):
        nonlocal left
        left -= 1
        if left < 0:
            raise Crash
        return real(*args, **how)

    survived, allowed = False, 0
    while not survived:
        allowed, left = allowed + 1, allowed
        monkeypatch.setattr(store_db.database.obj, "execute_sql", dies)
        try:
            outcomes.tell_due(town.now, go_on=lambda: True)
            survived = True
        except Crash:
            pass
        finally:
            monkeypatch.setattr(store_db.database.obj, "execute_sql", real)
            seen = told()
            assert all(WANTED[who] == what for who, what in seen.items())
    assert allowed > 10
    assert told() == WANTED
    assert Event.select().where(Event.source == "campaign").count() == len(WANTED)
    assert fetch("SELECT outcomes FROM post_mortem") == [(6,)]


def test_nothing_personal_is_told(town: World):
    campaign.close_due(town.now)
    outcomes.tell_due(town.now)
    rows = fetch("SELECT facts, sealed FROM event WHERE source = 'campaign'")
    assert {(tuple(json.loads(facts)), sealed) for facts, sealed in rows} == {
        (("campaign", "variant", "channel", "did"), None)
    }

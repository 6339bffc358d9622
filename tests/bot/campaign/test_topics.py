"""Whoever does not want to hear about a topic is passed by, up to the moment of claiming."""

from __future__ import annotations

import pytest

from bot import campaign
from bot.campaign.permission.policy import Policy, judge
from bot.campaign.planning import plan
from bot.profile import rights
from bot.store.db import Store, run
from bot.store.models import Follower
from bot.values.audience import Purpose, Skip
from tests.bot.campaign.test_plan import URL, begun
from tests.bot.campaign.test_policy import SERVICE, a_recipient
from tests.bot.campaign.world import SLUG, World, found_world
from tests.conftest import NOON


@pytest.fixture
def world(any_store: Store) -> World:
    made = found_world(any_store)
    run("UPDATE coupon_batch SET topics = ?", ('["咖啡", "甜品"]',))
    return made


def ids() -> list[int]:
    return [row.id for row in Follower.select().order_by(Follower.id)]


def test_a_refused_topic_is_passed_by_and_another_is_not(world: World):
    first, second, third, *_ = ids()
    rights.topic(first, "咖啡", False, NOON)
    rights.topic(second, "酒店", False, NOON)
    rights.topic(third, "咖啡", False, NOON)
    rights.topic(third, "咖啡", True, NOON)
    told = campaign.dry_run(world.services, world.account_id, world.create().slug, world.now)
    assert told.skipped == {"topic_refused": 1}
    campaign.start(world.services, world.account_id, world.state().id, world.now)
    world.push()
    assert "o-1" not in world.platform.received()
    assert len(world.platform.sent) == 9
    assert world.states()["topic_refused"] == 1
    assert world.stock()["issued"] == 9


def test_a_refusal_between_planning_and_sending_holds(world: World):
    plan.plan(begun(world), URL, world.now)
    assert world.states() == {"intended": 10}
    for follower_id in ids():
        rights.topic(follower_id, "甜品", False, world.now)
    world.push()
    assert world.platform.sent == []
    assert world.states() == {"topic_refused": 10}
    sums = campaign.close_now(world.services, world.account_id, SLUG, world.now)
    assert sums["offer"].skipped["topic_refused"] == 10


def test_a_topic_binds_marketing_and_not_a_service_notice():
    who = a_recipient()
    refused = type(who)(who.follower, topic_refused=True)
    assert judge(refused, Policy(purpose=Purpose.MARKETING), NOON) is Skip.TOPIC_REFUSED
    assert judge(refused, SERVICE, NOON) == judge(who, SERVICE, NOON)

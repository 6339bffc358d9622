"""Collisions by hand: who is aimed at twice, whom a cap keeps from the second, where to move it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.clock import to_ms
from bot.effect.calendar import calendar
from bot.store import campaigns, segment_members, segments
from bot.store.db import Store, run, run_many, transaction
from bot.store.effect_overlap import aimed, common, size
from bot.store.models import SegmentListed
from tests.bot.campaign.world import World, found_world

DAY = timedelta(days=1)


def a_world(store: Store) -> World:
    """Followers 1..10 have the tag `first`, 6..15 `vip`, 9 and 10 `staff`; 2 and 15 are on the list
    of the segment `staff`."""
    made = found_world(store, followers=15)
    ms = to_ms(made.now)
    for slug, who in (("first", range(1, 11)), ("vip", range(6, 16)), ("staff", (9, 10))):
        segment = segments.put(made.account_id, slug, slug, {"tag": slug}, made.now).id
        with transaction():
            segment_members.enter(segment, list(who), made.now)
            run_many("INSERT INTO follower_tag (follower_id, tag, weight, source, since)"
                     " VALUES (?, ?, 1, 'rule', ?)", [(one, slug, ms) for one in who])  # fmt: skip
    on_list = [{"segment": segment, "follower": who} for who in (2, 15)]
    SegmentListed.insert_many(on_list).execute()
    return made


@pytest.fixture
def world(store: Store) -> World:
    return a_world(store)


@pytest.fixture
def world_anywhere(any_store: Store) -> World:
    return a_world(any_store)


AUDIENCES = {
    "one segment": ({"any": ["first"]}, 10),
    "either, each once": ({"any": ["first", "vip"]}, 15),
    "both": ({"all": ["first", "vip"]}, 5),
    "both, of which one is gone": ({"all": ["first", "gone"]}, 0),
    "without": ({"any": ["vip"], "except": ["staff"]}, 8),
    "and who is listed": ({"all": ["first", "vip"], "lists": ["staff"]}, 7),
    "and others": ({"any": ["staff"], "also": ["vip"]}, 10),
    "a segment that is gone": ({"any": ["gone"]}, 0),
}


def test_whom_an_audience_means(world_anywhere: World):
    world = world_anywhere
    found = {}
    for words, (audience, _) in AUDIENCES.items():
        people = aimed(world.account_id, audience)
        found[words] = (audience, size(people))
        assert common(people, people) == size(people), words
    assert found == AUDIENCES


def plan(world: World, slug: str, segment: str, days: float, per_week: int | None = 2) -> None:
    """A draft made, and scheduled in so many days."""
    made = world.create(
        slug=slug, segment=segment, name=slug, guardrails={"per_day": None, "per_week": per_week,
        "per_month": None},
    )  # fmt: skip
    at = world.now + days * DAY
    assert campaigns.move(made.id, ["draft"], "scheduled", world.now, due_at=at)


def seen(world: World, recurs=lambda document, after, until: ()) -> list[tuple]:
    found = calendar(world.account_id, world.now, world.now + 30 * DAY, world.now, recurs)
    return [(one.earlier.slug, one.later.slug, one.common, one.capped) for one in found.collisions]


def test_two_near_each_other_share_people_and_a_cap_of_one_stops_them_all(world: World):
    plan(world, "a", "first", 1)
    plan(world, "b", "vip", 4, per_week=1)
    plan(world, "far", "vip", 11)
    assert seen(world) == [("a", "b", 5, 5)]
    found = calendar(world.account_id, world.now, world.now + 30 * DAY, world.now, lambda *_: ())
    assert found.collisions[0].move_to == world.now + 8 * DAY
    assert found.collisions[0].share == 0.5


def test_who_had_messages_already_is_at_the_cap_of_two_and_others_are_not(world_anywhere: World):
    world = world_anywhere
    world.begin(guardrails={"per_day": None}, segment="vip", holdout=0)
    run("UPDATE follower SET window_left = 0 WHERE id NOT IN (6, 7)")
    world.push()
    plan(world, "a", "first", 1)
    plan(world, "b", "vip", 4)
    assert ("a", "b", 5, 2) in seen(world)
    assert [one[2:] for one in seen(world) if one[:2] == ("autumn-coffee", "b")] == [(2, 2)]
    plan(world, "c", "vip", 3.5, per_week=3)
    assert ("a", "c", 5, 0) in seen(world), "what was sent counts once, though its run goes on"


def test_a_third_in_the_same_week_meets_the_load_of_both_before(world: World):
    for slug, days in (("a", 1), ("b", 2), ("c", 3)):
        plan(world, slug, "vip", days)
    assert seen(world) == [("a", "b", 10, 0), ("a", "c", 10, 10), ("b", "c", 10, 10)]


def test_a_recurring_campaign_collides_with_itself(world: World):
    plan(world, "weekly", "vip", 1, per_week=1)

    def every_five_days(document, after, until):
        return [after + 5 * DAY] if after + 5 * DAY < until else []

    assert seen(world, every_five_days) == [("weekly", "weekly", 10, 10)]
    once = {**world.state("weekly").definition, "schedule": {"times": 1}}
    assert campaigns.redefine(world.state("weekly").id, "weekly", once, ["scheduled"], world.now)
    assert seen(world, every_five_days) == [], "it runs once in all"


def test_service_messages_know_no_cap(world: World):
    plan(world, "a", "vip", 1)
    made = world.create(
        slug="s", segment="vip", purpose="service", name="s", offer=..., text="您好"
    )
    campaigns.move(made.id, ["draft"], "scheduled", world.now, due_at=world.now + 2 * DAY)
    assert seen(world) == [("a", "s", 10, 0)]

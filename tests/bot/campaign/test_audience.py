"""An audience: segments joined, shared and left out, as it is when the run begins."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from bot.campaign.ahead.to_come import order_to_come
from bot.campaign.document.aim import aim_of, chunks
from bot.campaign.document.definition import parse
from bot.campaign.permission.recipients import recipients
from bot.campaign.planning import plan
from bot.clock import to_ms
from bot.store import (
    audience_sets,
    campaign_rules,
    campaigns,
    events,
    leases,
    rhythms,
    segments,
)
from bot.store.db import Store, run, run_many, transaction
from bot.store.models import Profile, Send
from tests.bot.campaign.world import World, a_document, found_world
from tests.conftest import NOON

PEOPLE = 40


def a_segment(world: World, slug: str, ids: Collection[int], *, filled: bool = True) -> None:
    """A segment whose rule is its list; `filled`: the members are those already."""
    made = segments.put(world.account_id, slug, slug, {"list": slug}, NOON)
    rows = [(made.id, who) for who in ids]
    with transaction():
        run_many("INSERT INTO segment_listed (segment_id, follower_id) VALUES (?, ?)", rows)
        if filled:
            run_many(
                "INSERT INTO segment_member (segment_id, follower_id, since) VALUES (?, ?, ?)",
                [(*row, to_ms(NOON)) for row in rows],
            )


def town(store: Store) -> World:
    world = found_world(store, followers=PEOPLE)
    a_segment(world, "even", range(2, PEOPLE + 1, 2))
    a_segment(world, "third", range(3, PEOPLE + 1, 3))
    a_segment(world, "first", range(1, 8))
    a_segment(world, "none", [])
    a_segment(world, "uploaded", [1, 39], filled=False)
    return world


EVEN, THIRD, FIRST = set(range(2, 41, 2)), set(range(3, 41, 3)), set(range(1, 8))


AUDIENCES: list[tuple[dict[str, object], set[int]]] = [
    ({"segment": "even"}, EVEN),
    ({"any": ["even", "third"]}, EVEN | THIRD),
    ({"all": ["even", "third"]}, EVEN & THIRD),
    ({"all": ["even", "none"]}, set()),
    ({"all": ["even", "third"], "also": ["first"]}, (EVEN & THIRD) | FIRST),
    ({"any": ["even"], "except": ["third", "first"]}, EVEN - THIRD - FIRST),
    ({"lists": ["uploaded"]}, {1, 39}),
    ({"any": ["none"], "lists": ["uploaded"], "except": ["first"]}, {39}),
    ({"any": ["none"]}, set()),
]


def test_it_is_the_set_that_it_says_however_it_is_cut(any_store: Store):
    """One town for all of the table: making one takes longer than all that is asked of it."""
    world = town(any_store)
    everybody = audience_sets.AudienceIds(any=(world.segment_id,))
    for audience, expected in AUDIENCES:
        definition = parse(a_document(segment=..., audience=audience))
        aim = aim_of(world.account_id, definition)
        for size in (1, 3, 7, 100):
            found = [who for members in chunks(aim, size) for who in members]
            assert found == sorted(expected), (audience, size)
        assert audience_sets.shared(aim, everybody, 3) == len(expected), audience


def test_a_run_for_such_an_audience_reaches_it_once(any_store: Store, monkeypatch):
    monkeypatch.setattr(plan, "CHUNK", 3)
    world = town(any_store)
    world.begin(segment=..., audience={"any": ["even", "third"], "except": ["first"]})
    world.push()
    expected = (EVEN | THIRD) - FIRST
    assert sorted(row.follower_id for row in world.rows()) == sorted(expected)
    assert campaigns.generation(world.state().id, 1).audience == len(expected)


def test_whoever_comes_in_after_the_start_is_not_of_the_run(store: Store):
    world = town(store)
    made = world.begin(segment="first", offer=..., text="x")
    assert plan.begin(campaigns.get(made.id), world.now)
    later = to_ms(world.now + timedelta(seconds=1))
    first = segments.by_slug(world.account_id, "first").id
    run("UPDATE segment_member SET since = ? WHERE segment_id = ? AND follower_id = 4",
        (later, first))  # fmt: skip
    plan.plan(made.id, "", world.now)
    assert {row.follower_id for row in world.rows()} == FIRST - {4}


# --- up to date --------------------------------------------------------------------------------


def test_whoever_wrote_a_moment_before_the_start_is_of_the_run(any_store: Store):
    world = found_world(any_store, followers=3)
    rule = {"attribute": "messages", "op": "ge", "value": 1}
    segments.put(world.account_id, "talkers", "说过话", rule, NOON)
    events.append(world.account_id, 2, "message.text", at=NOON, received_at=NOON,
                  source="callback", key="m-1")  # fmt: skip
    world.begin(segment="talkers", offer=..., text="x")
    world.push()
    assert [row.follower_id for row in world.rows()] == [2]


def test_while_another_process_is_at_the_segments_it_waits(store: Store):
    world = found_world(store, followers=2)
    segments.put(world.account_id, "new", "新", {"all": []}, NOON)  # there is something to do
    world.begin()
    leases.acquire(f"segments:{world.account_id}", "somebody", 60_000)
    world.push()
    assert (world.state().state, world.state().generation) == ("scheduled", 0)
    leases.release(f"segments:{world.account_id}", "somebody")
    world.push()
    assert world.state().generation == 1


# --- the account's control group ---------------------------------------------------------------


def test_the_control_group_is_held_out_of_every_campaign_for_a_quarter(store: Store):
    world = found_world(store, followers=300, codes=600)
    campaign_rules.put(world.account_id, control_permille=200)
    rails = {"per_day": None, "per_week": None, "per_month": None}
    groups = []
    for slug in ("one", "two"):
        world.begin(slug=slug, guardrails=rails, offer=..., text="x")
        world.push()
        mine = Send.select().where(Send.campaign == world.state(slug).id)
        held = {r.follower_id for r in mine if (r.state, r.skip) == ("held_out", "global_control")}
        assert {row.follower_id for row in mine if row.state == "held_out"} == held
        groups.append(held)
    assert groups[0] == groups[1]
    assert 30 < len(groups[0]) < 90
    world.later(days=60)  # the next quarter
    world.create(slug="three", offer=..., text="x")
    order = order_to_come(world.state("three"), "", world.now)
    people = recipients(order, range(1, 301), world.now)
    assert {who for who, one in people.items() if one.global_control} != groups[0]


def test_a_service_notice_goes_to_the_control_group_too(store: Store):
    world = found_world(store, followers=50)
    campaign_rules.put(world.account_id, control_permille=500)
    world.begin(purpose="service", offer=..., text="x")
    world.push()
    assert world.states() == {"sent": 50}


# --- everybody's own hour ----------------------------------------------------------------------


def acts_at(follower_id: int, hour: int) -> None:
    hours = [0] * 24
    hours[hour] = 30
    Profile.create(follower=follower_id, state={"hours": hours, "days": [5] * 7})


def test_each_gets_it_at_an_hour_of_their_own(any_store: Store):
    world = found_world(any_store, followers=4)  # it is noon in Shanghai
    for who, hour in ((1, 19), (2, 10), (3, 23)):
        acts_at(who, hour)
    assert set(rhythms.states([1, 2, 3, 4])) == {1, 2, 3}
    world.begin(offer=..., text="x", schedule={"best_hour": True})
    world.push()
    due = {row.follower_id: (row.not_before - NOON) / timedelta(hours=1) for row in world.rows()}
    assert 7 <= due[1] < 8, "tonight at seven"
    assert 22 <= due[2] < 23, "ten o'clock has passed: tomorrow"
    assert due[3] == 0, "their hours are quiet ones"
    assert due[4] == 0, "nobody knows theirs"
    assert len(world.platform.sent) == 2
    world.later(hours=8)
    world.push()
    assert world.platform.received()["o-1"] == 1

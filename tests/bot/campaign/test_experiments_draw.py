"""Who sees which arm: sticky by the key, written down with its chance, apart from other draws."""

from __future__ import annotations

from collections import Counter
from math import sqrt

import pytest

from bot import campaign
from bot.campaign.experiments.report import reserve, shares, sizing
from bot.campaign.planning import standing
from bot.errors import Conflict, InvalidInput
from bot.experiment.assign import Assignment
from bot.experiment.exclusion import FREE, GlobalControl
from bot.store import experiments
from bot.store.db import Store
from tests.bot.campaign.trying import (
    KEY,
    URL,
    VARIANTS,
    by_arm,
    open_windows,
    rows,
    state,
    tried,
    variants,
)
from tests.bot.campaign.world import World, a_document, found_world, people


@pytest.fixture
def world(any_store: Store) -> World:
    return a_world(any_store)


def a_world(store: Store) -> World:
    made = found_world(store, followers=60, codes=0)
    open_windows(made)
    return made


def sent(world: World, **changes: object) -> int:
    made = world.begin(**changes)
    world.push()
    return made.id


def test_campaigns_of_one_key_and_a_journey_show_a_follower_the_same(world: World):
    first = variants(sent(world, slug="one", **tried()))
    second = variants(sent(world, slug="two", **tried(bandit=True)))
    other = variants(sent(world, slug="three", **tried(key="other")))
    document = a_document(segment=..., slug=..., **tried())
    action = standing.open_standing(world.account_id, "journey:x:1:hi", document, world.now)
    standing.enqueue(action, [(who, 3) for who in first], URL, world.now)
    assert first == second == variants(action)
    assert first != other
    assert [r.generation for r in experiments.runs(state(world).id)] == [1, 1, 0]


UNEQUAL = [{**VARIANTS[0], "weight": 3}, VARIANTS[1]]
CHANCES = [
    ({"text": "x"}, {("a", None)}),
    ({"text": ..., "variants": VARIANTS}, {("a", 0.5), ("b", 0.5)}),
    (tried() | {"variants": UNEQUAL}, {("a", 0.75), ("b", 0.25)}),
]


def test_every_row_keeps_the_chance_by_which_it_was_drawn(world: World):
    for number, (changes, chances) in enumerate(CHANCES):
        service = {"offer": ..., "purpose": "service", "url": "https://shop.example"}
        found = rows(sent(world, slug=f"c{number}", **service | changes))
        assert {(row.variant, row.chance) for row in found.values()} == chances


def test_a_stock_that_ends_midway_ends_for_both_arms_alike(any_store: Store):
    world = found_world(any_store, followers=200, codes=80)
    sent(world, variants=VARIANTS, text=...)
    codes = Counter(row.variant for row in world.rows() if row.state == "sent")
    assert codes.total() == 80
    assert min(codes["a"], codes["b"]) > 25


def test_who_was_sent_to_stays_when_weights_change_and_who_comes_is_drawn_by_the_new(
    world: World,
):
    before = rows(sent(world, slug="one", **tried()))
    seen = state(world)
    now = world.later(hours=1)
    assert experiments.decide(seen, now, now - seen.looked_at, weights={"a": 0.05, "b": 0.95})
    people(world.account_id, world.segment_id, 60, first=61)
    open_windows(world)
    after = rows(sent(world, slug="two", **tried()))
    new = [row for who, row in after.items() if who not in before]
    assert {who: (row.variant, row.chance) for who, row in before.items()} == {
        who: (after[who].variant, after[who].chance) for who in before
    }
    assert {row.chance for row in new} <= {0.05, 0.95}
    assert Counter(row.variant for row in new)["b"] > 50


def test_experiments_of_a_group_share_nobody_in_a_run_and_in_a_dry_run(world: World):
    runs = {}
    for key in ("one", "two", "three"):
        document = {"slug": key, **tried(key=key, group="autumn")}
        made = world.create(**document)
        told = campaign.dry_run(world.services, world.account_id, made.id, world.now)
        campaign.start(world.services, world.account_id, made.id, world.now)
        world.push()
        found = rows(made.id).values()
        runs[key] = {row.follower_id for row in found if row.state == "sent"}
        assert {(r.state, r.skip) for r in found} == {("sent", ""), ("held_out", "elsewhere")}
        assert (told.audience, told.held_out) == (60, 60 - len(runs[key]))
        assert f"最小一组约 {round(len(runs[key]) / 2)} 人" in told.sizing[0]
        assert world.report(key).closing.balanced
    assert sum(map(len, runs.values())) == len(set().union(*runs.values()))
    assert shares(world.account_id) == {
        "autumn": {"one": 0.5, "two": 0.25, "three": 0.125, FREE: 0.125}
    }


REFUSED = [("x", 0.7, Conflict), (KEY, 0.1, Conflict), (KEY, 1.1, InvalidInput)]


def test_a_share_is_reserved_beforehand_and_never_taken_from_who_is_under_way(store: Store):
    world = a_world(store)
    account = world.account_id
    assert reserve(account, "g", KEY, 0.3) == {FREE: 0.7, KEY: 0.3}
    sent(world, **tried(group="g"))
    assert reserve(account, "g", KEY, 0.4)[KEY] == 0.4
    for key, share, refusal in REFUSED:
        with pytest.raises(refusal):
            reserve(account, "g", key, share)
    assert shares(account)["g"][KEY] == 0.4


def test_global_control_hold_out_groups_and_arms_know_nothing_of_each_other():
    units = range(1, 10_001)
    control = GlobalControl(0.1, "1:salt:2026Q4")
    arm = Assignment(f"experiment:1:{KEY}", {"a": 1, "b": 1}, 0.2)
    draws = [
        [control.holds(who) for who in units],
        [arm.arm(who) == "b" for who in units],
        [arm.of(who) == "" for who in units],
        [Assignment("experiment:1:other", {"a": 1, "b": 1}).arm(who) == "b" for who in units],
    ]
    for i, one in enumerate(draws):
        for other in draws[:i]:
            assert abs(correlation(one, other)) < 0.04


def correlation(one: list[bool], other: list[bool]) -> float:
    n, p, q = len(one), sum(one) / len(one), sum(other) / len(other)
    both = sum(a and b for a, b in zip(one, other, strict=True)) / n
    return (both - p * q) / sqrt(p * (1 - p) * q * (1 - q))


SIZES = [
    (tried(), 100_000, None, "能看出 0.5"),
    (tried(), 100_000, 0.5, "点击率若平时为 50.0%"),
    (tried(winner={"after_hours": 2, "metric": "redeemed"}), 100_000, None, "核销率若平时为 1.0%"),
    (tried(), 0, None, "太少"),
    (tried(), 12, None, "太少"),
]


@pytest.mark.parametrize(("changes", "audience", "baseline", "words"), SIZES)
def test_before_the_start_it_is_told_what_so_many_can_show(changes, audience, baseline, words):
    definition = campaign.parse(a_document(**changes))
    assert words in sizing(definition, audience, baseline)[0]
    assert sizing(campaign.parse(a_document()), audience) == []


def test_a_run_without_an_experiment_is_in_none(store: Store):
    world = a_world(store)
    sent(world, offer=..., text="x")
    assert experiments.all_of(world.account_id) == []
    assert by_arm() == {"a": 60}

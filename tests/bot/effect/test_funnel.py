"""The funnel by hand: every stage, cut in every way, the cuts adding up; and the seed's sum."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import product
from threading import Thread

import pytest

from bot.effect.funnel import By
from bot.effect.reporting import by_segment, funnel, pieces
from bot.errors import NotFound
from bot.segment.catalogue import define
from bot.store import effect_costs, events, segment_members, segments
from bot.store.db import Store, fetch, snapshot, transaction
from bot.store.effect_funnel import Scope, ledger
from bot.store.models import Follower, Send
from tests.bot.campaign.world import World, found_world
from tests.bot.effect.doings import buy, open_coupon, refund, tap

AB = [{"name": name, "text": f"{name} {{link}}"} for name in ("a", "b")]


def a_town(store: Store) -> World:
    """Twenty followers, one gone; every second is shown b. Two open it, one claims, one buys."""
    world = found_world(store, followers=20)
    Follower.update(subscribed=False).where(Follower.id == 20).execute()
    world.begin(variants=AB, text=...)
    world.push()
    for variant, first in (("a", 1), ("b", 2)):
        Send.update(variant=variant).where(Send.follower.in_(range(first, 21, 2))).execute()
    one, two, three = (Send.get(Send.follower == who) for who in (1, 2, 3))
    for row in (one, one, three):
        tap(world, row)
    tap(world, two, automatic=True)
    open_coupon(world, one)
    world.later(hours=30)
    number = buy(world, 1, 5000, paid_with=one)
    refund(world, number, 1000)
    buy(world, 3, 700)
    buy(world, 4, 900)  # opened nothing: nobody's
    return world


@pytest.fixture
def town(store: Store) -> World:
    return a_town(store)


@pytest.fixture
def town_anywhere(any_store: Store) -> World:
    return a_town(any_store)


def numbers(line: dict) -> dict:
    """What is not 0, without rates and money that follow from the rest."""
    left = ("rates", "profit_fen", "yield", "coupon_cost_fen")
    return {name: value for name, value in line.items() if value and name not in left}


def test_each_stage_of_each_variant(town_anywhere: World):
    town = town_anywhere
    shown = funnel(town.state(), town.now, number=1).to_json()
    assert [numbers(line) for line in shown["lines"]] == [
        {"name": "a", "intended": 10, "sent": 10, "reached": 2, "clicked": 2, "every": 3,
         "taps": 3, "issued": 10, "claimed": 1, "redeemed": 1, "orders": 2, "buyers": 2,
         "revenue_fen": 4700, "discount_fen": 2000},
        {"name": "b", "intended": 10, "sent": 9, "skipped": 1, "reached": 1, "every": 1,
         "issued": 9},
    ]  # fmt: skip
    assert shown["lines"][0]["rates"]["ctr"] == pytest.approx([0.2, 0.0567, 0.5098], abs=1e-4)
    assert shown["lines"][1]["rates"]["cvr"] == [0.0, 0.0, 1.0], "nobody to ask"


def test_every_row_is_in_one_count_whichever_columns_tell_the_cells_apart(any_store: Store):
    """Kinds of rows that no single column tells apart, and one that all share."""
    world = found_world(any_store, followers=12)
    world.begin()
    world.push()
    for who, (variant, content, state) in enumerate(product("ab", ("x", ""), ("sent", "failed"))):
        Send.update(variant=variant, content=content, state=state).where(
            Send.follower == who + 1
        ).execute()
    Send.update(variant="a", content="x", state="sent").where(Send.follower > 8).execute()
    assert Send.select().count() == 12
    for timed in (False, True):
        counted = ledger(Scope(world.state().id, 1, timed=timed))
        wanted = Counter(
            (row.generation, row.step, row.variant, row.channel, row.content, row.state)
            for row in Send.select()
        )
        assert {(*cell[:5], rows.state): rows.rows for cell, rows in counted} == wanted
        assert all((cell.quarter > 0) == timed for cell, _ in counted)
    assert ledger(Scope(world.state().id, 2)) == []


def test_cells_that_one_column_tells_apart_keep_their_others(any_store: Store):
    world = found_world(any_store, followers=6)
    world.begin()
    world.push()
    Send.update(variant="a", content="x").where(Send.follower <= 4).execute()
    Send.update(variant="b", content="y").where(Send.follower > 4).execute()
    found = {
        (cell.variant, cell.content, rows.rows) for cell, rows in ledger(Scope(world.state().id))
    }
    assert found == {("a", "x", 4), ("b", "y", 2)}


def test_what_is_read_in_a_snapshot_is_of_one_instant(store: Store):
    """Another thread writes between two reads: the second does not see it, a later one does."""
    world = found_world(store, followers=1)
    world.begin()
    world.push()
    count = "SELECT COUNT(*) FROM send WHERE state = 'failed'"

    def fail() -> None:
        Send.update(state="failed").execute()
        store.leave()

    with snapshot():
        before = fetch(count)
        other = Thread(target=fail)
        other.start()
        other.join()
        inside = fetch(count)
    assert (before, inside, fetch(count)) == ([(0,)], [(0,)], [(1,)])


def test_every_cut_adds_up_to_the_same_total(town_anywhere: World):
    town = town_anywhere
    whole = funnel(town.state(), town.now).total
    for by in By:
        cut = funnel(town.state(), town.now, by=by)
        assert cut.total == whole, by
    Send.update(content="latte").where(Send.follower <= 4).execute()
    matched = funnel(town.state(), town.now, by=By.CONTENT)
    assert {name: line.intended for name, line in matched.lines.items()} == {"": 16, "latte": 4}
    assert matched.total == whole
    days = funnel(town.state(), town.now, by=By.DAY).lines
    assert {day: line.revenue_fen for day, line in days.items()} == {"2026-11-21": 4700}


def test_what_is_left_after_goods_coupons_and_messages(town: World):
    shown = funnel(town.state(), town.now).total
    effect_costs.set_price(town.account_id, "margin", 300)
    effect_costs.set_price(town.account_id, "message:customer_service", 5500)
    effect_costs.set_price(town.account_id, "message:customer_service", 5000)
    found = funnel(town.state(), town.now)
    assert found.total.message_cost_fen == 95, "19 messages at 50 yuan a thousand"
    profit = (4700 + 2000) * 300 // 1000 - 2000 - 95
    assert found.to_json()["total"]["profit_fen"] == profit
    assert shown.message_cost_fen == 0


def test_who_was_in_a_segment_when_it_started(town_anywhere: World):
    """2 and 5 came in after the start, 3 went out after it, 4 was in all the time."""
    town = town_anywhere
    vip = define(
        town.account_id,
        "vip",
        "会员",
        {"tag": "vip"},
        town.now - timedelta(days=9),
    ).id
    before, after = town.now - timedelta(days=8), town.now
    with transaction():
        segment_members.enter(vip, [3, 4, 20], before)
        segment_members.enter(vip, [5], after)  # by a first building: no history
    segments.move(vip, [segments.Move(2, {})], [segments.Move(3, {})], after)
    found = by_segment(town.state(), 1, town.now)
    assert set(found.lines) == {"everybody", "vip"}
    assert numbers(found.to_json()["lines"][1]) == {
        "name": "vip", "intended": 3, "sent": 2, "skipped": 1, "reached": 1, "clicked": 1,
        "every": 1, "taps": 1, "issued": 2, "orders": 1, "buyers": 1, "revenue_fen": 700,
    }  # fmt: skip


def test_the_goal_counts_each_message_once_inside_its_days(any_store):
    """1 checks in twice, 2 elsewhere, 3 too late, 4 before he got it."""
    world = found_world(any_store, followers=4)
    goal = {"event": "checkin", "where": {"place": "店"}, "within_days": 2}
    for who, days, place in (
        (4, 0, "店"),
        (1, 1, "店"),
        (1, 2, "店"),
        (2, 1, "站"),
        (3, 2.1, "店"),
    ):
        at = world.now + timedelta(days=days, seconds=-1)
        events.append(world.account_id, who, "checkin", at=at, received_at=at, source="api",
                      key=f"{who}:{days}", facts={"place": place})  # fmt: skip
    world.begin(goal=goal)
    world.push()
    assert funnel(world.state(), world.later(days=3)).total.goals == 1


def test_a_run_that_was_not_is_refused_and_one_of_nothing_is_empty(store):
    world = found_world(store, followers=0)
    world.create()
    with pytest.raises(NotFound):
        funnel(world.state(), world.now, number=1)
    assert funnel(world.state(), world.now).lines == {}


def test_the_sum_of_ctr_times_cvr_over_five_pieces_is_seven_tenths(store):
    """CTR .2 .3 .4 .5 .6 and CVR .1 .2 .3 .4 .5, made of messages, taps and orders."""
    world = found_world(store, followers=250)
    five = [{"name": name, "text": f"{name} {{link}}"} for name in "abcde"]
    world.begin(variants=five, text=..., offer=..., url="https://a.example")
    world.push()
    for place, (name, clicks, buyers) in enumerate(
        [("a", 10, 1), ("b", 15, 3), ("c", 20, 6), ("d", 25, 10), ("e", 30, 15)]
    ):
        first = 1 + 50 * place
        Send.update(variant=name).where(Send.follower.between(first, first + 49)).execute()
        for row in Send.select().where(Send.follower.between(first, first + clicks - 1)):
            tap(world, row)
        for who in range(first, first + buyers):
            buy(world, who, 1000)
    found = pieces(world.account_id, world.now - timedelta(days=1), world.later(hours=1), world.now)
    shown = found.to_json()
    rates = [(line["rates"]["ctr"][0], line["rates"]["cvr"][0]) for line in shown["lines"]]
    assert rates == pytest.approx([(0.2, 0.1), (0.3, 0.2), (0.4, 0.3), (0.5, 0.4), (0.6, 0.5)])
    assert shown["yield"] == pytest.approx(0.70)
    assert next(iter(found.lines)) == "autumn-coffee/a"

"""The funnel with windows, by hand: each step on the day it falls into, and who is behind it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot import campaign
from bot.effect import keeping, windows
from bot.effect.windows import total
from bot.store import accounts, campaigns, effect_windows, kept_answers
from bot.store.db import Store
from bot.store.effect_windows import FIRST
from bot.store.models import Send
from tests.bot.campaign.world import SLUG, World, found_world
from tests.bot.effect.doings import buy, open_coupon, tap
from tests.conftest import NOON

TODAY = date(2026, 11, 21)
EVER = (0, 2**60)


def a_town(store: Store) -> World:
    """Six are sent to. 1 taps twice, the first time after an hour; 2 after eight days; 3 is only
    scanned by a program; 4 claims after two days and buys with it after five; 5 buys unasked."""
    world = found_world(store, followers=6)
    world.begin(attribution_days=14)
    world.push()
    row = {send.follower_id: send for send in Send.select()}
    world.later(hours=1)
    tap(world, row[1])
    tap(world, row[3], automatic=True)
    world.later(hours=47)
    tap(world, row[1])
    open_coupon(world, row[4])
    buy(world, 5, 900)
    world.later(days=3)
    buy(world, 4, 5000, paid_with=row[4])
    world.later(days=3)
    tap(world, row[2])
    buy(world, 5, 100)
    return world


@pytest.fixture
def town(store: Store) -> World:
    return a_town(store)


@pytest.fixture
def town_anywhere(any_store: Store) -> World:
    return a_town(any_store)


def counted(world: World, window: int, first: date = TODAY, last: date = TODAY) -> dict[str, int]:
    found = windows.count(world.account_id, SLUG, world.now)
    return total(windows.steps(found, first, last, window).values()).counts


def test_each_step_counts_from_the_day_on_that_it_was_taken(town_anywhere: World):
    found = {window: counted(town_anywhere, window) for window in windows.WINDOWS}
    assert found[1] == {
        "sent": 6, "delivered": 0, "opened": 2, "clicked": 1, "claimed": 0, "redeemed": 0,
        "ordered": 0,
    }  # fmt: skip
    assert found[3] == {**found[1], "claimed": 1, "ordered": 1}
    assert found[7] == {**found[3], "redeemed": 1, "ordered": 2}
    assert found[14] == {**found[7], "opened": 3, "clicked": 2}, "5's second order is none more"
    assert found[30] == found[14]


def test_other_days_have_nothing_of_it(town: World):
    tomorrow = TODAY + timedelta(days=1)
    assert set(counted(town, 30, tomorrow, tomorrow).values()) == {0}


def test_shares_are_of_all_and_of_the_step_before_that_anybody_took(town: World):
    found = total(windows.steps(windows.count(town.account_id, SLUG, town.now), TODAY, TODAY, 14)
                  .values())  # fmt: skip
    assert found.of_first("clicked") == 2 / 6
    assert found.of_before("opened") == 3 / 6, "nobody's delivery is told of"
    assert found.of_before("ordered") == 2 / 1
    assert windows.Steps().of_first("sent") is windows.Steps().of_before("clicked") is None


def people(world: World, step: str, window: int = 30, before=FIRST, limit: int = 10) -> list[int]:
    campaign = campaigns.by_slug(world.account_id, SLUG)
    found, _ = effect_windows.people(campaign.id, step, EVER, window, before, limit)
    return [one.follower_id for one in found]


def test_who_is_behind_each_number(town_anywhere: World):
    town = town_anywhere
    assert sorted(people(town, "sent")) == [1, 2, 3, 4, 5, 6]
    assert people(town, "clicked") == [2, 1]
    assert people(town, "clicked", window=1) == [1]
    assert people(town, "claimed") == people(town, "redeemed") == [4]
    assert people(town, "ordered") == [4, 5]
    assert people(town, "ordered", window=3) == [5]


def test_pages_go_on_where_the_one_before_ended(town: World):
    campaign = campaigns.by_slug(town.account_id, SLUG)
    for step in effect_windows.LISTED:
        whole, end = effect_windows.people(campaign.id, step, EVER, 30, FIRST, 10)
        assert end is None
        assert gone_on(campaign.id, step) == whole, step


def gone_on(campaign_id: int, step: str) -> list[effect_windows.One]:
    """All pages of one, one after the other."""
    pieces, place = [], FIRST
    while place is not None:
        part, place = effect_windows.people(campaign_id, step, EVER, 30, place, 1)
        pieces += part
    return pieces


def test_a_page_looks_through_so_many_of_everybodys_orders_and_says_where_to_go_on(
    town_anywhere: World, monkeypatch: pytest.MonkeyPatch
):
    campaign = campaigns.by_slug(town_anywhere.account_id, SLUG)
    wanted = {step: gone_on(campaign.id, step) for step in effect_windows.LISTED}
    assert len(wanted["ordered"]) == 2
    for name in ("SCAN", "LOOKS", "ROWS", "TAPS"):
        monkeypatch.setattr(effect_windows, name, 1)
    for step, people in wanted.items():
        assert gone_on(campaign.id, step) == people, step
    place, looks = FIRST, 0
    while place is not None:
        part, place = effect_windows.people(campaign.id, "ordered", EVER, 30, place, 10)
        assert len(part) <= 1
        looks += 1
    assert looks > 2


def test_who_got_it_on_other_days_is_not_sought_in_the_whole_run_at_once(
    town_anywhere: World, monkeypatch: pytest.MonkeyPatch
):
    campaign = campaigns.by_slug(town_anywhere.account_id, SLUG)
    monkeypatch.setattr(effect_windows, "ROWS", 4)
    monkeypatch.setattr(effect_windows, "TAPS", 1)
    long_ago = (0, 1)
    found, place = effect_windows.people(campaign.id, "sent", long_ago, 30, FIRST, 10)
    assert (found, place is None) == ([], False), "four of six rows were looked at"
    assert effect_windows.people(campaign.id, "sent", long_ago, 30, place, 10) == ([], None)
    found, place = effect_windows.people(campaign.id, "clicked", long_ago, 30, FIRST, 10)
    assert (found, place) == ([], (3, 0)), "a program's tap, then those of people"
    assert effect_windows.people(campaign.id, "clicked", EVER, 30, place, 10)[0][0].follower_id == 2


def test_a_campaign_that_is_long_over_is_counted_no_more(town: World):
    kinds = {windows.KIND: keeping.Kind(windows.refs, windows.count)}
    assert keeping.refresh(kinds, town.now) == 1
    assert keeping.refresh(kinds, town.now) == 0, "a moment ago"
    assert keeping.refresh(kinds, town.later(minutes=10)) == 1
    campaigns_closed(town)
    assert keeping.refresh(kinds, town.later(days=40)) == 1
    assert keeping.refresh(kinds, town.later(days=1)) == 0
    kept = kept_answers.get(town.account_id, windows.KIND, SLUG)
    assert kept is not None
    assert kept.final


def campaigns_closed(world: World) -> None:
    campaign.close_due(world.now)
    assert campaign.close_due(world.later(days=15)) >= 0
    assert campaigns.by_slug(world.account_id, SLUG).state == "closed"


def test_what_is_slow_is_shown_as_it_was_counted_last(store: Store):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    told = iter(range(100))

    def count(account_id, ref, now):
        return {"n": next(told)}

    def shown(at) -> int:
        return keeping.answer("x", account, "r", at, count).document["n"]

    minute = timedelta(minutes=1)
    assert [shown(NOON), shown(NOON)] == [0, 1], "quick: counted while one waits"
    kept = kept_answers.get(account, "x", "r")
    assert kept is not None
    kept_answers.put(account, "x", "r", kept._replace(took_ms=3000))
    assert [shown(NOON + minute), shown(NOON + minute)] == [0, 0]
    kinds = {"x": keeping.Kind(lambda account_id, now: ["r"], count)}
    assert keeping.refresh(kinds, NOON + 4 * minute) == 0, "a hundred times as long as it took"
    assert keeping.refresh(kinds, NOON + 5 * minute) == 1


def test_an_answer_that_cannot_be_counted_is_left_for_the_next_turn(store: Store):
    accounts.ensure_default("wxdevelopment0000", "service", NOON)
    kinds = {windows.KIND: keeping.Kind(lambda account_id, now: ["gone"], windows.count)}
    assert keeping.refresh(kinds, NOON) == 0

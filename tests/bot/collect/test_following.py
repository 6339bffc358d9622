"""Follower sync: the platform's list becomes ours, whatever interrupts it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.collect import following
from bot.collect.following import sync_followers
from bot.sandbox.api import people as api_people
from bot.store import followers, listing, syncs
from bot.store.db import fetch
from tests.bot.collect.conftest import House, killed_everywhere

DETAILS = "/cgi-bin/user/info/batchget"


def sync(house: House, **how):
    return sync_followers(house.account_id, house.client, house.now, **how)


def detail_calls(house: House) -> int:
    return len(house.sandbox.calls(DETAILS))


def subscribed(house: House) -> int:
    return sum(house.follows(openid) for openid in house.sandbox.openids())


def test_everybody_who_follows_is_a_follower_since_when_and_from_where(house: House):
    lin = house.sandbox.follower("小林")
    lin.follow("store01")
    report = sync(house)
    assert (report.seen, report.changed, report.whole) == (1, 1, True)
    state = followers.get(house.id_of(lin.openid))
    assert (state.subscribed, state.source_scene) == (True, "store01")
    assert house.events("follow.synced") == 1
    assert fetch("SELECT COUNT(*) FROM follower WHERE unionid_hash IS NOT NULL")[0][0] == 1


def test_a_second_round_asks_for_nobodys_details_and_says_nothing_new(any_house: House):
    house = any_house
    house.sandbox.post("people", count=120)
    assert sync(house).changed == 120
    asked, told = detail_calls(house), house.events("follow.synced")
    assert asked == 2, "a hundred in one call"
    again = sync(house)
    assert (again.seen, again.changed) == (120, 0)
    assert (detail_calls(house), house.events("follow.synced")) == (asked, told)


@pytest.mark.parametrize(
    ("later", "how", "asked"),
    [
        pytest.param(timedelta(days=29), {}, 0, id="not while they are fresh"),
        pytest.param(timedelta(days=31), {}, 1, id="again when they are stale"),
        pytest.param(timedelta(0), {"full": True}, 1, id="of everybody by --full"),
    ],
)
def test_details_are_asked_for(house: House, later, how, asked):
    house.sandbox.follower("小林").follow()
    sync(house)
    before = detail_calls(house)
    sync_followers(house.account_id, house.client, house.now + later, **how)
    assert detail_calls(house) - before == asked


def test_who_left_unnoticed_is_known_at_the_end_of_the_round(any_house: House):
    house = any_house
    lin, wang = house.sandbox.follower("小林"), house.sandbox.follower("小王")
    lin.follow()
    wang.follow()
    sync(house)
    lin.unfollow()
    report = sync_followers(house.account_id, house.client, house.now + timedelta(seconds=5))
    assert (house.follows(lin.openid), house.follows(wang.openid)) == (False, True)
    assert report.changed == 1
    assert house.events("follow.synced") == 3, "two came, one left"


def test_who_follows_during_the_round_has_not_left(house: House):
    lin, late = house.sandbox.follower("小林"), house.sandbox.follower("迟到")
    lin.follow()
    stop = iter([True, False]).__next__
    assert not sync(house, go_on=stop).whole
    soon = house.now + timedelta(minutes=1)
    who = followers.ensure(house.account_id, late.openid, soon)
    followers.mark_subscribed(who.id, soon, "")  # a callback told, the list's end was passed
    assert sync(house).whole
    assert house.follows(late.openid)


@pytest.mark.parametrize(
    ("listed", "total", "believed"),
    [
        pytest.param(100, 100, True, id="as long as the platform says"),
        pytest.param(101, 100, True, id="longer: somebody left meanwhile"),
        pytest.param(99, 100, True, id="all but one in a hundred"),
        pytest.param(98, 100, False, id="two in a hundred are missing"),
        pytest.param(98, 99, False, id="less than a hundred: everybody counts"),
    ],
)
def test_a_list_is_believed_that_holds(account_id, listed, total, believed):
    assert (following._disbelieved(account_id, listed, total) == "") == believed


def test_on_the_word_of_a_short_list_nobody_has_left(house: House, monkeypatch):
    house.sandbox.post("people", count=3)
    gone = followers.ensure(house.account_id, "o-gone", house.now)
    followers.mark_subscribed(gone.id, house.now - timedelta(days=1), "")
    real = house.client.followers

    def told(next_openid=""):
        page = real(next_openid)
        return type(page)(9, page.openids, page.next_openid)

    monkeypatch.setattr(house.client, "followers", told)
    assert "3 of 9" in sync(house).error
    assert followers.get(gone.id).subscribed


def test_an_empty_list_is_not_believed(house: House):
    lin = followers.ensure(house.account_id, "o-lin", house.now)
    followers.mark_subscribed(lin.id, house.now - timedelta(days=1), "")
    assert "empty" in sync(house).error
    assert followers.get(lin.id).subscribed


def test_killed_at_any_write_it_goes_on_and_does_everything_once(any_house: House, monkeypatch):
    house = any_house
    monkeypatch.setattr(following, "BATCH", 3)
    monkeypatch.setattr(api_people, "PAGE", 4)  # ten thousand in truth
    house.sandbox.post("people", count=7)
    gone = followers.ensure(house.account_id, "o-gone", house.now - timedelta(days=2))
    followers.mark_subscribed(gone.id, house.now - timedelta(days=1), "")
    deaths = killed_everywhere(monkeypatch, lambda: sync(house))
    assert deaths > 20
    assert subscribed(house) == 7
    assert not followers.get(gone.id).subscribed
    assert house.events("follow.synced") == 8
    assert listing.known(house.account_id, house.sandbox.openids()).keys() == set(
        house.sandbox.openids()
    )
    run = syncs.last(house.account_id, following.KIND)
    assert run is not None
    assert (run.state, run.done) == ("done", 7)


def test_a_round_is_gone_on_with_at_its_page(house: House, monkeypatch):
    monkeypatch.setattr(api_people, "PAGE", 4)
    house.sandbox.post("people", count=10)
    for seen in (4, 8):
        report = sync(house, go_on=iter([True, False]).__next__)
        assert (report.seen, report.whole) == (seen, False)
    pages = len(house.sandbox.calls("/cgi-bin/user/get"))
    assert (sync(house).seen, pages) == (10, 2)


def test_two_processes_at_one_round_do_not_count_twice(house: House, monkeypatch):
    house.sandbox.post("people", count=5)
    run = syncs.begin(house.account_id, following.KIND, house.now)
    syncs.advance(run, "", house.now)
    with pytest.raises(following.syncs.Conflict):
        syncs.advance(run, "", house.now)


def test_the_cursor_is_kept_sealed(house: House):
    run = syncs.begin(house.account_id, following.KIND, house.now)
    syncs.advance(run, "o-secret-openid", house.now)
    [(place,)] = fetch("SELECT place FROM sync_run")
    assert b"o-secret" not in bytes(place)
    found = syncs.last(house.account_id, following.KIND)
    assert found is not None
    assert found.place == "o-secret-openid"
    assert "o-secret" not in repr(found) + str(found.to_json())

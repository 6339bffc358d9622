"""Tags 标签 both ways: who wins, what goes out once, what the platform refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.collect import tagging
from bot.collect.following import sync_followers
from bot.errors import Conflict, InvalidInput
from bot.sandbox.api import people as api_people
from bot.store import events, followers, platform_tags
from tests.bot.collect.conftest import House, killed_everywhere

TAGGING = "/cgi-bin/tags/members/batchtagging"


class Desk:
    """A marketer's two hands: in the platform's console, and here. Time passes between acts."""

    def __init__(self, house: House) -> None:
        self.house, self.clock, self.acts = house, house.now, 0

    @property
    def now(self):
        self.clock += timedelta(minutes=1)
        return self.clock

    def there(self, tag: str, *openids: str, on: bool = True) -> None:
        client = self.house.client
        ids = {one["name"]: one["id"] for one in client.tags()}
        number = ids.get(tag) or client.create_tag(tag)
        (client.tag_users if on else client.untag_users)(number, list(openids))

    def here(self, tag: str, openid: str, on: bool = True, **more: int) -> None:
        self.acts += 1
        now = self.now
        events.append(
            self.house.account_id, self.house.id_of(openid), "tag", at=now, received_at=now,
            source="rule", key=f"act:{self.acts}",
            facts={"tag": tag, "on": on, "source": "rule", **more},
        )  # fmt: skip
        self.house.tags(openid)

    def sync(self):
        return tagging.sync(self.house.account_id, self.house.client, self.now)

    def push(self, tag: str):
        made = tagging.start_pushing(self.house.account_id, self.house.client, tag, self.now)
        return tagging.push(self.house.account_id, self.house.client, made, self.now)

    def held_there(self, openid: str) -> set[str]:
        client = self.house.client
        names = {one["id"]: one["name"] for one in client.tags()}
        told = client.call("POST", "/cgi-bin/tags/getidlist", json={"openid": openid})
        return {names[number] for number in told["tagid_list"]}


@pytest.fixture
def lin(house: House) -> str:
    return a_follower(house, "小林")


def a_follower(house: House, name: str) -> str:
    person = house.sandbox.follower(name)
    person.follow()
    sync_followers(house.account_id, house.client, house.now)
    return str(person.openid)


# --- in -----------------------------------------------------------------------------------------


def test_a_tag_given_there_is_one_here(house: House, lin):
    desk = Desk(house)
    desk.there("会员", lin)
    assert desk.sync().changed == 1
    assert house.tags(lin) == {"会员": "wechat"}
    assert desk.sync().changed == 0
    assert house.events("tag") == 1


def test_details_bring_tags_along(house: House, lin):
    desk = Desk(house)
    desk.there("会员", lin)
    sync_followers(house.account_id, house.client, desk.now, full=True)
    assert house.tags(lin) == {"会员": "wechat"}
    assert desk.sync().changed == 0, "the round through the tags finds them known"


def test_without_a_right_to_tags_followers_come_all_the_same(house: House, lin):
    desk = Desk(house)
    desk.there("会员", lin)
    desk.sync()
    house.sandbox.fault("/cgi-bin/tags/get", errcode=48001, times=1)
    report = sync_followers(house.account_id, house.client, desk.now, full=True)
    assert (report.seen, house.tags(lin)) == (1, {"会员": "wechat"})


@pytest.mark.parametrize("how", ["taken off", "deleted", "renamed"])
def test_a_tag_that_went_there_goes_here(house: House, lin, how):
    desk = Desk(house)
    desk.there("会员", lin)
    desk.sync()
    number = next(one["id"] for one in house.client.tags() if one["name"] == "会员")
    if how == "taken off":
        desk.there("会员", lin, on=False)
    elif how == "deleted":
        house.client.call("POST", "/cgi-bin/tags/delete", json={"tag": {"id": number}})
    else:
        named = {"tag": {"id": number, "name": "老会员"}}
        house.client.call("POST", "/cgi-bin/tags/update", json=named)
    desk.sync()
    assert house.tags(lin) == ({"老会员": "wechat"} if how == "renamed" else {})


# --- out ----------------------------------------------------------------------------------------


def test_our_tag_goes_out_and_is_no_news_at_the_next_look(house: House, lin):
    desk = Desk(house)
    desk.here("vip", lin)
    desk.sync()
    assert desk.held_there(lin) == set(), "only what is pushed goes out"
    sent = desk.push("vip")
    assert (sent.added, sent.taken, sent.refused) == (1, 0, 0)
    assert desk.held_there(lin) == {"vip"}
    assert desk.sync().changed == 0
    assert house.tags(lin) == {"vip": "rule"}


def test_our_tag_that_ends_is_taken_off_there(house: House, lin):
    desk = Desk(house)
    desk.here("vip", lin)
    desk.push("vip")
    desk.here("vip", lin, on=False)
    assert desk.sync().pushed.taken == 1
    assert desk.held_there(lin) == set()


def test_their_removal_beats_our_older_tag_and_a_newer_one_goes_out_again(house: House, lin):
    desk = Desk(house)
    desk.here("vip", lin)
    desk.push("vip")
    desk.there("vip", lin, on=False)
    desk.sync()
    assert (house.tags(lin), desk.held_there(lin)) == ({}, set())
    desk.here("vip", lin)
    desk.sync()
    assert (house.tags(lin), desk.held_there(lin)) == ({"vip": "rule"}, {"vip"})


def test_the_ends_of_what_a_platform_takes(house: House, lin):
    """20 tags a follower: the one who has them is left out, the other is tagged."""
    desk, wang = Desk(house), a_follower(house, "小王")
    for number in range(20):
        desk.there(f"标签{number}", lin)
    desk.sync()
    for openid in (lin, wang):
        desk.here("vip", openid)
    sent = desk.push("vip")
    assert (sent.added, sent.refused) == (1, 1)
    assert "vip" in desk.held_there(wang)


def test_which_tags_can_be_pushed(house: House):
    """A name of 1 to 30 bytes, none of the platform's own, and at most a hundred in all."""

    def start(name: str) -> None:
        tagging.start_pushing(house.account_id, house.client, name, house.now)

    for name, error in (
        ("十一个汉字就太多了一点", InvalidInput),
        (" ", InvalidInput),
        ("星标组", Conflict),
    ):
        with pytest.raises(error):
            start(name)
    for number in range(97):
        house.client.create_tag(f"标签{number}")
    start("十个汉字正好三十个字")
    start("第一百个")
    with pytest.raises(Conflict):
        start("多了一个")
    pushed = {tag.name for tag in platform_tags.of_account(house.account_id) if tag.pushed}
    assert pushed == {"十个汉字正好三十个字", "第一百个"}


def test_a_deleted_tag_stays_with_whom_we_gave_it_to(house: House, lin):
    desk, wang = Desk(house), a_follower(house, "小王")
    desk.there("vip", lin)
    desk.sync()
    desk.here("vip", wang)
    desk.push("vip")
    tagging.delete(house.account_id, house.client, "vip", desk.now)
    desk.sync()
    assert (house.tags(lin), house.tags(wang)) == ({}, {"vip": "rule"})
    assert "vip" not in {one["name"] for one in house.client.tags()}


def test_sixty_are_tagged_by_two_calls(house: House):
    house.sandbox.post("people", count=60)
    sync_followers(house.account_id, house.client, house.now)
    desk = Desk(house)
    for openid in house.sandbox.openids():
        desk.here("vip", openid)
    assert desk.push("vip").added == 60
    assert len(house.sandbox.calls(TAGGING)) == 2


def test_a_tag_that_ended_is_taken_off_there_though_nothing_was_said(house: House, lin):
    desk = Desk(house)
    desk.here("vip", lin, days=7)
    assert desk.push("vip").added == 1
    desk.clock += timedelta(days=6)
    assert desk.sync().pushed == tagging.Pushed()
    told = house.events("tag")
    desk.clock += timedelta(days=1)
    assert desk.sync().pushed.taken == 1
    assert desk.held_there(lin) == set()
    assert house.events("tag") == told
    desk.here("vip", lin)
    assert desk.sync().pushed.added == 1, "given anew, it goes out again"


def test_killed_at_any_write_it_tells_each_change_once(any_house: House, monkeypatch):
    house = any_house
    monkeypatch.setattr(api_people, "PAGE", 2)
    house.sandbox.post("people", count=5)
    sync_followers(house.account_id, house.client, house.now)
    desk, people = Desk(house), house.sandbox.openids()
    desk.there("会员", *people)
    desk.sync()
    desk.there("会员", *people[:2], on=False)
    desk.there("新人", people[3])
    desk.here("vip", people[4])
    tagging.start_pushing(house.account_id, house.client, "vip", desk.now)
    told = house.events("tag")
    assert killed_everywhere(monkeypatch, desk.sync) > 5
    assert house.events("tag") == told + 3, "two went, one came; what we sent is no news"
    assert [set(house.tags(one)) for one in people] == [
        set(), set(), {"会员"}, {"会员", "新人"}, {"会员", "vip"}
    ]  # fmt: skip
    assert desk.held_there(people[4]) == {"会员", "vip"}


# --- the blacklist ------------------------------------------------------------------------------


def test_the_blacklist_is_the_platforms(house: House, lin):
    who = house.id_of(lin)
    path = "/cgi-bin/tags/members/batchblacklist"
    house.client.call("POST", path, json={"openid_list": [lin]})
    desk = Desk(house)
    assert desk.sync().blacklist == 1
    assert followers.get(who).blacklisted
    assert tagging.block(house.account_id, house.client, who, False, desk.now)
    assert not tagging.block(house.account_id, house.client, who, False, desk.now)
    assert (desk.sync().blacklist, followers.get(who).blacklisted) == (0, False)
    assert tagging.block(house.account_id, house.client, who, True, desk.now)
    assert (desk.sync().blacklist, followers.get(who).blacklisted) == (0, True)
    assert house.events("blacklist") == 3

"""Tags and the blacklist in the console: given, counted, sent to a platform, renamed, gone."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.background import run_long
from bot.collect import tagging
from bot.collect.following import sync_followers
from bot.console.pages import follower_tags
from bot.console.rights import Role
from bot.segment.catalogue import define
from bot.store import accounts, audit, background, followers, listing, made_tags, tag_list
from bot.store.tokens import SharedTokens
from bot.wechat.client import connect
from tests.bot.console.followers_cast import post
from tests.conftest import a_follower
from tests.support.app import app_with

LIST = "/console/a/default/followers"
TAGS = f"{LIST}/tags"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def shop(house):
    """Twelve followers, a marketer and a viewer; the platform is not there."""
    house.ids = [a_follower(house.account_id, openid=f"o-{n}") for n in range(12)]
    house.hire("lin", Role.MARKETER)
    house.hire("an", Role.AGENT)
    house.hire("wu", Role.VIEWER)
    house.lin = house.signed_in("lin")
    return house


@pytest.fixture
def there(shop, wechat_sandbox):
    """The same with three followers on a platform, synced in."""
    for name in "甲乙丙":
        wechat_sandbox.follower(name).follow()
    shop.openids = wechat_sandbox.openids()
    client = connect(
        wechat_sandbox.appid, wechat_sandbox.appsecret, wechat_sandbox.url, SharedTokens(),
        lambda: wechat_sandbox.now,
    )  # fmt: skip
    shop.client, shop.platform = client, wechat_sandbox
    shop.services = replace(shop.services, client_of=lambda account_id: client)
    app_with(shop.services)
    shop.clock.now = wechat_sandbox.now
    shop.lin = shop.signed_in("lin")
    sync_followers(shop.account_id, client, shop.clock())
    shop.fans = [listing.known(shop.account_id, [one])[one].id for one in shop.openids]
    yield shop
    client.close()


def marked(shop, act, ids, **more):
    return post(shop.lin, f"{LIST}/act", act=act, id=ids, **more)


def counts(shop):
    held, _ = tag_list.page(shop.account_id, "", 50, shop.clock())
    return {one.tag: one.people for one in held}


def work(shop):
    """What the scheduler would do; how the last task ended."""
    run_long(shop.services, shop.clock())
    return background.last(shop.account_id, "tags")


class TestThoseMarked:
    def test_are_tagged_and_untagged_and_the_filter_stays(self, shop):
        answer = marked(shop, "tag", shop.ids[:5], tag="老客", following="yes", of_tag="vip")
        assert answer.status_code == 303
        assert "following=yes" in answer.location
        assert "tag=vip" in answer.location
        assert "done=5" in answer.location
        assert counts(shop) == {"老客": 5}
        again = marked(shop, "tag", shop.ids[:6], tag="老客")
        assert "done=1" in again.location
        shop.clock.on(seconds=1)
        marked(shop, "untag", shop.ids[:6], tag="老客")
        assert counts(shop) == {}
        assert audit.entries(1)[0].action == "followers_untag"

    def test_of_another_account_are_passed_by(self, shop):
        accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", shop.clock())
        other = a_follower(accounts.by_slug("second").id, openid="o-other")
        assert "done=0" in marked(shop, "tag", [other, 999_999], tag="vip").location

    def test_what_cannot_be_done_is_said(self, shop):
        for act, ids, tag in (
            ("tag", [], "vip"), ("tag", ["x"], "vip"), ("tag", [1], ""), ("fly", [1], "vip"),
            ("tag", [1], "13800138000"), ("tag", ["9" * 30], "vip"),
        ):  # fmt: skip
            answer = marked(shop, act, ids, tag=tag)
            assert answer.status_code == 422, (act, ids, tag)
            assert 'role="alert"' in answer.text

    def test_agents_and_viewers_have_no_boxes_and_no_right(self, shop):
        for name in ("an", "wu"):
            browser = shop.signed_in(name)
            assert 'name="id"' not in browser.get(LIST).text
            assert post(browser, f"{LIST}/act", act="tag", tag="x").status_code == 403


class TestTheListOfTags:
    def test_counts_by_name_without_what_runs(self, shop):
        marked(shop, "tag", shop.ids[:3], tag="b")
        marked(shop, "tag", shop.ids[:2], tag="a")
        marked(shop, "tag", shop.ids[:1], tag=EVIL)
        page = shop.lin.get(TAGS).text
        assert EVIL not in page
        assert page.index(">a</a>") < page.index(">b</a>")
        assert EVIL not in shop.lin.get(LIST).text
        assert EVIL not in shop.lin.get(LIST, query_string={"tag": EVIL}).text

    def test_another_account_s_tags_are_not_told(self, shop):
        marked(shop, "tag", shop.ids[:3], tag="ours")
        accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", shop.clock())
        assert "ours" not in shop.lin.get("/console/a/second/followers/tags").text

    def test_a_count_that_stops_says_so(self, shop, monkeypatch):
        marked(shop, "tag", shop.ids, tag="many")
        monkeypatch.setattr(tag_list, "BUDGET", 5)
        monkeypatch.setattr(tag_list, "LEAST", 5)
        assert "5 以上" in shop.lin.get(TAGS).text

    def test_pages_go_on_behind_the_last_name(self, shop, monkeypatch):
        monkeypatch.setattr(follower_tags, "PAGE", 2)
        for name in ("t1", "t2", "t3"):
            marked(shop, "tag", shop.ids[:1], tag=name)
        first = shop.lin.get(TAGS).text
        assert ("t2</a>" in first, "t3</a>" in first) == (True, False)
        assert 'href="?after=t2"' in first
        second = shop.lin.get(f"{TAGS}?after=t2").text
        assert ("t2</a>" in second, "t3</a>" in second) == (False, True)
        assert 'rel="next"' not in second


class TestRenamingAndRemoving:
    def test_everybody_s_tag_is_renamed_in_the_background(self, shop):
        marked(shop, "tag", shop.ids[:4], tag="旧")
        shop.clock.on(seconds=1)
        answer = post(shop.lin, f"{TAGS}/rename", tag="旧", to="新")
        assert "/work/" in answer.location
        assert work(shop).result["followers"] == 4
        assert counts(shop) == {"新": 4}
        assert "改名为 新" in shop.lin.get(answer.location).text

    def test_removing_wants_its_name_typed(self, shop):
        marked(shop, "tag", shop.ids[:4], tag="旧")
        shop.clock.on(seconds=1)
        assert post(shop.lin, f"{TAGS}/remove", tag="旧", typed="新").status_code == 422
        assert counts(shop) == {"旧": 4}
        post(shop.lin, f"{TAGS}/remove", tag="旧", typed="旧")
        assert work(shop).state == "done"
        assert counts(shop) == {}

    def test_what_cannot_be_renamed_is_said_at_once(self, shop):
        marked(shop, "tag", shop.ids[:1], tag="旧")
        for form, status in (
            ({"tag": "none", "to": "x"}, 409), ({"tag": "旧", "to": " "}, 422),
            ({"tag": "", "to": "x"}, 409), ({"tag": "旧", "to": "y" * 65}, 422),
        ):  # fmt: skip
            assert post(shop.lin, f"{TAGS}/rename", **form).status_code == status, form
        assert background.last(shop.account_id, "tags") is None

    def test_what_a_segment_names_stays(self, shop):
        marked(shop, "tag", shop.ids[:1], tag="旧")
        rule = {"all": [{"tag": "旧"}, {"attribute": "subscribed", "op": "eq", "value": True}]}
        define(shop.account_id, "old", "老朋友", rule, shop.clock())
        answer = post(shop.lin, f"{TAGS}/rename", tag="旧", to="新")
        assert answer.status_code == 409
        assert "老朋友" in answer.text


class TestATagThatNobodyHas:
    def test_is_made_listed_and_waits_for_its_first_follower(self, shop):
        assert post(shop.lin, f"{TAGS}/make", tag=" 新品 ").status_code == 303
        page = shop.lin.get(TAGS).text
        assert ">新品</a>" in page
        assert "<td>0</td>" in page
        assert "仅在这里" in page
        assert audit.entries(1)[0].action == "tags_make"
        marked(shop, "tag", shop.ids[:2], tag="新品")
        shop.clock.on(seconds=1)
        marked(shop, "untag", shop.ids[:2], tag="新品")
        assert ">新品</a>" in shop.lin.get(TAGS).text, "it stays when the last one loses it"

    def test_has_a_name_of_its_own(self, shop):
        marked(shop, "tag", shop.ids[:1], tag="旧")
        post(shop.lin, f"{TAGS}/make", tag="新")
        for tag, status in (("新", 409), ("旧", 409), (" ", 422), ("y" * 65, 422),
                            ("13800138000", 422)):  # fmt: skip
            answer = post(shop.lin, f"{TAGS}/make", tag=tag)
            assert answer.status_code == status, tag
            assert 'role="alert"' in answer.text
        assert post(shop.lin, f"{TAGS}/rename", tag="旧", to="新").status_code == 409
        assert background.last(shop.account_id, "tags") is None

    def test_is_renamed_and_deleted(self, shop):
        post(shop.lin, f"{TAGS}/make", tag="旧")
        assert "/work/" in post(shop.lin, f"{TAGS}/rename", tag="旧", to="新").location
        assert work(shop).result["followers"] == 0
        assert made_tags.names(shop.account_id, "", 9) == ["新"]
        post(shop.lin, f"{TAGS}/remove", tag="新", typed="新")
        assert work(shop).state == "done"
        assert made_tags.names(shop.account_id, "", 9) == []
        assert ">新</a>" not in shop.lin.get(TAGS).text

    def test_that_is_half_renamed_is_renamed_wholly_the_second_time(self, shop):
        made_tags.make(shop.account_id, "旧", "x", shop.clock())
        made_tags.rename(shop.account_id, "旧", "新")
        made_tags.rename(shop.account_id, "旧", "新")
        assert made_tags.names(shop.account_id, "", 9) == ["新"]

    def test_pages_hold_as_many_made_ones_as_held_ones(self, shop, monkeypatch):
        monkeypatch.setattr(follower_tags, "PAGE", 2)
        marked(shop, "tag", shop.ids[:1], tag="t2")
        for name in ("t1", "t3", "t4", "t5"):
            made_tags.make(shop.account_id, name, "x", shop.clock())
        seen, after = [], ""
        for _ in range(4):
            page = shop.lin.get(TAGS, query_string={"after": after}).text
            seen += re.findall(r">(t\d)</a>", page)
            if 'rel="next"' not in page:
                break
            after = seen[-1]
        assert seen == ["t1", "t2", "t3", "t4", "t5"]

    def test_is_another_account_s_own_affair(self, shop):
        post(shop.lin, f"{TAGS}/make", tag="ours")
        accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", shop.clock())
        other = "/console/a/second/followers/tags"
        assert "ours" not in shop.lin.get(other).text
        assert post(shop.lin, f"{other}/make", tag="ours").status_code == 303
        assert post(shop.signed_in("wu"), f"{TAGS}/make", tag="x").status_code == 403


class TestWithThePlatform:
    def test_a_tag_made_here_goes_there_empty_too(self, there):
        post(there.lin, f"{TAGS}/make", tag="会员")
        assert there_now(there) == {}
        assert post(there.lin, f"{TAGS}/push", tag="会员").status_code == 303
        assert there_now(there) == {"会员": 0}
        there.clock.on(seconds=1)
        post(there.lin, f"{TAGS}/rename", tag="会员", to="老会员")
        assert work(there).state == "done"
        assert there_now(there) == {"老会员": 0}
        post(there.lin, f"{TAGS}/remove", tag="老会员", typed="老会员")
        assert work(there).state == "done"
        assert there_now(there) == {}
        assert made_tags.names(there.account_id, "", 9) == []

    def test_a_tag_is_made_there_sent_and_renamed_and_deleted_there(self, there):
        marked(there, "tag", there.fans[:2], tag="会员")
        assert post(there.lin, f"{TAGS}/push", tag="会员").status_code == 303
        there.clock.on(seconds=1)
        tagging.sync(there.account_id, there.client, there.clock())
        assert there_now(there) == {"会员": 2}
        there.clock.on(seconds=1)
        post(there.lin, f"{TAGS}/rename", tag="会员", to="老会员")
        assert work(there).state == "done"
        assert there_now(there) == {"老会员": 2}
        tagging.sync(there.account_id, there.client, there.clock())
        assert counts(there) == {"老会员": 2}
        page = there.lin.get(TAGS).text
        assert "同步到微信" in page
        post(there.lin, f"{TAGS}/stop", tag="老会员")
        assert "来自微信" in there.lin.get(TAGS).text
        there.clock.on(seconds=1)
        post(there.lin, f"{TAGS}/remove", tag="老会员", typed="老会员")
        assert work(there).state == "done"
        assert there_now(there) == {}
        assert counts(there) == {}

    def test_a_name_that_is_too_long_there_is_refused(self, there):
        answer = post(there.lin, f"{TAGS}/push", tag="很" * 11)
        assert answer.status_code == 422
        assert post(there.lin, f"{TAGS}/stop", tag="none").status_code == 404

    def test_the_blacklist_follows_the_platform(self, there):
        assert "done=2" in marked(there, "block", there.fans[:2]).location
        assert followers.get(there.fans[0]).blacklisted
        page = there.lin.get(f"{LIST}?following=blacklisted").text
        assert page.count('name="id"') == 2
        assert "done=1" in marked(there, "unblock", there.fans[:1]).location
        one = f"{LIST}/{there.fans[2]}"
        assert post(there.lin, f"{one}/block", on="1").status_code == 303
        assert "移出黑名单" in there.lin.get(f"{one}/rights").text
        body = {"begin_openid": ""}
        told = there.client.call("POST", "/cgi-bin/tags/members/getblacklist", json=body)
        assert told["total"] == 2


def there_now(there):
    return {one["name"]: one["count"] for one in there.client.tags() if one["id"] >= 100}

"""Followers and tags over the API (4.10), and the acts behind them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.acts import PLATFORM, AccountClosed, NotFollowing
from bot.sandbox.api import people as api_people
from tests.bot.sandbox.conftest import Desktop


def test_user_info_has_no_nickname(desk: Desktop):
    desk.acts.follow(desk.world.person("o-lin", "小林"), "store01")
    info = desk.get("user/info", openid="o-lin")
    assert info["subscribe"] == 1
    assert info["subscribe_scene"] == "ADD_SCENE_QR_CODE"
    assert info["qr_scene_str"] == "store01"
    assert info["subscribe_time"] == int(desk.clock().timestamp())
    assert not {"nickname", "headimgurl", "sex", "city"} & set(info)


def test_of_a_former_follower_nothing_is_told(desk: Desktop):
    desk.acts.unfollow(desk.follower())
    assert desk.get("user/info", openid="o-lin") == {"subscribe": 0, "openid": "o-lin"}


@pytest.mark.parametrize(("openid", "expected"), [("o-nobody", 40003), ("", 41009)])
def test_of_a_stranger_there_is_no_info(desk: Desktop, openid, expected):
    assert desk.get("user/info", openid=openid)["errcode"] == expected


@pytest.mark.parametrize(("count", "expected"), [(1, None), (100, None), (101, 40032), (0, 40032)])
def test_at_most_a_hundred_at_a_time(desk: Desktop, count, expected):
    for number in range(count):
        desk.follower(f"o-{number}")
    wanted = [{"openid": f"o-{number}"} for number in range(count)]
    answer = desk.post("user/info/batchget", {"user_list": wanted})
    assert answer.get("errcode") == expected
    if expected is None:
        assert [info["openid"] for info in answer["user_info_list"]] == [
            one["openid"] for one in wanted
        ]


def test_pages_of_followers_end_with_one_without_data(desk: Desktop, monkeypatch):
    monkeypatch.setattr(api_people, "PAGE", 2)  # ten thousand in truth
    for name in ("o-1", "o-2", "o-3", "o-4"):
        desk.follower(name)
    desk.acts.unfollow(desk.world.person("o-2"))
    first = desk.get("user/get")
    assert first == {
        "total": 3,
        "count": 2,
        "data": {"openid": ["o-1", "o-3"]},
        "next_openid": "o-3",
    }
    second = desk.get("user/get", next_openid="o-3")
    assert (second["count"], second["next_openid"]) == (1, "o-4")
    last = desk.get("user/get", next_openid="o-4")
    assert last == {"total": 3, "count": 0, "next_openid": ""}


# --- tags --------------------------------------------------------------------------------------


def a_tag(desk: Desktop, name: str = "会员") -> int:
    return int(desk.post("tags/create", {"tag": {"name": name}})["tag"]["id"])


def tag(desk: Desktop, openids: list[str], number: object, undo: bool = False) -> int:
    path = "tags/members/batchuntagging" if undo else "tags/members/batchtagging"
    return int(desk.post(path, {"openid_list": openids, "tagid": number})["errcode"])


def test_tagging_and_untagging(desk: Desktop):
    desk.follower()
    number = a_tag(desk)
    assert tag(desk, ["o-lin"], number) == 0
    assert tag(desk, ["o-lin"], number) == 0, "again is harmless"
    assert desk.post("tags/getidlist", {"openid": "o-lin"}) == {"tagid_list": [number]}
    counts = {one["name"]: one["count"] for one in desk.get("tags/get")["tags"]}
    assert counts == {"星标组": 0, "会员": 1}
    assert tag(desk, ["o-lin"], number, undo=True) == 0
    assert desk.post("tags/getidlist", {"openid": "o-lin"}) == {"tagid_list": []}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"tag": {"name": "会员"}}, 45157, id="a name that exists"),
        pytest.param({"tag": {"name": ""}}, 45157, id="no name"),
        pytest.param({"tag": {"name": "好" * 11}}, 45158, id="33 bytes"),
        pytest.param({}, 40035, id="no tag"),
    ],
)
def test_tags_that_are_not_made(desk: Desktop, body, expected):
    a_tag(desk)
    assert desk.post("tags/create", body)["errcode"] == expected


def test_at_most_a_hundred_tags(desk: Desktop):
    for number in range(99):
        a_tag(desk, f"标签{number}")
    assert desk.post("tags/create", {"tag": {"name": "多了"}})["errcode"] == 45056


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"openid_list": ["o-lin"], "tagId": 100}, 45159, id="the field is tagid"),
        pytest.param({"openid_list": ["o-lin"], "tagid": 999}, 45159, id="no such tag"),
        pytest.param({"openid_list": ["o-x"], "tagid": 100}, 49003, id="another account's openid"),
        pytest.param({"openid_list": [], "tagid": 100}, 40032, id="nobody"),
        pytest.param({"openid_list": ["o"] * 51, "tagid": 100}, 40032, id="51 at once"),
        pytest.param({"openid_list": "o-lin", "tagid": 100}, 40031, id="no list"),
    ],
)
def test_taggings_that_are_refused(desk: Desktop, body, expected):
    desk.follower()
    a_tag(desk)
    assert desk.post("tags/members/batchtagging", body)["errcode"] == expected


def test_at_most_twenty_tags_each(desk: Desktop):
    desk.follower()
    numbers = [a_tag(desk, f"标签{number}") for number in range(21)]
    assert [tag(desk, ["o-lin"], number) for number in numbers] == [0] * 20 + [45059]


def test_a_deleted_tag_is_gone_from_everyone(desk: Desktop):
    desk.follower()
    number = a_tag(desk)
    tag(desk, ["o-lin"], number)
    assert desk.post("tags/delete", {"tag": {"id": 2}})["errcode"] == 45058
    assert desk.post("tags/delete", {"tag": {"id": number}})["errcode"] == 0
    assert desk.post("tags/getidlist", {"openid": "o-lin"}) == {"tagid_list": []}


# --- acts --------------------------------------------------------------------------------------


def test_following_by_code_and_scanning_later_name_the_scene_differently(desk: Desktop):
    lin = desk.world.person("o-lin")
    desk.acts.scan(lin, "store01")
    desk.acts.scan(lin, "store02")
    first, second = desk.pushed
    assert (first["Event"], first["EventKey"]) == ("subscribe", "qrscene_store01")
    assert (second["Event"], second["EventKey"]) == ("SCAN", "store02")
    assert first["Ticket"]
    assert second["Ticket"]


def test_following_twice_is_pushed_once(desk: Desktop):
    lin = desk.world.person("o-lin")
    assert [desk.acts.follow(lin), desk.acts.follow(lin)] == [True, False]
    assert len(desk.pushed) == 1


def test_the_openid_stays_when_one_comes_back(desk: Desktop):
    lin = desk.follower()
    desk.acts.unfollow(lin)
    desk.acts.follow(lin)
    assert desk.get("user/get")["data"] == {"openid": ["o-lin"]}


def test_messages_have_ids_that_never_repeat_and_events_have_none(desk: Desktop):
    lin = desk.chatting()
    desk.acts.say(lin, "还在吗")
    desk.acts.send_picture(lin)
    desk.acts.send_voice(lin, "想喝咖啡")
    event, *messages = desk.pushed
    assert "MsgId" not in event
    assert len({one["MsgId"] for one in messages}) == len(messages) == 4
    assert messages[-1]["Recognition"] == "想喝咖啡"


def test_who_does_not_follow_cannot_chat(desk: Desktop):
    with pytest.raises(NotFollowing):
        desk.acts.say(desk.world.person("o-lin"), "你好")


def test_events_about_personal_data_come_from_the_platform(desk: Desktop):
    lin = desk.follower()
    desk.acts.revoke(lin, "206")
    desk.acts.modify(lin, with_openid=False)
    desk.acts.cancel(lin)
    _, revoked, modified, cancelled = desk.pushed
    assert {one["FromUserName"] for one in (revoked, modified, cancelled)} == {PLATFORM}
    assert (revoked["OpenID"], revoked["RevokeInfo"]) == ("o-lin", "206")
    assert "OpenID" not in modified
    assert cancelled["Event"] == "user_authorization_cancellation"
    assert not lin.subscribed
    with pytest.raises(ValueError, match="code"):
        desk.acts.revoke(lin, "999")


# --- paging, counts, limits --------------------------------------------------------------------


def test_a_page_of_ten_thousand_among_many(desk: Desktop):
    for number in range(10_003):
        desk.follower(f"o-{number:05}")
    first = desk.get("user/get")
    assert (first["total"], first["count"]) == (10_003, 10_000)
    second = desk.get("user/get", next_openid=first["next_openid"])
    assert second["data"]["openid"] == ["o-10000", "o-10001", "o-10002"]


def test_pages_may_begin_after_somebody_who_left(desk: Desktop):
    for name in ("o-1", "o-2", "o-3"):
        desk.follower(name)
    desk.acts.unfollow(desk.world.person("o-2"))
    assert desk.get("user/get", next_openid="o-2")["data"] == {"openid": ["o-3"]}


def test_pages_cannot_begin_after_a_stranger(desk: Desktop):
    assert desk.get("user/get", next_openid="o-nobody")["errcode"] == 40003


def test_the_total_counts_who_follows_now(desk: Desktop):
    for name in ("o-1", "o-2", "o-3"):
        desk.follower(name)
    desk.acts.unfollow(desk.world.person("o-1"))
    desk.acts.cancel(desk.world.person("o-2"))
    with pytest.raises(AccountClosed):
        desk.acts.cancel(desk.world.person("o-2"))
    assert desk.get("user/get")["total"] == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"user_list": "o-lin"}, 40031, id="no list"),
        pytest.param({"user_list": ["o-lin"]}, 40031, id="openids without their field"),
        pytest.param({"user_list": [{"openid": "o-x"}]}, 40003, id="another account's openid"),
    ],
)
def test_batches_that_are_refused(desk: Desktop, body, expected):
    assert desk.post("user/info/batchget", body)["errcode"] == expected


@pytest.mark.parametrize(
    ("openid", "remark", "expected"),
    [
        pytest.param("o-lin", "老顾客", 0, id="a remark"),
        pytest.param("o-lin", "x" * 29, 0, id="29 characters"),
        pytest.param("o-lin", "x" * 30, 40035, id="30 characters"),
        pytest.param("o-x", "老顾客", 40003, id="another account's openid"),
        pytest.param("o-wang", "老顾客", 43004, id="somebody who left"),
    ],
)
def test_remarks(desk: Desktop, openid, remark, expected):
    desk.follower()
    desk.acts.unfollow(desk.follower("o-wang"))
    body = {"openid": openid, "remark": remark}
    assert desk.post("user/info/updateremark", body)["errcode"] == expected
    told = desk.get("user/info", openid="o-lin")["remark"]
    assert told == ("" if expected else remark)


# --- more about tags ---------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 1, 2])
def test_reserved_tags_stay_as_they_are(desk: Desktop, number):
    named = {"tag": {"id": number, "name": "新名"}}
    assert desk.post("tags/update", named)["errcode"] == 45058
    assert desk.post("tags/delete", {"tag": {"id": number}})["errcode"] == 45058


def test_a_tag_is_renamed_but_not_to_anothers_name(desk: Desktop):
    number, _ = a_tag(desk), a_tag(desk, "新客")
    assert desk.post("tags/update", {"tag": {"id": number, "name": "新客"}})["errcode"] == 45157
    assert desk.post("tags/update", {"tag": {"id": number, "name": "会员"}})["errcode"] == 0
    assert desk.post("tags/update", {"tag": {"id": number, "name": "老客"}})["errcode"] == 0
    assert desk.world.tags[number] == "老客"


@pytest.mark.parametrize("path", ["tags/update", "tags/delete"])
def test_a_tag_that_is_none_is_not_changed(desk: Desktop, path):
    assert desk.post(path, {"tag": {"id": 999, "name": "新名"}})["errcode"] == 45159
    assert desk.post(path, {"tag": {"name": "新名"}})["errcode"] == 45159


def test_a_tag_of_more_than_a_hundred_thousand_is_not_deleted(desk: Desktop, monkeypatch):
    monkeypatch.setattr(api_people, "UNDELETABLE", 2)  # a hundred thousand in truth
    number = a_tag(desk)
    for name in ("o-1", "o-2", "o-3"):
        desk.follower(name)
    tag(desk, ["o-1", "o-2", "o-3"], number)
    assert desk.post("tags/delete", {"tag": {"id": number}})["errcode"] == 45057
    tag(desk, ["o-3"], number, undo=True)
    assert desk.post("tags/delete", {"tag": {"id": number}})["errcode"] == 0


def test_counts_follow_everyone_who_comes_and_goes(desk: Desktop):
    number = a_tag(desk)
    for name in ("o-1", "o-2", "o-3"):
        desk.follower(name)
    tag(desk, ["o-1", "o-2", "o-3"], number)
    tag(desk, ["o-1"], number, undo=True)
    desk.acts.unfollow(desk.world.person("o-2"))
    counts = {one["id"]: one["count"] for one in desk.get("tags/get")["tags"]}
    assert counts == {2: 0, number: 1}
    desk.follower("o-2")
    assert desk.post("tags/getidlist", {"openid": "o-2"}) == {"tagid_list": []}


def test_who_left_is_not_tagged(desk: Desktop):
    number = a_tag(desk)
    desk.acts.unfollow(desk.follower())
    assert tag(desk, ["o-lin"], number) == 40003


def test_pages_of_a_tags_fans(desk: Desktop, monkeypatch):
    monkeypatch.setattr(api_people, "PAGE", 2)
    number = a_tag(desk)
    for name in ("o-1", "o-2", "o-3", "o-4"):
        desk.follower(name)
    tag(desk, ["o-1", "o-3", "o-4"], number)
    first = desk.post("user/tag/get", {"tagid": number, "next_openid": ""})
    assert first == {"count": 2, "data": {"openid": ["o-1", "o-3"]}, "next_openid": "o-3"}
    second = desk.post("user/tag/get", {"tagid": number, "next_openid": "o-3"})
    assert second["data"] == {"openid": ["o-4"]}
    last = desk.post("user/tag/get", {"tagid": number, "next_openid": "o-4"})
    assert last == {"count": 0, "next_openid": ""}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"tagid": 999}, 45159, id="no such tag"),
        pytest.param({"tagId": 2}, 45159, id="the field is tagid"),
        pytest.param({"tagid": 2, "next_openid": "o-nobody"}, 40003, id="after a stranger"),
    ],
)
def test_fans_that_are_not_told(desk: Desktop, body, expected):
    assert desk.post("user/tag/get", body)["errcode"] == expected


def test_tags_of_a_stranger(desk: Desktop):
    assert desk.post("tags/getidlist", {"openid": "o-nobody"})["errcode"] == 40003


# --- a moved account ---------------------------------------------------------------------------

OLD = "wxoldaccount00001"


def moved(desk: Desktop, *openids: str, appid: str = OLD) -> dict[str, Any]:
    return desk.post("changeopenid", {"from_appid": appid, "openid_list": list(openids)})


def test_openids_of_a_moved_account_become_this_ones(desk: Desktop):
    api_people.move_account(desk.world, OLD, {"o-old": "o-lin"})
    assert moved(desk, "o-old", "o-strange") == {
        "errcode": 0,
        "errmsg": "ok",
        "result_list": [
            {"ori_openid": "o-old", "new_openid": "o-lin", "err_msg": "ok"},
            {"ori_openid": "o-strange", "err_msg": "ori_openid error"},
        ],
    }


def test_openids_are_told_for_fifteen_days(desk: Desktop):
    api_people.move_account(desk.world, OLD, {"o-old": "o-lin"})
    desk.clock.advance(15 * 86400 - 1)
    desk.token = desk.world.tokens.plain(desk.clock())[0]
    assert moved(desk, "o-old")["errcode"] == 0
    desk.clock.advance(1)
    assert moved(desk, "o-old")["errcode"] == 40013


@pytest.mark.parametrize(
    ("openids", "appid", "expected"),
    [
        pytest.param(["o-old"], "wxother", 40013, id="an account that was not moved here"),
        pytest.param([], OLD, 40032, id="nobody"),
        pytest.param(["o-old"] * 101, OLD, 40032, id="more than a hundred"),
    ],
)
def test_openids_that_are_not_changed(desk: Desktop, openids, appid, expected):
    api_people.move_account(desk.world, OLD, {"o-old": "o-lin"})
    assert moved(desk, *openids, appid=appid)["errcode"] == expected

"""Followers and tags over the API (4.10), and the acts behind them."""

from __future__ import annotations

import pytest

from bot.sandbox.acts import PLATFORM, NotFollowing
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
